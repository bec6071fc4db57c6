// What senders over UDP have in common: several sockets, and what to do while one has no room.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <system_error>
#include <vector>

#include "platform/wait.hpp"

namespace mailslog::transport {

inline bool should_wait(const std::error_code& e) noexcept {
  return e == std::errc::resource_unavailable_try_again || e == std::errc::operation_would_block ||
         e == std::errc::no_buffer_space;
}

/// `no_buffers`: it is not the sockets that have no room.
template <class Path>
void wait_for_room(const std::vector<Path>& paths, bool no_buffers, std::chrono::nanoseconds timeout) noexcept {
  platform::socket_handle sockets[16];
  std::size_t n = 0;
  for (const auto& p : paths) {
    if (p.waiting && !no_buffers && n < std::size(sockets)) sockets[n++] = p.socket.handle();
  }
  // Without buffers a socket seems writable; and there may be no socket yet.
  if (n == 0) timeout = std::min<std::chrono::nanoseconds>(timeout, std::chrono::milliseconds(1));
  platform::wait_writable(sockets, n, timeout);
}

}  // namespace mailslog::transport
