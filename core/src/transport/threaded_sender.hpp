// A sender that may have to wait for the system, behind a thread of its own.
#pragma once

#include <memory>

#include "transport/transport.hpp"

namespace mailslog::transport {

enum class result_mode {
  awaited,   ///< `would_block` until the answer is there
  deferred,  ///< `done` unless the queue is full; the answer is told with later datagrams. While it is a refusal, one a second is tried
};

/// Asks `sender` from a thread of its own, which nobody waits for but for a second at the end.
std::unique_ptr<datagram_sender> threaded_sender(std::unique_ptr<datagram_sender> sender, result_mode how);

}  // namespace mailslog::transport
