#include "platform/windows.hpp"

namespace mailslog::platform {

void close_keeping_error(HANDLE h) noexcept {
  const auto saved = ::GetLastError();
  ::CloseHandle(h);
  ::SetLastError(saved);
}

unique_event make_event() noexcept { return unique_event(::CreateEventW(nullptr, TRUE, FALSE, nullptr)); }

std::error_code last_socket_error() noexcept {
  const int code = ::WSAGetLastError();
  switch (code) {
    case WSAEACCES: return std::make_error_code(std::errc::permission_denied);
    case WSAEADDRINUSE: return std::make_error_code(std::errc::address_in_use);
    case WSAEADDRNOTAVAIL: return std::make_error_code(std::errc::address_not_available);
    case WSAEAFNOSUPPORT: return std::make_error_code(std::errc::address_family_not_supported);
    case WSAEHOSTUNREACH: return std::make_error_code(std::errc::host_unreachable);
    case WSAEINVAL: return std::make_error_code(std::errc::invalid_argument);
    case WSAEMFILE: return std::make_error_code(std::errc::too_many_files_open);
    case WSAEMSGSIZE: return std::make_error_code(std::errc::message_size);
    case WSAENETDOWN: return std::make_error_code(std::errc::network_down);
    case WSAENETUNREACH: return std::make_error_code(std::errc::network_unreachable);
    case WSAENOBUFS: return std::make_error_code(std::errc::no_buffer_space);
    case WSAEWOULDBLOCK: return std::make_error_code(std::errc::operation_would_block);
    // A datagram sent before found no socket at its destination. Wine says the first, Windows the second.
    case WSAECONNREFUSED:
    case WSAECONNRESET: return std::make_error_code(std::errc::connection_refused);
    default: return {code, std::system_category()};
  }
}

bool is_wine() noexcept {
  static const bool yes = ::GetProcAddress(::GetModuleHandleW(L"ntdll.dll"), "wine_get_version") != nullptr;
  return yes;
}

std::wstring wide(std::string_view text) {
  const int size = static_cast<int>(text.size());
  std::wstring result(static_cast<std::size_t>(::MultiByteToWideChar(CP_UTF8, 0, text.data(), size, nullptr, 0)), L'\0');
  ::MultiByteToWideChar(CP_UTF8, 0, text.data(), size, result.data(), static_cast<int>(result.size()));
  return result;
}

std::string utf8(std::wstring_view text) {
  const int size = static_cast<int>(text.size());
  std::string result(static_cast<std::size_t>(::WideCharToMultiByte(CP_UTF8, 0, text.data(), size, nullptr, 0, nullptr, nullptr)), '\0');
  ::WideCharToMultiByte(CP_UTF8, 0, text.data(), size, result.data(), static_cast<int>(result.size()), nullptr, nullptr);
  return result;
}

}  // namespace mailslog::platform
