// Endpoints as the socket interface has them.
#pragma once

#include <cstdint>

#include <sys/socket.h>

#include <mailslog/options.hpp>

#include "transport/transport.hpp"
#include "transport/udp.hpp"

namespace mailslog::transport {

struct socket_address {
  ::sockaddr_storage storage{};
  ::socklen_t size = 0;

  const ::sockaddr* generic() const { return reinterpret_cast<const ::sockaddr*>(&storage); }
};

/// Of an IPv4 or IPv6 endpoint.
socket_address to_socket_address(const endpoint& e) noexcept;
endpoint from_socket_address(const ::sockaddr_storage& storage) noexcept;

/// The group of one family, `ipv4` or `ipv6`.
endpoint group_endpoint(ip_family family, const groups& to, std::uint16_t port) noexcept;

/// Interfaces come and go; how often writers and readers look.
constexpr auto interfaces_checked_every = std::chrono::seconds(5);

}  // namespace mailslog::transport
