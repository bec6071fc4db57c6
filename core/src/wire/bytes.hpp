// Cursors over bytes. Integers are little-endian, variable-length ones LEB128; see docs/wire-format.md section 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "byte_view.hpp"

namespace mailslog::wire {

constexpr std::size_t max_varint_size = 10;

constexpr std::size_t varint_size(std::uint64_t v) noexcept {
  std::size_t n = 1;
  while (v >= 0x80) {
    v >>= 7;
    ++n;
  }
  return n;
}

constexpr std::uint64_t zigzag(std::int64_t v) noexcept {
  return (static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t v) noexcept {
  return static_cast<std::int64_t>(v >> 1) ^ -static_cast<std::int64_t>(v & 1);
}

/// Writes forward into memory that its user has made sure is large enough.
class byte_writer {
 public:
  explicit byte_writer(std::uint8_t* at) : at_(at) {}

  void u8(std::uint8_t v) { *at_++ = v; }
  void u32(std::uint32_t v) { fixed(v); }
  void u64(std::uint64_t v) { fixed(v); }
  void varint(std::uint64_t v) {
    while (v >= 0x80) {
      *at_++ = static_cast<std::uint8_t>(v | 0x80);
      v >>= 7;
    }
    *at_++ = static_cast<std::uint8_t>(v);
  }
  void svarint(std::int64_t v) { varint(zigzag(v)); }
  void f64(double v) {
    std::uint64_t bits;
    std::memcpy(&bits, &v, sizeof bits);
    u64(bits);
  }
  void bytes(byte_view v) {
    if (v.size != 0) std::memcpy(at_, v.data, v.size);
    at_ += v.size;
  }
  void bytes(std::string_view v) { bytes(byte_view(v)); }
  void string(std::string_view v) {
    varint(v.size());
    bytes(v);
  }

  std::uint8_t* position() const { return at_; }

 private:
  template <class Int>
  void fixed(Int v) {
    put(v, std::make_index_sequence<sizeof v>());
    at_ += sizeof v;
  }
  template <class Int, std::size_t... I>
  void put(Int v, std::index_sequence<I...>) {  // without a loop: then compilers make one store of it
    ((at_[I] = static_cast<std::uint8_t>(v >> (8 * I))), ...);
  }

  std::uint8_t* at_;
};

/// Reads forward. Running off the end, or a number that fits no 64 bits, is remembered: all later reads give zero or nothing,
/// and `ok` is false. Ask once, after the last read.
class byte_reader {
 public:
  explicit byte_reader(byte_view bytes) : at_(bytes.data), end_(bytes.data + bytes.size) {}

  std::uint8_t u8() { return need(1) ? *at_++ : std::uint8_t{0}; }
  std::uint32_t u32() { return fixed<std::uint32_t>(); }
  std::uint64_t u64() { return fixed<std::uint64_t>(); }
  std::uint64_t varint() {
    std::uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t byte = u8();
      if (shift == 63 && byte > 1) break;  // more than 64 bits
      v |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return v;
    }
    fail();
    return 0;
  }
  std::int64_t svarint() { return unzigzag(varint()); }
  double f64() {
    const std::uint64_t bits = u64();
    double v;
    std::memcpy(&v, &bits, sizeof v);
    return v;
  }
  byte_view bytes(std::uint64_t n) {
    if (!need(n)) return {};
    const byte_view v(at_, static_cast<std::size_t>(n));
    at_ += n;
    return v;
  }
  std::string_view string() { return bytes(varint()).text(); }
  byte_view rest() { return bytes(left()); }

  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  bool ok() const { return ok_; }
  void fail() {
    ok_ = false;
    at_ = end_;
  }

 private:
  bool need(std::uint64_t n) {
    if (n <= left()) return true;
    fail();
    return false;
  }
  template <class Int>
  Int fixed() {
    if (!need(sizeof(Int))) return 0;
    const auto v = get<Int>(std::make_index_sequence<sizeof(Int)>());
    at_ += sizeof v;
    return v;
  }
  template <class Int, std::size_t... I>
  Int get(std::index_sequence<I...>) const {
    return ((static_cast<Int>(at_[I]) << (8 * I)) | ...);
  }

  const std::uint8_t* at_;
  const std::uint8_t* end_;
  bool ok_ = true;
};

}  // namespace mailslog::wire
