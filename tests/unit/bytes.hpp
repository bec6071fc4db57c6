// Bytes for tests, written as people write them.
#pragma once

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "byte_view.hpp"

namespace mailslog::test {

using bytes = std::vector<std::uint8_t>;

inline byte_view view(const bytes& b) { return {b.data(), b.size()}; }

inline bytes operator+(bytes a, const bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// Digits in pairs; spaces are for the eye.
inline bytes hex(std::string_view text) {
  bytes out;
  std::string digits;
  for (const char c : text) {
    if (std::isspace(static_cast<unsigned char>(c)) == 0) digits += c;
    if (digits.size() < 2) continue;
    out.push_back(static_cast<std::uint8_t>(std::stoul(digits, nullptr, 16)));
    digits.clear();
  }
  return out;
}

struct golden_datagram {
  std::string name;
  test::bytes bytes;
};

/// The datagrams of a file in tests/golden, whose README.md says how they are written.
inline std::vector<golden_datagram> golden(const std::string& name) {
  std::ifstream file(std::string(MAILSLOG_GOLDEN_DIR) + "/" + name + ".hex");
  if (!file) throw std::runtime_error("no golden file " + name);
  std::vector<golden_datagram> out;
  for (std::string line; std::getline(file, line);) {
    line.resize(std::min(line.size(), line.find('#')));
    if (line.rfind("= ", 0) == 0) {
      out.push_back({line.substr(2), {}});
    } else if (!out.empty()) {
      const auto more = hex(line);
      out.back().bytes.insert(out.back().bytes.end(), more.begin(), more.end());
    }
  }
  return out;
}

}  // namespace mailslog::test
