// One slot of each transport, for the conformance suite: opens its senders and receivers. A new transport is one more struct.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "fake_mailslots.hpp"
#include "memory.hpp"
#include "support/scratch.hpp"
#include "support/system.hpp"
#include "transport/classic/classic.hpp"
#include "transport/local/local.hpp"
#include "transport/udp/udp.hpp"
#include "wire/datagram.hpp"

namespace mailslog::test {

using sender_ptr = std::unique_ptr<transport::datagram_sender>;
using receiver_ptr = std::unique_ptr<transport::datagram_receiver>;

/// Does the system say how many datagrams it had no room for?
#ifdef __linux__
inline constexpr bool counts_drops = true;
#else
inline constexpr bool counts_drops = false;
#endif

struct memory_slot {
  static constexpr bool every_reader = true;   ///< gets a copy; else one of them does
  static constexpr bool knows_readers = true;  ///< `taken` counts them, and a full one is waited for

  sender_ptr sender() { return std::make_unique<memory_sender>(state_); }
  receiver_ptr receiver() { return std::make_unique<memory_receiver>(state_); }

 private:
  std::shared_ptr<memory_slot_state> state_ = std::make_shared<memory_slot_state>();
};

struct local_slot {
  static constexpr bool every_reader = true;
  static constexpr bool knows_readers = true;

  sender_ptr sender() { return transport::open_local_sender(name, {}); }
  receiver_ptr receiver(std::size_t max_datagram = 0) {
    transport::local_options options;
    options.max_datagram = max_datagram;
    return transport::open_local_receiver(name, options);
  }

  scratch_folder folder;  // of no meaning on Windows
  std::string name = scratch_name();
};

/// Is there an end to what waits for a reader, which the sender then sees?
template <class Slot>
bool bounded() {
  return Slot::knows_readers;
}
#ifdef _WIN32  // no end is documented, and Wine 8, unlike 10, has one; mailslot_slot is the fake that has
template <>
inline bool bounded<local_slot>() {
  return wine_version().rfind("8.", 0) == 0;
}
#endif

/// Windows' mailslots, with a queue as short as Wine's.
struct mailslot_slot {
  static constexpr bool every_reader = false;
  static constexpr bool knows_readers = true;

  mailslot_slot() { system.queue = 200; }
  sender_ptr sender() { return transport::open_mailslot_sender(system, name, {}); }
  receiver_ptr receiver(std::size_t max_datagram = 0) {
    transport::local_options options;
    options.max_datagram = max_datagram;
    return transport::open_mailslot_receiver(system, name, options);
  }

  fake_mailslots system;
  std::string name = scratch_name();
};

/// Stays on loopback; IPv6 multicast, which loopback does not carry, on an interface that leads nowhere: with_ipv6_interface.
template <ip_family Family>
struct multicast_slot {
  static constexpr bool every_reader = true;
  static constexpr bool knows_readers = false;

  multicast_slot() {
    options_.port = scratch_port();
    options_.if_ = Family == ip_family::ipv4 ? "lo" : "mailslog6";
    options_.family = Family;
  }
  sender_ptr sender() { return transport::open_multicast_sender(groups_, options_); }
  receiver_ptr receiver() { return transport::open_udp_receiver(Family, groups_, options_); }

 private:
  groups groups_ = groups_of(wire::slot_tag(scratch_name()));
  transport::udp_options options_;
};

template <ip_family Family>
struct unicast_slot {
  static constexpr bool every_reader = false;
  static constexpr bool knows_readers = false;

  unicast_slot() {
    options_.port = scratch_port();
    options_.if_ = "lo";
    options_.family = Family;
  }
  sender_ptr sender() { return transport::open_unicast_sender(Family == ip_family::ipv4 ? "127.0.0.1" : "::1", options_); }
  receiver_ptr receiver() { return transport::open_udp_receiver(Family, groups_, options_); }

 private:
  groups groups_ = groups_of(wire::slot_tag(scratch_name()));
  transport::udp_options options_;
};

/// Stays on loopback, which has a broadcast address.
struct classic_slot {
  explicit classic_slot(std::string to = "*") : to_(std::move(to)) {
    options_.classic_port = scratch_port();
    options_.if_ = "lo";
  }
  static constexpr bool every_reader = true;
  static constexpr bool knows_readers = false;

  sender_ptr sender() { return transport::open_classic_sender(to_, "farm", options_); }
  receiver_ptr receiver() { return transport::open_classic_receiver("farm", options_); }

 private:
  std::string to_;
  transport::classic_options options_;
};

struct classic_host : classic_slot {
  static constexpr bool every_reader = false;

  classic_host() : classic_slot("127.0.0.1") {}
};

using udp4_slot = multicast_slot<ip_family::ipv4>;
using udp6_slot = multicast_slot<ip_family::ipv6>;
using udp4_host = unicast_slot<ip_family::ipv4>;
using udp6_host = unicast_slot<ip_family::ipv6>;

}  // namespace mailslog::test
