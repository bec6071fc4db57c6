// This process as others see it: /proc.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include <fcntl.h>

namespace mailslog::test {

inline std::string first_line(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

/// Their names, by their ids.
inline std::map<int, std::string> threads_of_this_process() {
  std::map<int, std::string> all;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    all[std::stoi(task.path().filename())] = first_line(task.path() / "comm");
  }
  return all;
}

struct descriptor {
  std::string what;  ///< "socket:[4711]", or a path
  bool close_on_exec = false;
};

inline std::map<int, descriptor> descriptors_of_this_process() {
  std::map<int, descriptor> all;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const int number = std::stoi(entry.path().filename());
    std::error_code error;
    const auto what = std::filesystem::read_symlink(entry.path(), error).string();
    if (error || what.find("/fd") != std::string::npos) continue;  // that of this loop
    std::ifstream info("/proc/self/fdinfo/" + entry.path().filename().string());
    descriptor d{what};
    for (std::string line; std::getline(info, line);) {
      if (line.rfind("flags:", 0) == 0) d.close_on_exec = (std::strtoul(line.c_str() + 6, nullptr, 8) & O_CLOEXEC) != 0;
    }
    all[number] = d;
  }
  return all;
}

}  // namespace mailslog::test
