// The datagram's header, and which slot it is for; docs/wire-format.md sections 2 and 3.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "wire/bytes.hpp"

namespace mailslog::wire {

constexpr std::size_t header_size = 24;
constexpr std::uint8_t format_version = 1;
constexpr std::array<std::uint8_t, 2> magic{0x9c, 0x6d};

struct header {
  std::uint32_t slot_tag = 0;
  std::uint64_t sender = 0;
  std::uint64_t number = 0;
};

/// Tag of a slot whose name is in lower case already.
std::uint32_t slot_tag(std::string_view name) noexcept;

void encode(const header& h, byte_writer& out);

enum class header_error { none, foreign, other_version };

/// Leaves `out` untouched unless it returns `none`; then `datagram` has at least `header_size` bytes.
header_error decode(byte_view datagram, header& out) noexcept;

}  // namespace mailslog::wire
