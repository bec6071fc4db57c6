// The traffic of these tests.
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "support/process.hpp"

namespace mailslog::test {

using texts = std::vector<std::string>;

inline texts emit(const std::string& via, const std::string& to, const texts& options) {
  texts all{program("emit"), "--via", via, "--to", to};
  all.insert(all.end(), options.begin(), options.end());
  return all;
}

inline std::string write_file(const std::string& path, const texts& lines) {
  std::ofstream file(path, std::ios::binary);
  for (const auto& line : lines) file << line << '\n';
  return path;
}

/// Bytes that no text has, but for the newline.
inline std::string odd_bytes(std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) {
    const auto byte = static_cast<char>(i * 7 + i / 256);
    bytes += byte == '\n' ? 'n' : byte;
  }
  return bytes;
}

}  // namespace mailslog::test
