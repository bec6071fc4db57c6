// Waiting for room in one of several sockets.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <vector>

#include "platform/wait.hpp"

namespace mailslog::transport {

/// `no_buffers`: it is not the sockets that have no room.
template <class Path>
void wait_for_room(const std::vector<Path>& paths, bool no_buffers, std::chrono::nanoseconds timeout) noexcept {
  platform::socket_handle sockets[64];
  std::size_t n = 0;
  for (const auto& p : paths) {
    if (!p.waiting) continue;
    if (n == std::size(sockets)) {  // any of the others may be the next to have room
      timeout = std::min<std::chrono::nanoseconds>(timeout, std::chrono::milliseconds(1));
      break;
    }
    sockets[n++] = p.handle();
  }
  // Without buffers a socket seems writable; and there may be no socket yet.
  if (no_buffers) n = 0;
  if (n == 0) timeout = std::min<std::chrono::nanoseconds>(timeout, std::chrono::milliseconds(1));
  platform::wait_writable(sockets, n, timeout);
}

}  // namespace mailslog::transport
