// Senders that may have to wait for the system, and what to do when they cannot send at all.
#pragma once

#include <functional>
#include <memory>

#include "transport/transport.hpp"

namespace mailslog::transport {

enum class answers {
  exact,    ///< `again` until the answer is there
  at_once,  ///< `done` unless the queue is full; the answer is told with later datagrams. While it is a refusal, one a second is tried
};

/// Asks `sender` from a thread of its own, which nobody waits for but for a second at the end.
std::unique_ptr<datagram_sender> in_background(std::unique_ptr<datagram_sender> sender, answers how);

/// Sends by `first` until the system does not carry remote mailslots, and from then on, those datagrams included, by what `second`
/// opens. That is told once: `errc::fell_back_to_udp`.
std::unique_ptr<datagram_sender> with_fallback(std::unique_ptr<datagram_sender> first,
                                               std::function<std::unique_ptr<datagram_sender>()> second);

}  // namespace mailslog::transport
