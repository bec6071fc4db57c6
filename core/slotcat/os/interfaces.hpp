// Network interfaces. Answered by interfaces_posix.cpp and interfaces_windows.cpp.
#pragma once

#include <string>
#include <vector>

namespace slotcat {

/// Names of those that are there now. Empty: the system does not tell.
std::vector<std::string> interface_names();

}  // namespace slotcat
