#include <atomic>
#include <cstdlib>
#include <ctime>
#include <filesystem>

#include <winsock2.h>

#include <aclapi.h>

#include "support/system.hpp"

namespace mailslog::test {

unsigned process_id() noexcept { return static_cast<unsigned>(::GetCurrentProcessId()); }

std::string host_name() {
  char name[256];
  DWORD size = sizeof name;
  ::GetComputerNameExA(ComputerNameDnsHostname, name, &size);
  return name;
}

std::string wine_version() {
  const auto get = reinterpret_cast<void*>(::GetProcAddress(::GetModuleHandleW(L"ntdll.dll"), "wine_get_version"));
  return get != nullptr ? reinterpret_cast<const char* (*)()>(get)() : "";
}

void set_variable(const std::string& name, const std::string& value) { ::_putenv_s(name.c_str(), value.c_str()); }

void unset_variable(const std::string& name) { ::_putenv_s(name.c_str(), ""); }

in_time_zone::in_time_zone(const std::string& zone) {
  set_variable("TZ", zone);
  ::_tzset();
}

in_time_zone::~in_time_zone() {
  unset_variable("TZ");
  ::_tzset();
}

std::string make_temporary_folder() {
  static std::atomic<unsigned> count{0};
  const auto name = "mailslog-test-" + std::to_string(process_id()) + '-' + std::to_string(count++);
  const auto path = std::filesystem::temp_directory_path() / name;
  std::filesystem::remove_all(path);  // of a process that had our number and was killed
  std::filesystem::create_directory(path);
  return path.generic_string();
}

std::uint64_t room_on_disk(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  return error ? 0 : size;
}

bool is_private(const std::string& path) {
  PSID owner = nullptr;
  PACL list = nullptr;
  PSECURITY_DESCRIPTOR all = nullptr;
  if (::GetNamedSecurityInfoA(path.c_str(), SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner, nullptr,
                              &list, nullptr, &all) != ERROR_SUCCESS) {
    return false;
  }
  bool yes = list != nullptr;
  for (DWORD i = 0; yes && i < list->AceCount; ++i) {
    void* entry = nullptr;
    ::GetAce(list, i, &entry);
    auto* const allowed = static_cast<::ACCESS_ALLOWED_ACE*>(entry);
    if (allowed->Header.AceType != ACCESS_ALLOWED_ACE_TYPE) continue;
    yes = ::EqualSid(owner, &allowed->SidStart) || ::IsWellKnownSid(&allowed->SidStart, WinBuiltinAdministratorsSid) ||
          ::IsWellKnownSid(&allowed->SidStart, WinLocalSystemSid);
  }
  ::LocalFree(all);
  return yes;
}

// In the moment that it takes, we are a writer.
bool is_read(const std::string& name) {
  const auto path = R"(\\.\mailslot\)" + name;
  HANDLE slot = ::CreateFileA(path.c_str(), GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr, OPEN_EXISTING, 0, nullptr);
  if (slot == INVALID_HANDLE_VALUE) return false;
  ::CloseHandle(slot);
  return true;
}

bool is_free_udp_port(std::uint16_t port) noexcept {
  ::WSADATA data;
  ::WSAStartup(MAKEWORD(2, 2), &data);
  const SOCKET s = ::socket(AF_INET, SOCK_DGRAM, 0);
  const BOOL alone = TRUE;
  ::setsockopt(s, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, reinterpret_cast<const char*>(&alone), sizeof alone);
  ::sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_port = htons(port);
  const bool bound = ::bind(s, reinterpret_cast<const ::sockaddr*>(&any), sizeof any) == 0;
  ::closesocket(s);
  ::WSACleanup();
  return bound;
}

}  // namespace mailslog::test
