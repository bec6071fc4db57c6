#include <array>

#include "os/calendar.hpp"

namespace slotcat {

std::tm broken_down(std::time_t time, zone where) noexcept {
  std::tm result{};
  if (where == zone::utc) {
    ::gmtime_r(&time, &result);
  } else {
    ::localtime_r(&time, &result);
  }
  return result;
}

std::string format_time(const std::string& text, const std::tm& time, zone) {
  if (text.empty()) return {};
  std::array<char, 1024> buffer;
  return {buffer.data(), std::strftime(buffer.data(), buffer.size(), text.c_str(), &time)};
}

}  // namespace slotcat
