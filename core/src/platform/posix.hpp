// What the POSIX sources share. Never included by portable ones.
#pragma once

#include <cerrno>
#include <string>
#include <system_error>

#include <sys/socket.h>
#include <unistd.h>

#include "platform/unique_handle.hpp"

namespace mailslog::platform {

struct fd_traits {
  using native = int;
  static native invalid() noexcept { return -1; }
  static void close(native fd) noexcept {
    const int saved = errno;  // we close on error paths, and report the error afterwards
    ::close(fd);
    errno = saved;
  }
};
using unique_fd = unique_handle<fd_traits>;

inline std::error_code last_error() noexcept { return {errno, std::system_category()}; }

[[noreturn]] inline void throw_last_error(const std::string& what) { throw std::system_error(last_error(), what); }

/// A socket that does not wait and that a child started with exec does not inherit.
unique_fd make_socket(int domain, int type) noexcept;

inline bool set_option(int fd, int level, int name, int value) noexcept {
  return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
}

}  // namespace mailslog::platform
