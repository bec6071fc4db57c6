#include "format/utf16.hpp"

#include <utility>

namespace slotcat {
namespace {

constexpr std::uint32_t unknown = 0xfffd;

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xc0 | code >> 6);
  } else {
    if (code < 0x10000) {
      put(0xe0 | code >> 12);
    } else {
      put(0xf0 | code >> 18);
      put(0x80 | (code >> 12 & 0x3f));
    }
    put(0x80 | (code >> 6 & 0x3f));
  }
  put(0x80 | (code & 0x3f));
}

}  // namespace

void utf16_decoder::add(std::string_view bytes, std::string& out) {
  for (const char c : bytes) {
    const std::uint32_t byte = static_cast<unsigned char>(c);
    if (!has_half_) {
      half_ = byte;
    } else {
      add_unit(big_endian_ ? half_ << 8 | byte : half_ | byte << 8, out);
    }
    has_half_ = !has_half_;
  }
}

void utf16_decoder::add_unit(std::uint32_t unit, std::string& out) {
  const bool low = unit >= 0xdc00 && unit <= 0xdfff;
  if (high_ != 0) {
    const auto high = std::exchange(high_, 0);
    if (low) return append_utf8(out, 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00));
    append_utf8(out, unknown);
  }
  if (unit >= 0xd800 && unit < 0xdc00) {
    high_ = unit;
  } else {
    append_utf8(out, low ? unknown : unit);
  }
}

void utf16_decoder::end(std::string& out) {
  if (std::exchange(high_, 0) != 0) append_utf8(out, unknown);
  if (std::exchange(has_half_, false)) append_utf8(out, unknown);
}

}  // namespace slotcat
