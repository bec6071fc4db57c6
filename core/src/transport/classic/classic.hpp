// Slots as Windows has them on the network: remote mailslots, SMB transactions in NetBIOS datagrams on UDP port 138.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <mailslog/options.hpp>

#include "transport/resumable.hpp"
#include "transport/transport.hpp"

namespace mailslog::transport {

struct classic_options {
  std::string workgroup = "WORKGROUP";  ///< or domain, 1 to 15 bytes
  std::string if_;                      ///< only this interface, and loopback; empty: all
  std::uint16_t classic_port = 138;     ///< of datagrams; the name service is one below
  std::uint16_t source_port = 0;        ///< writer: 0: any
  std::size_t rcvbuf = std::size_t{16} * 1024 * 1024;  ///< reader: receive buffer asked of the system, in bytes
  /// Writer: how long a network that takes nothing may hold up the others before it is passed over.
  std::chrono::nanoseconds patience = usual_patience;
};

constexpr transport_traits classic_traits{true, false, false};

/// Sends to `host`: "*" for the workgroup, a NetBIOS name, a host name or an IPv4 address, and # with a suffix in hexadecimal behind
/// it if one is meant that does not follow from the rest. Which of them a name is, and where, is found out by the way: until then
/// `send` answers `would_block`. `slot` as in our addresses. Nothing fails here.
std::unique_ptr<datagram_sender> open_classic_sender(const std::string& host, const std::string& slot, const classic_options& options);

/// Hears what is written to the mailslot `slot` of this computer, of its workgroup and of everybody. Hands out the data; where
/// they come from has the name that the sender claims. Throws `std::system_error` that says what was tried.
std::unique_ptr<datagram_receiver> open_classic_receiver(const std::string& slot, const classic_options& options);

/// Hands out nothing, but answers while it is asked to receive: queries for the names of this computer and its workgroup.
/// Throws `std::system_error` that says what was tried.
std::unique_ptr<datagram_receiver> open_classic_announcer(const classic_options& options);

}  // namespace mailslog::transport
