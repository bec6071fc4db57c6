#include <algorithm>
#include <cstdlib>

#include <fmt/chrono.h>

#include "os/calendar.hpp"

namespace slotcat {

namespace {

// Neither the system's strftime nor fmt has what is wanted for %z and %Z: its `tm` does not know its zone.
std::string format_one(const std::string& what, std::tm time, zone where) {
  if (what == "%%") return "%";
  if (what == "%Z" && where == zone::utc) return "UTC";
  if (what == "%z") {
    auto as_utc = time;
    const auto minutes = where == zone::utc ? 0 : (::_mkgmtime(&as_utc) - std::mktime(&time)) / 60;
    return fmt::format("{}{:02}{:02}", minutes < 0 ? '-' : '+', std::abs(minutes) / 60, std::abs(minutes) % 60);
  }
  if (what == "%s") {
    return fmt::format("{}", where == zone::utc ? ::_mkgmtime(&time) : std::mktime(&time));
  }
  try {
    return fmt::format(fmt::runtime("{:" + what + "}"), time);
  } catch (const fmt::format_error&) {
    return what;
  }
}

}  // namespace

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

std::string format_time(const std::string& text, const std::tm& time, zone where) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%' || i + 1 == text.size()) {
      result += text[i];
      continue;
    }
    const bool modified = (text[i + 1] == 'E' || text[i + 1] == 'O') && i + 2 < text.size();
    const std::size_t size = modified ? 3 : 2;
    result += format_one(text.substr(i, size), time, where);
    i += size - 1;
  }
  return result;
}

}  // namespace slotcat
