// NetBIOS names, and the form in which they cross the network.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "byte_view.hpp"

namespace mailslog::transport::classic {

/// 15 bytes of name, padded with spaces, and one that says what kind of thing has the name.
struct netbios_name {
  static constexpr std::size_t max_text = 15;

  std::array<std::uint8_t, 16> bytes{};

  /// In upper case, cut to 15 bytes.
  static netbios_name of(std::string_view text, std::uint8_t suffix = 0) noexcept;
  /// Which everybody answers to: `*` and zeros instead of spaces.
  static netbios_name everybody() noexcept;

  std::uint8_t suffix() const noexcept { return bytes.back(); }
  /// Without padding and suffix.
  std::string text() const;

  friend bool operator==(const netbios_name& a, const netbios_name& b) noexcept { return a.bytes == b.bytes; }
  friend bool operator!=(const netbios_name& a, const netbios_name& b) noexcept { return !(a == b); }
};

/// Does `name` have this text, whatever its suffix?
bool is_called(const netbios_name& name, std::string_view text) noexcept;

/// Bytes of a name in a packet: one label, and no scope behind it.
constexpr std::size_t encoded_name_size = 34;
using encoded_name = std::array<std::uint8_t, encoded_name_size>;
encoded_name encode(const netbios_name& name) noexcept;

enum class name_error {
  none,
  bad,    ///< too short, a label of another length, a compression pointer, other letters than A to P
  scope,  ///< there is a scope behind it, which is never ours
};

/// Reads the first `encoded_name_size` bytes. Leaves `out` untouched unless it returns `none`.
name_error decode(byte_view bytes, netbios_name& out) noexcept;

/// What a computer of this host name is called: its first label.
netbios_name computer_name(std::string_view host_name) noexcept;

}  // namespace mailslog::transport::classic
