#include "format/foreign_text.hpp"

#include <algorithm>
#include <cstddef>

#include "format/utf16.hpp"

namespace slotcat {
namespace {

// A text of letters that are mostly Latin, in UTF-16: every other byte is 0.
bool looks_like_utf16(std::string_view bytes) {
  if (bytes.size() < 4 || bytes.size() % 2 != 0) return false;
  std::size_t zeros = 0;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    const bool last = i + 2 == bytes.size();
    if (bytes[i] == 0 && !(last && bytes[i + 1] == 0)) return false;
    if (bytes[i + 1] == 0) ++zeros;
  }
  return 4 * zeros > bytes.size();
}

std::string_view from_utf16(std::string_view bytes, bool big_endian, std::string& scratch) {
  scratch.clear();
  utf16_decoder decoder(big_endian);
  decoder.add(bytes, scratch);
  decoder.end(scratch);
  return scratch;
}

std::string_view decoded(std::string_view bytes, std::string& scratch) {
  if (const auto text = marshalled_text(bytes)) return *text;
  if (bytes.substr(0, 3) == "\xef\xbb\xbf") return bytes.substr(3);
  if (bytes.substr(0, 2) == "\xff\xfe") return from_utf16(bytes.substr(2), false, scratch);
  if (bytes.substr(0, 2) == "\xfe\xff") return from_utf16(bytes.substr(2), true, scratch);
  return looks_like_utf16(bytes) ? from_utf16(bytes, false, scratch) : bytes;
}

}  // namespace

std::string_view foreign_text(std::string_view bytes, std::string& scratch) {
  const auto text = decoded(bytes, scratch);
  const auto last = text.find_last_not_of(std::string_view("\0\r\n", 3));
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

std::optional<std::string_view> marshalled_text(std::string_view bytes) {
  constexpr unsigned is_referenced = 0x80;  // may be set of any type
  constexpr std::string_view long_types = "sutaA";  // bytes, and kinds of strings: length of 4 bytes
  constexpr std::string_view short_types = "zZ";    // ASCII: length of 1 byte
  constexpr std::string_view ascii_types = "aAzZ";
  const auto byte = [&](std::size_t at) { return static_cast<unsigned>(static_cast<unsigned char>(bytes[at])); };
  if (bytes.empty()) return std::nullopt;
  const auto type = static_cast<char>(byte(0) & ~is_referenced);
  std::size_t start = 0;
  std::size_t length = 0;
  if (short_types.find(type) != std::string_view::npos && bytes.size() >= 2) {
    start = 2;
    length = byte(1);
  } else if (long_types.find(type) != std::string_view::npos && bytes.size() >= 5) {
    start = 5;
    length = byte(1) | byte(2) << 8 | byte(3) << 16 | byte(4) << 24;
  }
  if (start == 0 || length != bytes.size() - start) return std::nullopt;
  const auto text = bytes.substr(start);
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (ascii_types.find(type) != std::string_view::npos && !std::all_of(text.begin(), text.end(), is_ascii)) return std::nullopt;
  return text;
}

}  // namespace slotcat
