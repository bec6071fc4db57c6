// Words for the user, on standard error. Answered by say_posix.cpp and say_windows.cpp.
#pragma once

#include <string_view>

namespace slotcat {

/// Writes "slotcat: ", the text and a newline to standard error. What it does not take, at once or nearly so, is gone: a stream
/// that is closed, full or stands still must not end or hold the program.
void say(std::string_view text) noexcept;

}  // namespace slotcat
