#include <algorithm>
#include <string_view>

#include <fmt/chrono.h>

#include "calendar.hpp"

namespace slotcat {

std::tm broken_down(std::time_t time, zone where) noexcept {
  constexpr std::time_t last = 32535215999;  // of the year 3000: all that the system knows
  time = std::clamp<std::time_t>(time, 0, last);
  std::tm result{};
  if (where == zone::utc) {
    ::gmtime_s(&result, &time);
  } else {
    ::localtime_s(&result, &time);
  }
  return result;
}

// The system's strftime does not know all, and has names of time zones for %z.
std::string format_time(const std::string& text, const std::tm& time) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%' || i + 1 == text.size()) {
      result += text[i];
      continue;
    }
    const bool modified = (text[i + 1] == 'E' || text[i + 1] == 'O') && i + 2 < text.size();
    const auto one = text.substr(i, modified ? 3 : 2);
    i += one.size() - 1;
    try {
      result += one == "%%" ? "%" : fmt::format(fmt::runtime("{:" + one + "}"), time);
    } catch (const fmt::format_error&) {
      result += one;  // not known there either
    }
  }
  return result;
}

}  // namespace slotcat
