#include "address/groups.hpp"

#include <algorithm>


namespace mailslog {

using platform::endpoint;

groups groups_of(std::uint32_t slot_tag) noexcept {
  const auto byte = [](std::uint32_t v, unsigned shift) { return static_cast<std::uint8_t>(v >> shift); };
  const std::uint32_t folded = (slot_tag >> 16) ^ (slot_tag & 0xffff);
  groups g;
  g.ipv4 = {239, 255, byte(folded, 8), byte(folded, 0)};
  g.ipv6 = {0xff, 0x05, 0, 0, 0, 0, 0, 0, 0, 0, 0x6d, 0x73, byte(slot_tag, 24), byte(slot_tag, 16), byte(slot_tag, 8), byte(slot_tag, 0)};
  return g;
}

endpoint group_endpoint(ip_family family, const groups& of, std::uint16_t port) noexcept {
  endpoint e;
  e.port = port;
  if (family == ip_family::ipv4) {
    e.what = endpoint::kind::ipv4;
    std::copy(of.ipv4.begin(), of.ipv4.end(), e.ip.begin());
  } else {
    e.what = endpoint::kind::ipv6;
    e.ip = of.ipv6;
  }
  return e;
}

ip_family parse_group(const std::string& text, groups& out) noexcept {
  const auto e = endpoint::of_ip(text);
  if (e.what == endpoint::kind::ipv4 && (e.ip[0] & 0xf0) == 0xe0) {
    std::copy_n(e.ip.begin(), out.ipv4.size(), out.ipv4.begin());
    return ip_family::ipv4;
  }
  if (e.what == endpoint::kind::ipv6 && e.ip[0] == 0xff) {
    out.ipv6 = e.ip;
    return ip_family::ipv6;
  }
  return ip_family::any;
}

bool is_ipv6(const std::string& text) {
  const auto scope = text.find('%');
  return endpoint::of_ip(text.substr(0, scope)).what == endpoint::kind::ipv6 && (scope == std::string::npos || scope + 1 < text.size());
}

}  // namespace mailslog
