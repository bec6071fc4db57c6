// Pipes that no command inherits which is started meanwhile.
#pragma once

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace slotcat {

/// Throws `std::system_error`.
inline void make_pipe(int (&ends)[2]) {
#ifdef __APPLE__
  const int result = ::pipe(ends);
  if (result == 0) {
    for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
  }
#else
  const int result = ::pipe2(ends, O_CLOEXEC);
#endif
  if (result != 0) throw std::system_error(errno, std::generic_category(), "cannot make a pipe");
}

inline void never_wait(int descriptor) noexcept { ::fcntl(descriptor, F_SETFL, O_NONBLOCK); }

}  // namespace slotcat
