// Endpoints as the socket interface has them.
#pragma once

#include "platform/endpoint.hpp"
#include "platform/sockets.hpp"

namespace mailslog::platform {

struct socket_address {
  ::sockaddr_storage storage{};
  ::socklen_t size = 0;

  const ::sockaddr* generic() const { return reinterpret_cast<const ::sockaddr*>(&storage); }
};

/// Of an IPv4 or IPv6 endpoint.
socket_address to_socket_address(const endpoint& e) noexcept;
/// Unknown if it is of another family.
endpoint from_socket_address(const ::sockaddr& address) noexcept;

}  // namespace mailslog::platform
