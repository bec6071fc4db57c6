// Another program, run with its two outputs read by us. Answered by command_posix.cpp and command_windows.cpp.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "os/stop.hpp"

namespace slotcat {

enum class stream { out, error };

/// Runs for as long as it lives; its standard input is ours. Signals that end us, hang-ups and user signals are passed on to it.
class child_command {
 public:
  /// `arguments[0]` is looked up in PATH. Throws `std::system_error`.
  explicit child_command(const std::vector<std::string>& arguments);
  ~child_command();
  child_command(const child_command&) = delete;
  child_command& operator=(const child_command&) = delete;

  /// Hands out what it prints, as it comes, until it has ended. `taken` must not keep the bytes. What its own children print after
  /// its end is not waited for.
  void read(const stop_signals& signals, const std::function<void(stream, std::string_view)>& taken);

  /// Its exit code, or 128 and the number of the signal that ended it. After `read`.
  int exit_code() const noexcept;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace slotcat
