#include "cli/point_in_time.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "cli/values.hpp"
#include "os/calendar.hpp"

namespace slotcat {
namespace {

using namespace std::chrono;
using mailslog::timestamp;

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t last_second = INT64_MAX / second - 1;

/// Reads forward; what it does not find is not read.
class scanner {
 public:
  explicit scanner(std::string_view text) : text_(text) {}

  bool end() const { return text_.empty(); }
  bool take(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool digits(std::size_t least, std::size_t most, int& value) {
    std::size_t n = 0;
    int v = 0;
    while (n < text_.size() && n < most && text_[n] >= '0' && text_[n] <= '9') v = 10 * v + (text_[n++] - '0');
    if (n < least) return false;
    text_.remove_prefix(n);
    value = v;
    return true;
  }
  // After a point: as nanoseconds.
  bool fraction(std::int64_t& ns) {
    ns = 0;
    std::int64_t unit = second / 10;
    bool any = false;
    while (!text_.empty() && text_.front() >= '0' && text_.front() <= '9') {
      ns += (text_.front() - '0') * unit;
      unit /= 10;
      any = true;
      text_.remove_prefix(1);
    }
    return any;
  }

 private:
  std::string_view text_;
};

std::int64_t days_of(int year, int month, int day) {  // since 1970-01-01
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  const auto of_era = y - era * 400;
  const auto of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct clock_time {
  int hour = 0;
  int minute = 0;
  int second = 0;
  std::int64_t ns = 0;
};

bool read_clock(scanner& in, clock_time& t) {
  if (!in.digits(1, 2, t.hour) || t.hour > 23 || !in.take(':') || !in.digits(2, 2, t.minute) || t.minute > 59) return false;
  if (!in.take(':')) return true;
  if (!in.digits(2, 2, t.second) || t.second > 60) return false;
  return !(in.take('.') || in.take(',')) || in.fraction(t.ns);
}

std::int64_t seconds_of(const std::tm& day, const clock_time& t, zone where) {
  if (where == zone::utc) return days_of(day.tm_year + 1900, day.tm_mon + 1, day.tm_mday) * 86400 + t.hour * 3600 + t.minute * 60 + t.second;
  std::tm all{};
  all.tm_year = day.tm_year;
  all.tm_mon = day.tm_mon;
  all.tm_mday = day.tm_mday;
  all.tm_hour = t.hour;
  all.tm_min = t.minute;
  all.tm_sec = t.second;
  all.tm_isdst = -1;
  return std::mktime(&all);
}

std::optional<timestamp> at(std::int64_t s, std::int64_t ns) {
  if (s < -last_second || s > last_second) return std::nullopt;
  return timestamp(nanoseconds(s * second + ns));
}

struct unit {
  std::string_view names;  // each between spaces
  double seconds;
};
// As systemd.time(7) has them; its months and years are averages.
constexpr unit units[] = {
    {" ns nsec ", 1e-9}, {" us usec ", 1e-6}, {" ms msec ", 1e-3}, {" s sec secs second seconds ", 1}, {" m min mins minute minutes ", 60},
    {" h hr hour hours ", 3600}, {" d day days ", 86400}, {" w week weeks ", 7 * 86400}, {" M month months ", 30.44 * 86400}, {" y year years ", 365.25 * 86400},
};

double seconds_of_unit(std::string_view name) {
  const auto whole = ' ' + std::string(name) + ' ';
  const auto found = std::find_if(std::begin(units), std::end(units), [&](const unit& u) { return u.names.find(whole) != std::string_view::npos; });
  return name.empty() || found == std::end(units) ? 0 : found->seconds;
}

// "10 min", "1h30m", "1 day 2 hours", in seconds.
std::optional<double> span(std::string_view text) {
  constexpr double longest = 200 * 365.25 * 86400;
  double sum = 0;
  bool any = false;
  const auto skip_spaces = [&] {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  };
  const auto take_while = [&](auto good) {
    const auto end = std::find_if_not(text.begin(), text.end(), good);
    const auto taken = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(taken.size());
    return taken;
  };
  for (skip_spaces(); !text.empty(); skip_spaces()) {
    const auto digits = take_while([](char c) { return (c >= '0' && c <= '9') || c == '.'; });
    double number = 0;
    if (!to_number(digits, number)) return std::nullopt;
    skip_spaces();
    const auto unit = seconds_of_unit(take_while([](char c) { return (c >= 'a' && c <= 'z') || c == 'M'; }));
    sum += number * unit;
    if (unit == 0 || sum > longest) return std::nullopt;
    any = true;
  }
  if (!any) return std::nullopt;
  return sum;
}

std::optional<timestamp> away(std::string_view text, timestamp now, int direction) {
  const auto time = span(text);
  if (!time) return std::nullopt;
  const auto ns = nanoseconds(static_cast<std::int64_t>(*time * second)) * direction;
  return now + ns;
}

std::optional<timestamp> read_all(std::string_view text, timestamp now, zone where) {
  const auto today = broken_down(system_clock::to_time_t(time_point_cast<system_clock::duration>(now)), where);
  if (text == "now") return now;
  constexpr std::pair<std::string_view, int> days_from_today[] = {{"yesterday", -1}, {"today", 0}, {"tomorrow", 1}};
  for (const auto& [word, days] : days_from_today) {
    if (text.substr(0, word.size()) != word) continue;
    scanner rest(text.substr(word.size()));
    clock_time t;
    if (!rest.end() && (!rest.take(' ') || !read_clock(rest, t) || !rest.end())) return std::nullopt;
    auto day = today;
    if (where == zone::local) day.tm_mday += days;
    return at(seconds_of(day, t, where) + (where == zone::local ? 0 : days * 86400), t.ns);
  }
  constexpr std::string_view suffix = " ago";
  if (text.size() > suffix.size() && text.substr(text.size() - suffix.size()) == suffix) {
    return away(text.substr(0, text.size() - suffix.size()), now, -1);
  }
  if (const auto before = away(text, now, -1)) return before;
  scanner in(text);
  if (in.take('-')) return away(text.substr(1), now, -1);
  if (in.take('+')) return away(text.substr(1), now, 1);
  if (in.take('@')) {
    std::int64_t s = 0;
    int digit = 0;
    std::int64_t ns = 0;
    bool any = false;
    while (in.digits(1, 1, digit)) {
      if (s > last_second) return std::nullopt;
      s = 10 * s + digit;
      any = true;
    }
    if (!any || (in.take('.') && !in.fraction(ns)) || !in.end()) return std::nullopt;
    return at(s, ns);
  }
  clock_time t;
  if (read_clock(in, t) && in.end()) return at(seconds_of(today, t, where), t.ns);
  in = scanner(text);
  int year = 0;
  int month = 0;
  int day = 0;
  if (!in.digits(4, 4, year) || !in.take('-') || !in.digits(2, 2, month) || !in.take('-') || !in.digits(2, 2, day)) return std::nullopt;
  constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1) return std::nullopt;
  const bool leap = month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  if (day > days[month - 1] + (leap ? 1 : 0)) return std::nullopt;
  t = {};
  std::int64_t offset = 0;
  if (in.take('T') || in.take(' ')) {
    if (!read_clock(in, t)) return std::nullopt;
    if (in.take('Z')) {
      where = zone::utc;
    } else {
      const bool east = in.take('+');
      if (east || in.take('-')) {
        int hours = 0;
        int minutes = 0;
        if (!in.digits(2, 2, hours) || hours > 23) return std::nullopt;
        if ((in.take(':') && !in.digits(2, 2, minutes)) || minutes > 59) return std::nullopt;
        if (!in.end() && (!in.digits(2, 2, minutes) || minutes > 59)) return std::nullopt;
        offset = (hours * 60 + minutes) * 60 * (east ? 1 : -1);
        where = zone::utc;
      }
    }
  }
  if (!in.end()) return std::nullopt;
  std::tm date{};
  date.tm_year = year - 1900;
  date.tm_mon = month - 1;
  date.tm_mday = day;
  return at(seconds_of(date, t, where) - offset, t.ns);
}

}  // namespace

mailslog::timestamp parse_point_in_time(std::string_view text, mailslog::timestamp now, zone where) {
  if (const auto found = read_all(text, now, where)) return *found;
  throw usage_error(fmt::format("\"{}\" is no time; accepted are \"10 min ago\", 2h, now, today, \"yesterday 18:00\", 12:30, 2026-11-24, \"2026-11-24 12:30:05\", "
                                "2026-11-24T12:30:05Z and @1790000000",
                                text));
}

}  // namespace slotcat
