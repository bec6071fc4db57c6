// The multicast groups of a slot, and addresses of groups as users write them. Opens nothing.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include <mailslog/options.hpp>

#include "platform/endpoint.hpp"

namespace mailslog {

/// Multicast groups of a slot, in network byte order.
struct groups {
  std::array<std::uint8_t, 4> ipv4{};
  std::array<std::uint8_t, 16> ipv6{};
};

/// The groups for a slot's tag; docs/wire-format.md section 2.
groups groups_of(std::uint32_t slot_tag) noexcept;

/// The group of one family, `ipv4` or `ipv6`.
platform::endpoint group_endpoint(ip_family family, const groups& of, std::uint16_t port) noexcept;

/// Reads `slot_options::group` into the family it belongs to, which is returned: `ipv4` or `ipv6`; `any` if the text is no
/// multicast address.
ip_family parse_group(const std::string& text, groups& out) noexcept;

/// Is it an IPv6 address, perhaps with a scope ("fe80::1%eth0")? The interface need not be there yet.
bool is_ipv6(const std::string& text);

}  // namespace mailslog
