#include "platform/process.hpp"

#include <random>

#include <unistd.h>
#ifdef __APPLE__
#include <stdlib.h>
#endif

namespace mailslog::platform {

std::string host_name() {
  char name[256];
  if (::gethostname(name, sizeof name) != 0) return "unknown";
  name[sizeof name - 1] = 0;
  return name;
}

#ifdef __APPLE__
std::string program_name() { return ::getprogname(); }
#else
std::string program_name() {
  char path[4096];
  const auto n = ::readlink("/proc/self/exe", path, sizeof path);
  if (n <= 0) return "unknown";
  const std::string full(path, static_cast<std::size_t>(n));
  return full.substr(full.rfind('/') + 1);
}
#endif

std::uint64_t process_id() noexcept { return static_cast<std::uint64_t>(::getpid()); }

std::uint64_t random_id() {
  std::random_device random;  // the kernel's generator, in the standard libraries of Linux and macOS
  return (static_cast<std::uint64_t>(random()) << 32) ^ random();
}

}  // namespace mailslog::platform
