#include "cli/values.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

namespace slotcat {
namespace {

struct split_number {
  double value = 0;
  std::string_view unit;
};

// "1.5s" is 1.5 and "s". False without digits at the start.
bool split(std::string_view text, split_number& out) {
  const auto digits = text.find_first_not_of("0123456789.");
  const auto number = text.substr(0, digits);
  out.unit = digits == std::string_view::npos ? std::string_view() : text.substr(digits);
  return to_number(number, out.value);
}

}  // namespace

bool to_number(std::string_view text, double& value) {
  // strtod also takes spaces, hexadecimal, "inf" and "nan"; std::from_chars for double is missing from older libraries.
  if (text.empty() || text.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return false;
  const std::string copy(text);
  char* end = nullptr;
  value = std::strtod(copy.c_str(), &end);
  return end == copy.c_str() + copy.size() && std::isfinite(value);
}

std::chrono::nanoseconds parse_duration(std::string_view text) {
  split_number parts;
  double unit = 0;
  if (split(text, parts)) {
    if (parts.unit == "ns") unit = 1;
    if (parts.unit == "us") unit = 1e3;
    if (parts.unit == "ms") unit = 1e6;
    if (parts.unit.empty() || parts.unit == "s" || parts.unit == "sec") unit = 1e9;
    if (parts.unit == "m" || parts.unit == "min") unit = 60e9;
    if (parts.unit == "h") unit = 3600e9;
    if (parts.unit == "d") unit = 86400e9;
  }
  const double nanoseconds = parts.value * unit;
  constexpr double century = 100 * 365.25 * 86400e9;
  if (!(nanoseconds >= 1 && nanoseconds <= century)) {
    throw usage_error(fmt::format(
        "\"{}\" is not a time; accepted is a number above 0 with ns, us, ms, s, m, h or d, such as 500ms or 1.5m", text));
  }
  return std::chrono::nanoseconds(static_cast<std::int64_t>(nanoseconds));
}

std::size_t parse_size(std::string_view text) {
  split_number parts;
  double unit = 0;
  if (split(text, parts)) {
    const auto suffix = parts.unit.size() > 1 ? parts.unit.substr(1) : std::string_view();
    const bool known_suffix = suffix.empty() || suffix == "B" || suffix == "iB";
    if (parts.unit.empty() || parts.unit == "B") unit = 1;
    if (known_suffix && !parts.unit.empty()) {
      if (parts.unit[0] == 'K' || parts.unit[0] == 'k') unit = 1024;
      if (parts.unit[0] == 'M') unit = 1024.0 * 1024;
      if (parts.unit[0] == 'G') unit = 1024.0 * 1024 * 1024;
    }
  }
  const double bytes = parts.value * unit;
  if (!(bytes >= 1 && bytes <= 1024.0 * 1024 * 1024 * 1024)) {
    throw usage_error(fmt::format(
        "\"{}\" is not a size; accepted is a number of bytes above 0, with K, M or G for powers of 1024, such as 16M", text));
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
