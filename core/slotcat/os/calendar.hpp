// The system's calendar. Answered by calendar_posix.cpp and calendar_windows.cpp.
#pragma once

#include <ctime>
#include <string>

#include "format/time_text.hpp"

namespace slotcat {

/// Second, hour, day and so on; the nearest one that the system can tell.
std::tm broken_down(std::time_t time, zone where) noexcept;

/// strftime that knows no limit on the result but ours. `time` is of that zone.
std::string format_time(const std::string& text, const std::tm& time, zone where);

}  // namespace slotcat
