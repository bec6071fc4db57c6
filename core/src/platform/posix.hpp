// What the POSIX sources share. Never included by portable ones.
#pragma once

#include <cerrno>
#include <chrono>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/means.hpp"
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

/// When the file's contents changed last, or the folder's entries, since the epoch.
inline std::chrono::nanoseconds change_time(const struct ::stat& s) noexcept {
#ifdef __APPLE__
  const auto& at = s.st_mtimespec;
#else
  const auto& at = s.st_mtim;
#endif
  return std::chrono::seconds(at.tv_sec) + std::chrono::nanoseconds(at.tv_nsec);
}

/// A descriptor of ours for as long as the host leaves it alone. A host may close descriptors that it does not know, and open its own
/// under their numbers; those are never closed.
class lasting_fd {
 public:
  lasting_fd() = default;
  explicit lasting_fd(unique_fd fd) noexcept : fd_(std::move(fd)), file_(file_of(fd_.get())) {}
  lasting_fd(lasting_fd&&) noexcept = default;
  lasting_fd& operator=(lasting_fd&& other) noexcept {
    reset();
    fd_ = std::move(other.fd_);
    file_ = other.file_;
    return *this;
  }
  ~lasting_fd() { reset(); }

  int get() const noexcept { return fd_.get(); }
  explicit operator bool() const noexcept { return static_cast<bool>(fd_); }
  bool still_ours() const noexcept { return file_ == file_of(fd_.get()); }
  bool is(const struct ::stat& s) const noexcept { return file_ == file{s.st_dev, s.st_ino}; }
  int release() noexcept { return fd_.release(); }
  void reset() noexcept {
    if (fd_ && !still_ours()) fd_.release();
    fd_.reset();
  }

 private:
  using file = std::pair<::dev_t, ::ino_t>;
  // Keeps errno: why there is no descriptor is reported afterwards.
  static file file_of(int fd) noexcept {
    const int saved = errno;
    struct ::stat s {};
    const auto known = ::fstat(fd, &s) == 0 ? file{s.st_dev, s.st_ino} : file{};
    errno = saved;
    return known;
  }

  unique_fd fd_;
  file file_{};
};

inline std::error_code last_error() noexcept { return {errno, std::system_category()}; }

[[noreturn]] inline void throw_last_error(const std::string& what) { throw std::system_error(last_error(), what); }

/// A socket that does not wait and that a child started with exec does not inherit.
unique_fd make_socket(int domain, int type) noexcept;

/// A pipe that does not wait and that a child started with exec does not inherit. False, and `errno`, if there is none.
inline bool make_pipe(unique_fd& read_end, unique_fd& write_end) noexcept {
  int ends[2];
#ifdef __APPLE__
  if (::pipe(ends) != 0) return false;
  for (const int fd : ends) {
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
  }
#else
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return false;
#endif
  read_end.reset(ends[0]);
  write_end.reset(ends[1]);
  return true;
}

inline bool set_option(int fd, int level, int name, int value) noexcept {
  return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
}

}  // namespace mailslog::platform
