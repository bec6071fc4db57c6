#include "cli/values.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

#include <mailslog/options.hpp>
#include <mailslog/quantity.hpp>

namespace slotcat {
bool to_number(std::string_view text, double& value) {
  // strtod also takes spaces, hexadecimal, "inf" and "nan"; std::from_chars for double is missing from older libraries.
  if (text.empty() || text.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return false;
  const std::string copy(text);
  char* end = nullptr;
  value = std::strtod(copy.c_str(), &end);
  return end == copy.c_str() + copy.size() && std::isfinite(value);
}

std::chrono::nanoseconds parse_duration(std::string_view text) {
  constexpr std::chrono::hours century(876'600);  // so that a point in time and a wait can be added
  std::chrono::nanoseconds time{0};
  const auto error = mailslog::parse_time(text, time);
  if (time == mailslog::forever) return century;
  if (error == mailslog::quantity_error::too_large || time > century) {
    throw usage_error(fmt::format("\"{}\" is too long a time; accepted are at most 100 years, or forever", text));
  }
  if (error != mailslog::quantity_error::none || time.count() == 0) {
    throw usage_error(fmt::format(
        "\"{}\" is not a time; accepted is a number above 0 with ns, us, ms, s, m, h or d, such as 500ms or 1.5m", text));
  }
  return time;
}

std::size_t parse_size(std::string_view text) {
  constexpr std::uint64_t most = sizeof(std::size_t) > 4 ? std::uint64_t{1} << 40 : std::uint64_t{1} << 31;
  std::uint64_t bytes = 0;
  const auto error = mailslog::parse_size(text, bytes);
  if (error == mailslog::quantity_error::too_large || bytes > most) {
    throw usage_error(fmt::format("\"{}\" is too large a size; accepted are at most {}G", text, most >> 30));
  }
  if (error != mailslog::quantity_error::none || bytes == 0) {
    throw usage_error(fmt::format(
        "\"{}\" is not a size; accepted is a number of bytes above 0, with K, M or G for powers of 1024, such as 64k or 1.5M", text));
  }
  return static_cast<std::size_t>(bytes);
}

std::uint64_t parse_number(std::string_view text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most) {
    throw usage_error(most == UINT64_MAX
                          ? fmt::format("\"{}\" is not accepted; accepted are whole numbers from {}", text, least)
                          : fmt::format("\"{}\" is not accepted; accepted are whole numbers from {} to {}", text, least, most));
  }
  return value;
}

std::string in_lower_case(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

bool parse_flag(std::string_view text) {
  const auto lower = in_lower_case(std::string(text));
  if (lower == "true" || lower == "yes" || lower == "on" || lower == "1") return true;
  if (lower == "false" || lower == "no" || lower == "off" || lower == "0") return false;
  throw usage_error(fmt::format("\"{}\" is not accepted; accepted are true, false", text));
}

mailslog::level parse_one_level(std::string_view text) {
  if (const auto level = mailslog::parse_level(text)) return *level;
  throw usage_error(fmt::format(
      "\"{}\" is not a level; accepted are trace, debug, info, notice, warning, error and critical, or their first letters",
      text));
}

level_range parse_levels(std::string_view text) {
  const auto dots = text.find("..");
  level_range range;
  range.least = parse_one_level(text.substr(0, dots));
  if (dots != std::string_view::npos) range.most = parse_one_level(text.substr(dots + 2));
  if (range.least > range.most) {
    throw usage_error(fmt::format("\"{}\" can never match: {} is worse than {}; write {}..{}", text, to_string(range.least),
                                  to_string(range.most), to_string(range.most), to_string(range.least)));
  }
  return range;
}

}  // namespace slotcat
