// Where a datagram came from, as far as its transport knows.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace mailslog::platform {

struct endpoint {
  enum class kind : std::uint8_t { unknown, process, ipv4, ipv6 };

  kind what = kind::unknown;
  std::uint16_t port = 0;
  std::uint32_t number = 0;             ///< process: its id, 0 if unknown; ipv6: scope (interface) of a link-local address
  std::array<std::uint8_t, 16> ip{};    ///< ipv4: the first four bytes
  std::array<char, 16> claimed_name{};  ///< what the sender calls itself, where the transport has that; ends with zero

  /// "pid 4711", "192.0.2.7:50123", "[2001:db8::1]:50123", or nothing.
  std::string text() const;

  /// Of an IPv4 or IPv6 address in its full form, without a scope; unknown for all other text.
  static endpoint of_ip(const std::string& text) noexcept;
};

}  // namespace mailslog::platform
