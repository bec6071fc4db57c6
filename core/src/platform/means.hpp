#pragma once

#include <system_error>

namespace mailslog::platform {

/// The system has no descriptor or no memory for us at the moment: nothing is known of what was asked for.
inline bool out_of_means(const std::error_code& e) noexcept {
  return e == std::errc::too_many_files_open || e == std::errc::too_many_files_open_in_system || e == std::errc::not_enough_memory ||
         e == std::errc::no_buffer_space;
}

}  // namespace mailslog::platform
