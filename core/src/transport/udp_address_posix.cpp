#include "transport/udp_address_posix.hpp"

#include <algorithm>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "platform/resolver.hpp"

namespace mailslog::transport {

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

endpoint from_socket_address(const ::sockaddr_storage& storage) noexcept {
  endpoint e;
  if (storage.ss_family == AF_INET) {
    const auto* in = reinterpret_cast<const ::sockaddr_in*>(&storage);
    e.what = endpoint::kind::ipv4;
    e.port = ntohs(in->sin_port);
    std::memcpy(e.ip.data(), &in->sin_addr, 4);
  } else if (storage.ss_family == AF_INET6) {
    const auto* in6 = reinterpret_cast<const ::sockaddr_in6*>(&storage);
    e.what = endpoint::kind::ipv6;
    e.port = ntohs(in6->sin6_port);
    e.number = in6->sin6_scope_id;
    std::memcpy(e.ip.data(), &in6->sin6_addr, 16);
  }
  return e;
}

endpoint group_endpoint(ip_family family, const groups& to, std::uint16_t port) noexcept {
  endpoint e;
  e.port = port;
  if (family == ip_family::ipv4) {
    e.what = endpoint::kind::ipv4;
    std::copy(to.ipv4.begin(), to.ipv4.end(), e.ip.begin());
  } else {
    e.what = endpoint::kind::ipv6;
    e.ip = to.ipv6;
  }
  return e;
}

ip_family parse_group(const std::string& text, groups& out) noexcept {
  groups g = out;
  if (::inet_pton(AF_INET, text.c_str(), g.ipv4.data()) == 1 && (g.ipv4[0] & 0xf0) == 0xe0) {
    out = g;
    return ip_family::ipv4;
  }
  if (::inet_pton(AF_INET6, text.c_str(), g.ipv6.data()) == 1 && g.ipv6[0] == 0xff) {
    out.ipv6 = g.ipv6;
    return ip_family::ipv6;
  }
  return ip_family::any;
}

bool is_ipv6(const std::string& text) {
  const auto found = platform::parse_ip(text);
  return !found.empty() && found.front().what == endpoint::kind::ipv6;
}

}  // namespace mailslog::transport
