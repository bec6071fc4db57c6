// Slots as Windows has them on the network: remote mailslots, SMB transactions in NetBIOS datagrams on UDP port 138.
#pragma once

#include <memory>
#include <string>

#include <mailslog/options.hpp>

#include "transport/transport.hpp"

namespace mailslog::transport {

/// Sends to `host`: "*" for the workgroup, a NetBIOS name, a host name or an IPv4 address, and # with a suffix in hexadecimal behind
/// it if one is meant that does not follow from the rest. Which of them a name is, and where, is found out by the way: until then
/// `send` answers `would_block`. `slot` as in our addresses. Nothing fails here.
std::unique_ptr<datagram_sender> open_classic_sender(const std::string& host, const std::string& slot, const slot_options& options);

/// Hears what is written to the mailslot `slot` of this computer, of its workgroup and of everybody. Hands out the data; where
/// they come from has the name that the sender claims. Throws `std::system_error` that says what was tried.
std::unique_ptr<datagram_receiver> open_classic_receiver(const std::string& slot, const slot_options& options);

/// Hands out nothing, but answers while it is asked to receive: queries for the names of this computer and its workgroup.
/// Throws `std::system_error` that says what was tried.
std::unique_ptr<datagram_receiver> open_classic_announcer(const slot_options& options);

}  // namespace mailslog::transport
