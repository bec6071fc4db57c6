// Times as text.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include <mailslog/record.hpp>

namespace slotcat {

enum class zone { local, utc };

/// How `--time` writes a time.
struct time_style {
  enum class kind {
    clock,   ///< 10:41:07.123; the date is told when it changes
    iso,     ///< 2026-11-24T10:41:07.123456+01:00
    unix,    ///< 1795513267.123456
    delta,   ///< +0.007000, seconds since the record before
    custom,  ///< strftime's, with `%f` (or `%3f`, `%6f`, `%9f`) for the fraction
  };
  kind how = kind::clock;
  std::string custom;
};

/// "local", "iso", "unix", "delta", or text for strftime. Throws `usage_error`.
time_style parse_time_style(std::string_view text);

/// Writes times one after the other; cheap while they stay within one second.
class time_text {
 public:
  /// `today` is the day before the first one that `new_day` is asked about; the epoch stands for none.
  time_text(time_style style, zone where, mailslog::timestamp today);

  void append(std::string& out, mailslog::timestamp time);

  /// True if `time` is on another day than the time asked about before, and that day, "2026-11-24". Always false for styles
  /// other than `clock`.
  bool new_day(mailslog::timestamp time, std::string& day);
  /// The next day asked about is new.
  void forget_day() noexcept { day_ = -1; }

 private:
  void go_to(std::int64_t second);
  int day_of(mailslog::timestamp time);

  time_style style_;
  zone zone_;
  std::vector<std::string> pieces_;      // of the custom style: text for strftime, each but the last followed by a fraction
  std::vector<int> fractions_;           // digits of these
  std::vector<std::string> texts_;       // of the current second
  std::int64_t second_ = 0;
  bool has_second_ = false;
  std::tm broken_down_{};
  bool has_before_ = false;
  mailslog::timestamp before_{};
  int day_ = -1;
};

/// "2026-11-24T10:41:07.123456789Z", as JSON and logfmt write it.
class utc_time_text {
 public:
  void append(std::string& out, mailslog::timestamp time) { text_.append(out, time); }

 private:
  time_text text_{{time_style::kind::custom, "%Y-%m-%dT%H:%M:%S.%9fZ"}, zone::utc, {}};
};

}  // namespace slotcat
