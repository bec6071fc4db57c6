// Slots on the network: UDP, to a multicast group or to one host.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <mailslog/options.hpp>

#include "address/groups.hpp"
#include "platform/udp_socket.hpp"
#include "transport/resumable.hpp"
#include "transport/transport.hpp"

namespace mailslog::transport {

constexpr transport_traits udp_traits{true, false, true};

struct udp_options {
  std::uint16_t port = 4424;
  std::string if_;                    ///< only this interface, and loopback; empty: all usable ones
  ip_family family = ip_family::any;
  int ttl = 1;                        ///< writer: hops of multicast
  std::size_t rcvbuf = std::size_t{16} * 1024 * 1024;  ///< reader: receive buffer asked of the system, in bytes
  /// Writer: how long an interface that takes nothing may hold up the others before it is passed over.
  std::chrono::nanoseconds patience = usual_patience;
};

/// Interfaces come and go; how often writers and readers look.
constexpr auto interfaces_checked_every = std::chrono::seconds(5);
/// Where there is none, or the system could not say.
constexpr auto interfaces_missed_every = std::chrono::seconds(1);

/// Sends to the groups on every usable interface, or on `if_` and loopback; with `no_such_device` as long as that is not there. Nothing
/// fails here: without a network each `send` is refused, until there is one. Takes ten descriptors at most.
std::unique_ptr<datagram_sender> open_multicast_sender(const groups& to, const udp_options& options);

/// Sends to `host`, which is looked up by a thread of its own unless it is an IP address; again after 5 minutes, and after a
/// refusal.
std::unique_ptr<datagram_sender> open_unicast_sender(const std::string& host, const udp_options& options);

/// Passes datagrams that came by unicast on to the readers of the slot that they are for. The system gives such a datagram to one
/// of the sockets that share the port, whichever slot that is for; a group on the loopback interface reaches the right ones.
class loopback_relay {
 public:
  explicit loopback_relay(std::uint16_t port) : port_(port) {}
  void send(std::uint32_t slot_tag, byte_view datagram) noexcept;

 private:
  std::uint16_t port_;
  platform::udp_socket socket_;
};

/// Hears the group of one family (`ipv4` or `ipv6`), and what is sent to this host's port. Throws `std::system_error` that says
/// what was tried, and `std::errc::address_family_not_supported` where the machine does not have the family. The system may allow a
/// socket few groups (Linux for 20): there are as many sockets as it takes.
std::unique_ptr<datagram_receiver> open_udp_receiver(ip_family family, const groups& on, const udp_options& options);

}  // namespace mailslog::transport
