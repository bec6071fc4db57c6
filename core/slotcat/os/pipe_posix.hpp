// Pipes that no command inherits which is started meanwhile.
#pragma once

#include <cerrno>
#include <system_error>
#include <utility>

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

/// A pipe whose reading end does not wait.
struct pipe_ends {
  pipe_ends() {
    make_pipe(ends);
    never_wait(ends[0]);
  }
  ~pipe_ends() {
    close(0);
    close(1);
  }
  pipe_ends(const pipe_ends&) = delete;
  pipe_ends& operator=(const pipe_ends&) = delete;
  void close(int which) {
    if (ends[which] >= 0) ::close(std::exchange(ends[which], -1));
  }
  int ends[2];
};

}  // namespace slotcat
