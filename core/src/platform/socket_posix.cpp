#include <algorithm>
#include <chrono>
#include <memory>
#include <new>
#include <thread>

#include <fcntl.h>
#include <poll.h>

#include "platform/posix.hpp"
#include "platform/wait.hpp"

namespace mailslog::platform {

unique_fd make_socket(int domain, int type) noexcept {
#ifdef SOCK_CLOEXEC
  return unique_fd(::socket(domain, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
#else
  unique_fd fd(::socket(domain, type, 0));
  if (fd) {
    ::fcntl(fd.get(), F_SETFD, FD_CLOEXEC);
    ::fcntl(fd.get(), F_SETFL, O_NONBLOCK);
    set_option(fd.get(), SOL_SOCKET, SO_NOSIGPIPE, 1);
  }
  return fd;
#endif
}

namespace {

constexpr auto after_failure = std::chrono::milliseconds(10);

bool wait_for(short events, const int* handles, std::size_t count, std::chrono::nanoseconds timeout) noexcept {
  using namespace std::chrono;
  constexpr std::size_t usual = 64;
  ::pollfd few[usual];
  std::unique_ptr<::pollfd[]> many;
  if (count > usual) {
    many.reset(new (std::nothrow) ::pollfd[count]);
    if (!many) {  // the others have to wait until the caller looks again
      count = usual;
      timeout = std::min<nanoseconds>(timeout, milliseconds(1));
    }
  }
  ::pollfd* const polled = many ? many.get() : few;
  for (std::size_t i = 0; i < count; ++i) polled[i] = {handles[i], events, 0};

  // Rounded up: a wait that ends too early would be repeated in a hot loop.
  constexpr auto longest = hours(24);
  const auto wait = timeout > nanoseconds(longest) ? milliseconds(longest) : ceil<milliseconds>(timeout);
  const int ready = ::poll(polled, static_cast<nfds_t>(count), static_cast<int>(std::max<milliseconds::rep>(wait.count(), 0)));
  // No memory, or more handles than the program may have by now: whoever waits looks again, though not in a hot loop.
  if (ready < 0 && errno != EINTR) std::this_thread::sleep_for(std::min<nanoseconds>(timeout, after_failure));
  return ready > 0;
}

}  // namespace

bool wait_readable(const wait_handle* handles, std::size_t count, std::chrono::nanoseconds timeout) noexcept {
  return wait_for(POLLIN, handles, count, timeout);
}

bool wait_writable(const socket_handle* sockets, std::size_t count, std::chrono::nanoseconds timeout) noexcept {
  return wait_for(POLLOUT, sockets, count, timeout);
}

}  // namespace mailslog::platform
