#pragma once

#include <string>
#include <string_view>

namespace mailslog {

// Whatever the locale.
constexpr char ascii_lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

inline std::string ascii_lower(std::string_view text) {
  std::string result(text);
  for (auto& c : result) c = ascii_lower(c);
  return result;
}

}  // namespace mailslog
