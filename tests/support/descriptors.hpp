// A process that has no descriptor left to open.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace mailslog::test {

/// While it lives, whatever needs a new descriptor fails with EMFILE; those that are open go on working.
class no_descriptor_left {
 public:
  no_descriptor_left() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int lowest_free = ::fcntl(0, F_DUPFD_CLOEXEC, 0);
    ::close(lowest_free);
    auto none = before_;
    none.rlim_cur = static_cast<::rlim_t>(lowest_free);
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  no_descriptor_left(const no_descriptor_left&) = delete;
  no_descriptor_left& operator=(const no_descriptor_left&) = delete;
  ~no_descriptor_left() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  ::rlimit before_{};
};

}  // namespace mailslog::test
