// UTF-16, as PowerShell and Windows programs write it, to UTF-8.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace slotcat {

/// Takes a stream of bytes in blocks of any size. What is no UTF-16 becomes U+FFFD.
class utf16_decoder {
 public:
  explicit utf16_decoder(bool big_endian) noexcept : big_endian_(big_endian) {}

  void add(std::string_view bytes, std::string& out);
  /// Nothing follows.
  void end(std::string& out);

 private:
  void add_unit(std::uint32_t unit, std::string& out);

  bool big_endian_;
  bool has_half_ = false;  // the first byte of a unit
  std::uint32_t half_ = 0;
  std::uint32_t high_ = 0;  // the first unit of a pair; 0: none
};

}  // namespace slotcat
