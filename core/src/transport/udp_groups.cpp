#include "transport/udp.hpp"

namespace mailslog::transport {

groups groups_of(std::uint32_t slot_tag) noexcept {
  const auto byte = [](std::uint32_t v, unsigned shift) { return static_cast<std::uint8_t>(v >> shift); };
  const std::uint32_t folded = (slot_tag >> 16) ^ (slot_tag & 0xffff);
  groups g;
  g.ipv4 = {239, 255, byte(folded, 8), byte(folded, 0)};
  g.ipv6 = {0xff, 0x05, 0, 0, 0, 0, 0, 0, 0, 0, 0x6d, 0x73, byte(slot_tag, 24), byte(slot_tag, 16), byte(slot_tag, 8), byte(slot_tag, 0)};
  return g;
}

}  // namespace mailslog::transport
