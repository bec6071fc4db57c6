// A UDP socket, which never waits and which no other program inherits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <system_error>

#include <mailslog/options.hpp>

#include "byte_view.hpp"
#include "platform/endpoint.hpp"
#include "platform/interfaces.hpp"
#include "platform/wait.hpp"
#ifdef _WIN32
#include "platform/unique_handle.hpp"
#else
#include "platform/posix.hpp"
#endif

namespace mailslog::platform {

#ifdef _WIN32
struct socket_traits {
  using native = socket_handle;
  static constexpr native invalid() noexcept { return static_cast<native>(-1); }
  static void close(native s) noexcept;
};
using owned_socket = unique_handle<socket_traits>;
#else
using owned_socket = lasting_fd;
#endif

struct udp_arrival {
  std::size_t size = 0;           ///< bytes, of one datagram or of several
  std::size_t datagram_size = 0;  ///< of each but the last, if several came as one; else 0
  endpoint from;
  unsigned interface_index = 0;  ///< 0: unknown
  bool unicast = false;
  bool cut = false;  ///< there was no room for all of it
};

/// One thread at a time, but for `dropped`, which belongs to the thread that receives.
class udp_socket {
 public:
  udp_socket() = default;
  /// None, if `error` is set afterwards.
  udp_socket(ip_family family, std::error_code& error) noexcept;

  explicit operator bool() const noexcept { return static_cast<bool>(socket_); }
  socket_handle handle() const noexcept { return socket_.get(); }

#ifdef _WIN32
  bool lost() const noexcept { return false; }
#else
  /// The host has closed it, as some close all descriptors, and may have another file under its number.
  bool lost() const noexcept { return !socket_.still_ours(); }
#endif

  // Sending.

  std::error_code connect(const endpoint& to) noexcept;
  /// What it is bound to; after `connect` with the address that the other end sees.
  endpoint local() const noexcept;
  /// What is sent comes from this address. A port that is given is shared with other programs.
  std::error_code bind(const endpoint& from) noexcept;
  std::error_code allow_broadcast() noexcept;
  /// Multicast leaves by this interface, and lives for `ttl` hops.
  std::error_code set_multicast_interface(const network_interface& i, int ttl) noexcept;
  /// Multicast is heard by readers on this machine that have joined on the same interface.
  void set_multicast_loopback(bool on) noexcept;
  void ask_for_send_buffer(int bytes) noexcept;
  /// From now on `send` cuts what it is given into datagrams of this size; 0: sends it as one. False if the system cannot.
  bool set_segment_size(std::size_t datagram_size) noexcept;
  std::error_code send(byte_view bytes) noexcept;
  std::error_code send_to(const endpoint& to, byte_view datagram) noexcept;

  /// Can one socket send multicast by several interfaces?
#ifdef _WIN32
  static constexpr bool sends_by_interface = false;
#else
  static constexpr bool sends_by_interface = true;
#endif
  /// Where it can: by this one, and from its address.
  std::error_code send_to(const endpoint& to, const network_interface& by, byte_view datagrams) noexcept;
  std::error_code set_multicast_ttl(int ttl) noexcept;
  /// Whether what is larger than the path takes leaves as IP fragments, or is refused with `message_size`. No effect where the system
  /// cannot choose.
  void set_fragmenting(bool on) noexcept;
  /// Of a connected socket: the largest IP packet that the path takes as far as the system knows; 0: unknown.
  std::size_t path_mtu() const noexcept;

  // Receiving.

  /// Hears what is sent to the port, or, if `at` has an address, to that one of this machine's or that broadcast address only.
  /// Shares the port with other readers of this machine, and from then on tells of each arrival what `udp_arrival` has.
  std::error_code listen(const endpoint& at, std::size_t buffer) noexcept;
  /// Joins the group (port 0) on an interface; no error if that is so already. `no_buffer_space`: this socket may join no more.
  std::error_code join(const endpoint& group, const network_interface& i) noexcept;
  /// The interface with this index may be gone.
  void leave(const endpoint& group, unsigned interface_index) noexcept;
  /// False if nothing is there, or nothing can be received.
  bool receive(void* memory, std::size_t size, udp_arrival& arrival) noexcept;
  /// What `wait_readable` waits for, after `listen`.
  wait_handle readable() const noexcept;
  /// Of 32 bits: arrivals that the system had no room for, as of the last that it had room for.
  std::uint32_t dropped() const noexcept { return dropped_; }

 private:
  bool ipv4() const noexcept { return family_ == ip_family::ipv4; }

  owned_socket socket_;
  ip_family family_ = ip_family::any;
  std::uint32_t dropped_ = 0;
#ifdef _WIN32
  struct event_traits {
    using native = wait_handle;
    static constexpr native invalid() noexcept { return nullptr; }
    static void close(native event) noexcept;
  };
  unique_handle<event_traits> arrived_;
#endif
};

/// What a user can do whose program may not have a port below 1024.
std::string port_without_rights();

/// Whether a socket at one of this machine's addresses hears broadcasts, or one at the broadcast address is needed.
bool hears_broadcasts_at_own_address() noexcept;

/// Bytes of a receive buffer that readers on machines like this one are given, if they ask for much; 0: unknown.
std::size_t usual_receive_buffer() noexcept;

}  // namespace mailslog::platform
