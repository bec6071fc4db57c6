#include "support/scratch.hpp"

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace mailslog::test {
namespace {

unsigned count() {
  static std::atomic<unsigned> n{0};
  return n++;
}

// Without SO_REUSEADDR, so that a port that anybody has is not free.
bool is_free(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
  ::sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_port = htons(port);
  const bool bound = ::bind(fd, reinterpret_cast<const ::sockaddr*>(&any), sizeof any) == 0;
  ::close(fd);
  return bound;
}

}  // namespace

scratch_folder::scratch_folder() {
  // Not TMPDIR: a socket's path has little room.
  char path[] = "/tmp/mailslog-test-XXXXXX";
  if (::mkdtemp(path) == nullptr) throw std::runtime_error("cannot make a folder in /tmp");
  path_ = path;
  ::setenv("MAILSLOG_DIR", path, 1);
}

scratch_folder::~scratch_folder() {
  ::unsetenv("MAILSLOG_DIR");
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string scratch_name() { return "test-" + std::to_string(::getpid()) + '-' + std::to_string(count()); }

std::uint16_t scratch_port() {
  constexpr unsigned first = 10000;
  constexpr unsigned ports = 20000;
  for (unsigned i = 0; i < ports; ++i) {
    const auto port = static_cast<std::uint16_t>(first + (static_cast<unsigned>(::getpid()) * 37U + count()) % ports);
    if (is_free(port)) return port;
  }
  throw std::runtime_error("no free UDP port");
}

}  // namespace mailslog::test
