#include "platform/socket_address.hpp"

#include <cstring>

namespace mailslog::platform {

socket_address to_socket_address(const endpoint& e) noexcept {
  socket_address a;
  if (e.what == endpoint::kind::ipv4) {
    auto* in = reinterpret_cast<::sockaddr_in*>(&a.storage);
    in->sin_family = AF_INET;
    in->sin_port = htons(e.port);
    std::memcpy(&in->sin_addr, e.ip.data(), 4);
    a.size = sizeof *in;
  } else {
    auto* in6 = reinterpret_cast<::sockaddr_in6*>(&a.storage);
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(e.port);
    in6->sin6_scope_id = e.number;
    std::memcpy(&in6->sin6_addr, e.ip.data(), 16);
    a.size = sizeof *in6;
  }
  return a;
}

endpoint from_socket_address(const ::sockaddr& address) noexcept {
  endpoint e;
  if (address.sa_family == AF_INET) {
    const auto* in = reinterpret_cast<const ::sockaddr_in*>(&address);
    e.what = endpoint::kind::ipv4;
    e.port = ntohs(in->sin_port);
    std::memcpy(e.ip.data(), &in->sin_addr, 4);
  } else if (address.sa_family == AF_INET6) {
    const auto* in6 = reinterpret_cast<const ::sockaddr_in6*>(&address);
    e.what = endpoint::kind::ipv6;
    e.port = ntohs(in6->sin6_port);
    e.number = in6->sin6_scope_id;
    std::memcpy(e.ip.data(), &in6->sin6_addr, 16);
  }
  return e;
}

}  // namespace mailslog::platform
