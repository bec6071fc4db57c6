#include "platform/process.hpp"

#include <random>

#include "platform/windows.hpp"

namespace mailslog::platform {

std::string host_name() {
  wchar_t name[256];
  DWORD size = sizeof name / sizeof *name;
  if (::GetComputerNameExW(ComputerNameDnsHostname, name, &size) == 0 || size == 0) return "unknown";
  return utf8({name, size});
}

std::string program_name() {
  wchar_t path[4096];
  const DWORD size = ::GetModuleFileNameW(nullptr, path, sizeof path / sizeof *path);
  auto name = utf8({path, size});
  name.erase(0, name.find_last_of("\\/") + 1);
  // The same program has the same name on every system.
  if (name.size() > 4 && ::lstrcmpiA(name.c_str() + name.size() - 4, ".exe") == 0) name.resize(name.size() - 4);
  return name.empty() ? "unknown" : name;
}

std::uint64_t process_id() noexcept { return ::GetCurrentProcessId(); }

std::uint64_t random_id() {
  std::random_device random;  // the system's generator, or the processor's
  return (static_cast<std::uint64_t>(random()) << 32) ^ random();
}

}  // namespace mailslog::platform
