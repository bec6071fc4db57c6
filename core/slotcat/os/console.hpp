// What a program has of its terminal and of who started it. Answered by console_posix.cpp and console_windows.cpp.
#pragma once

#include <string>
#include <vector>

namespace slotcat {

/// Makes the standard streams fit for text in UTF-8 that nobody translates. One, for as long as the program runs.
class console {
 public:
  console();
  ~console();
  console(const console&) = delete;
  console& operator=(const console&) = delete;

 private:
  unsigned before_ = 0;
};

/// In UTF-8, without the program's name.
std::vector<std::string> arguments(int argc, char** argv);

/// The name of a file as the C library opens it, from UTF-8. Throws `std::runtime_error` if it can open no such file.
std::string native_path(const std::string& path);

/// Whether a terminal understands colours, as far as the system says.
bool terminal_has_colours();

}  // namespace slotcat
