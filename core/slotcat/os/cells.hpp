// How wide text is in a terminal. Answered by cells_posix.cpp and cells_windows.cpp.
#pragma once

#include <cstddef>
#include <string_view>

namespace slotcat {

/// Columns of UTF-8 text: two for a wide character, none for one that combines with the one before. Bytes that are none count 1.
std::size_t cells(std::string_view text) noexcept;

}  // namespace slotcat
