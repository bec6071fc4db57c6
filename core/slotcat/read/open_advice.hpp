// What to do when a slot cannot be opened.
#pragma once

#include <string_view>
#include <system_error>

namespace slotcat {

/// One line of advice for a user. `classic`: the slot is one of Windows' remote mailslots, too.
std::string_view open_advice(const std::error_code& error, bool classic = false) noexcept;

}  // namespace slotcat
