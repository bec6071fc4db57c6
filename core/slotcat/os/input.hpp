// Standard input. Answered by input_posix.cpp and input_windows.cpp.
#pragma once

#include <cstddef>

#include "os/stop.hpp"

namespace slotcat {

/// Bytes of standard input, as soon as there are some; 0 at its end, or once a signal was caught. Throws `std::system_error`.
std::size_t read_input(const stop_signals& signals, char* to, std::size_t room);

}  // namespace slotcat
