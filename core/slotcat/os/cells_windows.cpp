#include <array>
#include <cstdint>

#include "os/cells.hpp"

namespace slotcat {
namespace {

struct range {
  std::uint32_t first;
  std::uint32_t last;
};

template <std::size_t N>
bool in(const std::array<range, N>& ranges, std::uint32_t code) noexcept {
  for (const auto& r : ranges) {
    if (code >= r.first && code <= r.last) return true;
  }
  return false;
}

// The system has no table of its own: the blocks of Unicode that hold such characters and few others.
constexpr std::array<range, 10> combining{{{0x300, 0x36f}, {0x483, 0x489}, {0x591, 0x5bd}, {0x610, 0x61a}, {0x64b, 0x65f},
                                           {0x1ab0, 0x1aff}, {0x200b, 0x200f}, {0x20d0, 0x20f0}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}}};
constexpr std::array<range, 8> wide{{{0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0xa4cf}, {0xac00, 0xd7a3},
                                     {0xf900, 0xfaff}, {0xff00, 0xff60}, {0x1f300, 0x1faff}, {0x20000, 0x3fffd}}};

}  // namespace

std::size_t cells(std::string_view text) noexcept {
  std::size_t width = 0;
  for (std::size_t i = 0; i < text.size();) {
    std::uint32_t code = static_cast<unsigned char>(text[i++]);
    if (code >= 0xc0) code &= code >= 0xf0 ? 0x07U : code >= 0xe0 ? 0x0fU : 0x1fU;
    for (; i < text.size() && (static_cast<unsigned char>(text[i]) & 0xc0) == 0x80; ++i) code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3fU);
    width += in(combining, code) ? 0 : in(wide, code) ? 2 : 1;
  }
  return width;
}

}  // namespace slotcat
