#include "platform/windows.hpp"

#include <memory>

#include <aclapi.h>
#include <sddl.h>

namespace mailslog::platform {
namespace {

struct local_memory {
  void operator()(void* p) const noexcept { ::LocalFree(p); }
};
using local_ptr = std::unique_ptr<void, local_memory>;

std::wstring text_of(PSID id) {
  wchar_t* text = nullptr;
  if (::ConvertSidToStringSidW(id, &text) == 0) return {};
  const local_ptr owner(text);
  return text;
}

}  // namespace

void close_keeping_error(HANDLE h) noexcept {
  const auto saved = ::GetLastError();
  ::CloseHandle(h);
  ::SetLastError(saved);
}

unique_event make_event() noexcept { return unique_event(::CreateEventW(nullptr, TRUE, FALSE, nullptr)); }

std::error_code last_file_error() noexcept {
  const auto error = last_error();
  switch (error.value()) {
    case ERROR_ACCESS_DENIED:
    case ERROR_SHARING_VIOLATION: return std::make_error_code(std::errc::permission_denied);
    case ERROR_ALREADY_EXISTS:
    case ERROR_FILE_EXISTS: return std::make_error_code(std::errc::file_exists);
    case ERROR_BAD_NETPATH:
    case ERROR_BAD_NET_NAME:
    case ERROR_FILE_NOT_FOUND:
    case ERROR_INVALID_DRIVE:
    case ERROR_PATH_NOT_FOUND: return std::make_error_code(std::errc::no_such_file_or_directory);
    case ERROR_BAD_PATHNAME:
    case ERROR_INVALID_NAME: return std::make_error_code(std::errc::invalid_argument);
    case ERROR_COMMITMENT_LIMIT:
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY: return std::make_error_code(std::errc::not_enough_memory);
    case ERROR_DIRECTORY: return std::make_error_code(std::errc::not_a_directory);
    case ERROR_DISK_FULL:
    case ERROR_HANDLE_DISK_FULL: return std::make_error_code(std::errc::no_space_on_device);
    case ERROR_FILENAME_EXCED_RANGE: return std::make_error_code(std::errc::filename_too_long);
    case ERROR_WRITE_PROTECT: return std::make_error_code(std::errc::read_only_file_system);
    default: return error;
  }
}

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

std::wstring user_id() {
  HANDLE raw = nullptr;
  if (::OpenProcessToken(::GetCurrentProcess(), TOKEN_QUERY, &raw) == 0) return {};
  const unique_event token(raw);  // closed in the same way
  alignas(TOKEN_USER) char memory[256];
  DWORD size = 0;
  if (::GetTokenInformation(token.get(), TokenUser, memory, sizeof memory, &size) == 0) return {};
  return text_of(reinterpret_cast<const TOKEN_USER*>(memory)->User.Sid);
}

std::wstring for_user_only() {
  const auto user = user_id();
  return user.empty() ? user : L"D:P(A;;GA;;;" + user + L")(A;;GA;;;BA)";
}

bool belongs_to_user(HANDLE object) {
  PSID owner = nullptr;
  PSECURITY_DESCRIPTOR all = nullptr;
  if (::GetSecurityInfo(object, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &owner, nullptr, nullptr, nullptr, &all) != ERROR_SUCCESS) {
    return false;
  }
  const local_ptr memory(all);
  const auto user = user_id();
  return !user.empty() && text_of(owner) == user;
}

security::security(const std::wstring& text) noexcept {
  ::ConvertStringSecurityDescriptorToSecurityDescriptorW(text.c_str(), SDDL_REVISION_1, &attributes_.lpSecurityDescriptor, nullptr);
}

security::~security() { ::LocalFree(attributes_.lpSecurityDescriptor); }

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
