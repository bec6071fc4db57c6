#include "read/foreign.hpp"

#include <algorithm>
#include <cstddef>

namespace slotcat {

std::string origin_of(const mailslog::foreign_message& message) {
  std::string origin(message.claimed_name);
  if (!origin.empty() && !message.from.empty()) origin += '@';
  return origin.append(message.from);
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
