// What to do when the system does not carry remote mailslots.
#pragma once

#include <functional>
#include <memory>

#include "transport/transport.hpp"

namespace mailslog::transport {

/// Sends by `first` until the system does not carry remote mailslots, and from then on, those datagrams included, by what `second`
/// opens. That is told once: `errc::fell_back_to_udp`.
std::unique_ptr<datagram_sender> fallback_sender(std::unique_ptr<datagram_sender> first,
                                                 std::function<std::unique_ptr<datagram_sender>()> second);

}  // namespace mailslog::transport
