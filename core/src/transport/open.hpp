// Which transports an address means. The one place that knows all of them.
#pragma once

#include <memory>
#include <vector>

#include <mailslog/address.hpp>

#include "transport/threaded_sender.hpp"
#include "transport/transport.hpp"

namespace mailslog {

/// The ways to the readers of a slot. Nothing fails here. `how`: when a sender that may block in the system reports its result.
std::vector<std::unique_ptr<transport::datagram_sender>> open_senders(const address& to, transport::result_mode how);

/// The ways in to a reader of a slot, at least one. `local_max`: largest datagram that the local slot takes, 0 for any.
/// Throws `address_error` for another host's slot, `std::system_error` if the slot cannot be opened.
std::vector<std::unique_ptr<transport::datagram_receiver>> open_receivers(const address& at, std::size_t local_max);

}  // namespace mailslog
