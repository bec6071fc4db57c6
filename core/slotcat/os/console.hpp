// What a program has of its terminal and of who started it. Answered by console_posix.cpp and console_windows.cpp.
#pragma once

#include <cstddef>
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

/// Whether a person looks at the stream.
bool is_terminal(int descriptor);

/// Cells of a terminal's line; 80 if it does not say.
std::size_t terminal_width(int descriptor);

/// Lines of a terminal; 24 if it does not say.
std::size_t terminal_height(int descriptor);

/// Writes a newline to a descriptor that who started us gave us, and closes it. False if it is not open for writing.
bool announce_on(int descriptor);

/// Whether a terminal understands colours, as far as the system says.
bool terminal_has_colours();

}  // namespace slotcat
