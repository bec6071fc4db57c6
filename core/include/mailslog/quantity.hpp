// Sizes and times as users type them: in addresses, in slotcat's options, and in a program's own settings.
//
//   std::chrono::nanoseconds time;
//   if (mailslog::parse_time("1.5s", time) == mailslog::quantity_error::none) wait_for(time);
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include <mailslog/export.hpp>

namespace mailslog {

enum class quantity_error {
  none,
  malformed,  ///< not a number, or no known unit
  too_large,  ///< more than 2^63-1 bytes or nanoseconds
};

/// Bytes: a decimal number, perhaps with a fraction, and K, M or G for powers of 1024, in any case, perhaps with "B" or "iB" after
/// it: "4096", "64k", "1.5M", "16MiB". No sign, no spaces. Leaves `bytes` as it is if it fails.
MAILSLOG_EXPORT quantity_error parse_size(std::string_view text, std::uint64_t& bytes) noexcept;

/// A time: a decimal number, perhaps with a fraction, and ns, us, ms, s (or sec, or nothing: seconds), m (or min), h or d; or
/// "forever", which is `mailslog::forever`. Leaves `time` as it is if it fails.
MAILSLOG_EXPORT quantity_error parse_time(std::string_view text, std::chrono::nanoseconds& time) noexcept;

}  // namespace mailslog
