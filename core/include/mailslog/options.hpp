// Options of a slot. The same names are taken in the query part of an address: "*/build-farm?ttl=2&if=eth1&limit=1200".
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include <mailslog/record.hpp>

namespace mailslog {

/// What happens to a record when the sender's queue is full.
enum class overflow_policy {
  drop_newest,  ///< the new record is dropped
  drop_oldest,  ///< the oldest queued records are dropped
  block,        ///< the caller waits for at most `block_time`, then the new record is dropped
};

enum class ip_family {
  any,   ///< a writer: IPv4 on interfaces that have it, IPv6 on the others; a reader: both
  ipv4,  ///< "4"
  ipv6,  ///< "6"
};

/// Windows' remote mailslots, for slots of this machine; docs/transports.md, "Classic".
enum class classic_mode {
  off,   ///< "0"
  on,    ///< "1": a reader takes what other machines write to this one's mailslot of that name
  wire,  ///< "wire": the same, and mailslog speaks the protocol itself where the system could do it, too
};

/// What a writer to a classic slot does where the system does not carry remote mailslots: Windows 11 since 24H2, unless told to.
enum class fallback_mode {
  none,  ///< it reports `errc::remote_mailslots_off`
  udp,   ///< it posts to `*/name` instead, and reports `errc::fell_back_to_udp` once; a reader hears both
};

/// Waits without a time limit. In an address: "forever".
inline constexpr std::chrono::nanoseconds forever = (std::chrono::nanoseconds::max)();

/// One struct for both ends, so that one address string serves writer and reader; each end uses what concerns it.
/// In an address, sizes take K, M and G (powers of 1024) and times take ns, us, ms, s, min. What is out of range, enumerations
/// included, is refused with `address_error` when an `address` is made of it.
struct slot_options {
  // Network slots, both ends.
  std::uint16_t port = 4424;
  std::string group;                  ///< multicast group; empty: made from the slot's name
  std::string if_;                    ///< "if": only this interface, and loopback; empty: all usable ones
  ip_family family = ip_family::any;  ///< "any", "4" or "6"

  // Classic slots, both ends.
  classic_mode classic = classic_mode::off;
  std::string workgroup = "WORKGROUP";  ///< or domain, 1 to 15 bytes: who is meant by `\\*`, and ours
  fallback_mode fallback = fallback_mode::none;  ///< "none" or "udp"; of Windows' own remote mailslots
  std::uint16_t classic_port = 138;     ///< of datagrams; the name service is one below
  std::uint16_t source_port = 0;        ///< a writer sends from here; 138: answers reach this machine's readers; 0: any
  bool announce = false;                ///< a reader answers name queries for this computer and its workgroup

  // Writing.
  int ttl = 1;                                           ///< hops of multicast, 0 to 255
  std::size_t limit = 0;                                 ///< largest datagram in bytes, 128 to 65507; 0: 1400 on the network, 424 or less classic, 60 KiB locally
  bool checksum = false;                ///< datagrams of records end with a check sum, for networks whose devices alter bytes
  std::chrono::nanoseconds max_delay{1'000'000};         ///< longest wait of a record in the sender; 0: each record is sent at once
  mailslog::level flush_level = level::error;            ///< records of this level and worse are sent at once
  overflow_policy overflow = overflow_policy::drop_newest;
  std::size_t queue = std::size_t{8} * 1024 * 1024;      ///< bytes that may wait for the system to take them
  std::chrono::nanoseconds block_time{1'000'000'000};    ///< `overflow_policy::block`: longest wait of one call
  std::chrono::nanoseconds linger{1'000'000'000};        ///< longest wait of a writer's destructor for what is queued
  std::uint64_t pace = 0;                                ///< most bytes per second to the network in a long burst; 0: what receive buffers bear
  /// Bytes of the file in which this machine keeps a writer's last records, for readers that come later and for what a crash leaves: 8K to
  /// 64M; 0: none. A `record_writer` only.
  std::size_t history = std::size_t{256} * 1024;
  /// Records below this level are not sent, and take no number: a `record_writer` only remembers those of `recorder_level` and worse among
  /// them, if they are smaller than a sixteenth of `history` (and 4 KiB or 64 KiB, where that is less or more). What is sent is remembered in any case.
  mailslog::level send_level = level::trace;
  mailslog::level recorder_level = level::trace;
  std::string app;                                       ///< program name that readers see; empty: the program's own

  // Reading.
  std::size_t max_message_size = 0;                      ///< `slot_reader`: larger messages are refused; 0: what the transport takes
  std::chrono::nanoseconds read_timeout = forever;       ///< `slot_reader::get()` without an argument
  std::size_t rcvbuf = std::size_t{16} * 1024 * 1024;    ///< receive buffer asked of the system, in bytes
  std::size_t max_memory = std::size_t{64} * 1024 * 1024;///< bound on what a reader holds, in bytes
  std::chrono::nanoseconds reorder_wait{50'000'000};     ///< how long a missing datagram is waited for before it is called lost
  std::string security;                                  ///< Windows: who may post, as a security descriptor (SDDL); empty: this user and administrators
};

}  // namespace mailslog
