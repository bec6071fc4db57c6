// Cursors over the integers of NetBIOS, which are big-endian, and of SMB, which are little-endian.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "byte_view.hpp"

namespace mailslog::transport::classic {

/// Appends.
class field_writer {
 public:
  explicit field_writer(std::vector<std::uint8_t>& out) : out_(out) {}

  void u8(std::size_t v) { out_.push_back(static_cast<std::uint8_t>(v)); }
  void u16_big(std::size_t v) {
    u8(v >> 8);
    u8(v);
  }
  void u16_little(std::size_t v) {
    u8(v);
    u8(v >> 8);
  }
  void zeros(std::size_t n) { out_.resize(out_.size() + n); }
  template <class Bytes>
  void bytes(const Bytes& b) {
    out_.insert(out_.end(), b.begin(), b.end());
  }
  void bytes(byte_view b) { out_.insert(out_.end(), b.data, b.data + b.size); }

 private:
  std::vector<std::uint8_t>& out_;
};

/// Reads at fixed places; what is not there is zero.
class field_reader {
 public:
  explicit field_reader(byte_view bytes) : bytes_(bytes) {}

  unsigned u8(std::size_t at) const { return at < bytes_.size ? bytes_.data[at] : 0U; }
  unsigned u16_big(std::size_t at) const { return u8(at) << 8 | u8(at + 1); }
  unsigned u16_little(std::size_t at) const { return u8(at) | u8(at + 1) << 8; }
  byte_view from(std::size_t at) const { return at < bytes_.size ? bytes_.part(at, bytes_.size - at) : byte_view(); }

 private:
  byte_view bytes_;
};

}  // namespace mailslog::transport::classic
