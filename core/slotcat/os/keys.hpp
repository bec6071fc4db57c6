// Keys that are pressed while we show what arrives. Answered by keys_posix.cpp and keys_windows.cpp.
#pragma once

#include <optional>

namespace slotcat {

/// While it lives, keys of the terminal that standard input is are read one by one and not shown, whenever this program is in the
/// terminal's foreground. Ctrl-Z, Ctrl-C, other signals and its end give the terminal back as it was. One at a time.
class keys {
 public:
  keys();
  ~keys();
  keys(const keys&) = delete;
  keys& operator=(const keys&) = delete;

  /// One that was pressed since; does not wait. Enter is '\n'.
  std::optional<char> next();
};

/// Gives the terminal back for good. May be called by a signal's handler.
void give_terminal_back() noexcept;

}  // namespace slotcat
