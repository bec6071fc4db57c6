#include "wire/crc32c.hpp"

#include <array>
#include <cstddef>

namespace mailslog::wire {
namespace {

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78u : 0u);
    table[i] = crc;
  }
  return table;
}

constexpr auto table = make_table();

}  // namespace

std::uint32_t crc32c(byte_view bytes) noexcept {
  std::uint32_t crc = 0xffffffff;
  for (std::size_t i = 0; i < bytes.size; ++i) crc = (crc >> 8) ^ table[(crc ^ bytes.data[i]) & 0xff];
  return crc ^ 0xffffffff;
}

}  // namespace mailslog::wire
