#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mailslog {

/// Bytes that somebody else owns.
struct byte_view {
  const std::uint8_t* data = nullptr;
  std::size_t size = 0;

  byte_view() = default;
  byte_view(const std::uint8_t* d, std::size_t n) : data(d), size(n) {}
  explicit byte_view(std::string_view text) : data(reinterpret_cast<const std::uint8_t*>(text.data())), size(text.size()) {}

  std::string_view text() const { return {reinterpret_cast<const char*>(data), size}; }
  byte_view part(std::size_t from, std::size_t n) const {
    assert(from <= size && n <= size - from);
    return {data + from, n};
  }
};

}  // namespace mailslog
