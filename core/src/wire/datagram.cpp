#include "wire/datagram.hpp"

namespace mailslog::wire {
namespace {
constexpr std::uint8_t flag_sealed = 0x01;
}

std::uint32_t slot_tag(std::string_view name) noexcept {
  std::uint32_t hash = 0x811c9dc5;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x01000193;
  return hash;
}

void encode(const header& h, byte_writer& out) {
  for (const auto byte : magic) out.u8(byte);
  out.u8(format_version);
  out.u8(0);  // flags
  out.u32(h.slot_tag);
  out.u64(h.sender);
  out.u64(h.number);
}

header_error decode(byte_view datagram, header& out) noexcept {
  if (datagram.size < header_size) return header_error::foreign;
  byte_reader in(datagram);
  for (const auto byte : magic) {
    if (in.u8() != byte) return header_error::foreign;
  }
  const auto version = in.u8();
  const auto flags = in.u8();
  if (version != format_version || (flags & flag_sealed) != 0) return header_error::other_version;
  out.slot_tag = in.u32();
  out.sender = in.u64();
  out.number = in.u64();
  return header_error::none;
}

}  // namespace mailslog::wire
