#include <array>
#include <string_view>

#include "os/calendar.hpp"

namespace slotcat {

std::tm broken_down(std::time_t time, zone where) noexcept {
  std::tm result{};
  if (where == zone::utc) {
    static char name[] = "UTC";
    if (::gmtime_r(&time, &result) != nullptr && std::string_view(result.tm_zone) == "GMT") result.tm_zone = name;  // glibc's
  } else {
    ::localtime_r(&time, &result);
  }
  return result;
}

std::string format_time(const std::string& text, const std::tm& time, zone where) {
  if (text.empty()) return {};
  std::array<char, 8192> buffer;  // room for a format of 200 characters in any language
  if (where == zone::local) return {buffer.data(), std::strftime(buffer.data(), buffer.size(), text.c_str(), &time)};
  // %s, the seconds since 1970, takes its time for a local one.
  std::string made;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && text.compare(i, 2, "%s") == 0) {
      auto utc = time;
      made += std::to_string(::timegm(&utc));
      ++i;
    } else {
      made += text[i];
      if (text[i] == '%' && i + 1 < text.size()) made += text[++i];
    }
  }
  return {buffer.data(), std::strftime(buffer.data(), buffer.size(), made.c_str(), &time)};
}

}  // namespace slotcat
