// Several senders as one: what is sent goes to all of them.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "transport/transport.hpp"

namespace mailslog::transport {

/// Its limits are those that suit all of `senders`, of which there is at least one. `patience`: how long one that has no room may hold
/// up the others.
std::unique_ptr<datagram_sender> fan_out(std::vector<std::unique_ptr<datagram_sender>> senders,
                                         std::chrono::nanoseconds patience = std::chrono::milliseconds(100));

}  // namespace mailslog::transport
