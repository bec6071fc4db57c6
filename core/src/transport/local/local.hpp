// Slots on this machine. On Windows the system's mailslots, see mailslot.hpp; elsewhere Unix datagram sockets in the slot's folder,
// one for each reader: docs/transports.md says which folder, who may enter it, and what a socket's name means.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

#include "transport/transport.hpp"

namespace mailslog::transport {

constexpr transport_traits local_traits{false, true, false};

struct local_options {
  /// The slot is one of `*/name`: the reader also hears the network, and the writer leaves such readers out, because the
  /// network's loopback reaches them.
  bool lan = false;
  /// Reader: larger datagrams are refused, by the writer where it knows; 0: none.
  std::size_t max_datagram = 0;
  /// Writer: how long a reader that takes nothing may hold up the others before it is passed over.
  std::chrono::nanoseconds patience{100'000'000};
  /// Reader, Windows: who may write, as a security descriptor; empty: this user and administrators.
  std::string security;
};

/// Readers are found anew with each `send`, so nothing fails here: no folder, no reader, and no right to enter are all found
/// out later.
std::unique_ptr<datagram_sender> open_local_sender(const std::string& name, const local_options& options);

/// How many readers of this machine a slot has that this program may post to, at most 4096; nothing where the system does not tell. `error`: the
/// slot cannot be looked at.
std::optional<std::size_t> local_readers(const std::string& name, std::error_code& error);

/// Throws `std::system_error` that says what was tried and on which path. Null where a slot has one reader, another has it, and
/// `lan` is set: the network alone is heard then.
std::unique_ptr<datagram_receiver> open_local_receiver(const std::string& name, const local_options& options);

}  // namespace mailslog::transport
