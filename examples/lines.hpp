// The lines of a file, of any bytes, without their "\n".
#pragma once

#include <cerrno>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

/// Throws `std::system_error`.
inline std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  if (!file.eof()) throw std::system_error(errno, std::generic_category(), "cannot read \"" + path + '"');
  return lines;
}
