#include "format/time_text.hpp"

#include <chrono>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "os/calendar.hpp"
#include "cli/values.hpp"

namespace slotcat {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

struct split_time {
  std::int64_t second;
  std::uint32_t nanosecond;
};

split_time split(mailslog::timestamp time) noexcept {
  const std::int64_t ns = time.time_since_epoch().count();
  std::int64_t second = ns / second_ns;
  std::int64_t rest = ns % second_ns;
  if (rest < 0) {  // before 1970
    rest += second_ns;
    --second;
  }
  return {second, static_cast<std::uint32_t>(rest)};
}

void append_fraction(std::string& out, std::uint32_t nanosecond, int digits) {
  char text[9];
  for (int i = 8; i >= 0; --i) {
    text[i] = static_cast<char>('0' + nanosecond % 10);
    nanosecond /= 10;
  }
  out.append(text, static_cast<std::size_t>(digits));
}

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  throw usage_error(fmt::format(
      "\"{}\" is not a time format: {}; accepted are local, iso, unix, delta, or strftime's text with %f for the fraction",
      text, why));
}

}  // namespace

time_style parse_time_style(std::string_view text) {
  using kind = time_style::kind;
  if (text == "local") return {kind::clock, {}};
  if (text == "iso") return {kind::iso, {}};
  if (text == "unix") return {kind::unix, {}};
  if (text == "delta") return {kind::delta, {}};
  if (text.find('%') == std::string_view::npos) refuse(text, "it has no % in it");
  if (text.size() > 200) refuse(text, "it is longer than 200 characters");
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (static_cast<unsigned char>(text[i]) < 0x20) refuse(text, "it holds a control character");
    if (text[i] != '%') continue;
    if (++i < text.size() && (text[i] == 'E' || text[i] == 'O')) {
      const std::string_view modified = text[i] == 'E' ? "cCxXyY" : "deHImMSuUVwWy";  // POSIX's
      if (++i < text.size() && modified.find(text[i]) == std::string_view::npos) refuse(text, fmt::format("%{} is not known", text.substr(i - 1, 2)));
    } else if (i + 1 < text.size() && (text[i] == '3' || text[i] == '6' || text[i] == '9') && text[i + 1] == 'f') {
      ++i;
    }
    // What strftime knows, but for %n, which would break the line, and %t.
    constexpr std::string_view known = "aAbBcCdDeFfgGhHIjklmMpPrRsSTuUVwWxXyYzZ%";
    if (i >= text.size()) refuse(text, "a % is at its end");
    if (known.find(text[i]) == std::string_view::npos) refuse(text, fmt::format("%{} is not known", text[i]));
  }
  return {kind::custom, std::string(text)};
}

time_text::time_text(time_style style, zone where, mailslog::timestamp today) : style_(std::move(style)), zone_(where) {
  std::string text;
  switch (style_.how) {
    case time_style::kind::clock: text = "%H:%M:%S.%3f"; break;
    case time_style::kind::iso: text = where == zone::utc ? "%Y-%m-%dT%H:%M:%S.%6fZ" : "%Y-%m-%dT%H:%M:%S.%6f%z"; break;
    case time_style::kind::custom: text = style_.custom; break;
    case time_style::kind::unix:
    case time_style::kind::delta: return;
  }
  pieces_.emplace_back();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 1 < text.size()) {
      const bool sized = text[i + 1] >= '3' && text[i + 1] <= '9';
      if (text[i + 1 + sized] == 'f') {
        fractions_.push_back(sized ? text[i + 1] - '0' : 6);
        pieces_.emplace_back();
        i += 1 + sized;
      } else {
        pieces_.back() += text.substr(i, 2);
        ++i;
      }
    } else {
      pieces_.back() += text[i];
    }
  }
  if (today != mailslog::timestamp{}) day_ = day_of(today);
}

void time_text::go_to(std::int64_t second) {
  if (has_second_ && second == second_) return;
  second_ = second;
  has_second_ = true;
  const auto time = static_cast<std::time_t>(second);
  broken_down_ = broken_down(time, zone_);
  texts_.clear();
  for (const auto& piece : pieces_) texts_.push_back(format_time(piece, broken_down_, zone_));
  if (style_.how == time_style::kind::iso && zone_ == zone::local) texts_.back().insert(3, ":");  // +0100 is +01:00
}

void time_text::append(std::string& out, mailslog::timestamp time) {
  const auto [second, nanosecond] = split(time);
  if (style_.how == time_style::kind::unix) {
    fmt::format_to(std::back_inserter(out), "{}.", second);
    append_fraction(out, nanosecond, 6);
  } else if (style_.how == time_style::kind::delta) {
    // Not in integers: the difference of two times that strangers chose may not fit.
    using exact = std::chrono::duration<long double, std::nano>;
    const exact difference = exact(time.time_since_epoch()) - exact((has_before_ ? before_ : time).time_since_epoch());
    fmt::format_to(std::back_inserter(out), "{:+.6f}", static_cast<double>(difference.count() / 1e9L));
    has_before_ = true;
    before_ = time;
  } else {
    go_to(second);
    for (std::size_t i = 0; i < texts_.size(); ++i) {
      out += texts_[i];
      if (i < fractions_.size()) append_fraction(out, nanosecond, fractions_[i]);
    }
  }
}

int time_text::day_of(mailslog::timestamp time) {
  go_to(split(time).second);
  return broken_down_.tm_year * 1000 + broken_down_.tm_yday;
}

bool time_text::new_day(mailslog::timestamp time, std::string& day) {
  if (style_.how != time_style::kind::clock) return false;
  const int today = day_of(time);
  if (today == day_) return false;
  day_ = today;
  day = format_time("%Y-%m-%d", broken_down_, zone_);
  return true;
}

}  // namespace slotcat
