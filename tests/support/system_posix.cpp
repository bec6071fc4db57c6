#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/system.hpp"

namespace mailslog::test {

unsigned process_id() noexcept { return static_cast<unsigned>(::getpid()); }

std::string host_name() {
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  return name;
}

std::string wine_version() { return {}; }

void set_variable(const std::string& name, const std::string& value) { ::setenv(name.c_str(), value.c_str(), 1); }

void unset_variable(const std::string& name) { ::unsetenv(name.c_str()); }

in_time_zone::in_time_zone(const std::string& zone) {
  set_variable("TZ", zone);
  ::tzset();
}

in_time_zone::~in_time_zone() {
  unset_variable("TZ");
  ::tzset();
}

std::string make_temporary_folder() {
  // Not TMPDIR: a socket's path has little room.
  char path[] = "/tmp/mailslog-test-XXXXXX";
  if (::mkdtemp(path) == nullptr) throw std::runtime_error("cannot make a folder in /tmp");
  return path;
}

std::uint64_t room_on_disk(const std::string& path) {
  struct ::stat s {};
  return ::stat(path.c_str(), &s) == 0 ? static_cast<std::uint64_t>(s.st_blocks) * 512 : 0;
}

bool is_private(const std::string& path) {
  struct ::stat s {};
  return ::stat(path.c_str(), &s) == 0 && s.st_uid == ::geteuid() && (s.st_mode & 077) == 0;
}

bool is_read(const std::string& name) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(std::getenv("MAILSLOG_DIR")) + '/' + name, error)) {
    if (entry.is_socket()) return true;
  }
  return false;
}

// Without SO_REUSEADDR, so that a port that anybody has is not free.
bool is_free_udp_port(std::uint16_t port) noexcept {
  const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
  ::sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_port = htons(port);
  const bool bound = ::bind(fd, reinterpret_cast<const ::sockaddr*>(&any), sizeof any) == 0;
  ::close(fd);
  return bound;
}

}  // namespace mailslog::test
