// Values of options, read from text. Each function throws `usage_error`, which quotes the text and says what is accepted.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include <mailslog/record.hpp>

namespace slotcat {

/// The command line, an option or a filter makes no sense: exit code 2, before anything is opened.
class usage_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A time as `mailslog::parse_time` reads it. Longer than nothing, at most 100 years, which "forever" is, too.
std::chrono::nanoseconds parse_duration(std::string_view text);

/// A size as `mailslog::parse_size` reads it. Not 0.
std::size_t parse_size(std::string_view text);

/// A decimal number from `least` to `most`.
std::uint64_t parse_number(std::string_view text, std::uint64_t least, std::uint64_t most);

/// With `A` to `Z` as `a` to `z`, whatever the locale.
std::string in_lower_case(std::string text);

/// "true", "false", or what says the same: yes, no, on, off, 1, 0, in any case.
bool parse_flag(std::string_view text);

/// The whole text as a decimal number; false if it is none. Finite numbers only.
bool to_number(std::string_view text, double& value);

struct level_range {
  mailslog::level least = mailslog::level::trace;
  mailslog::level most = mailslog::level::critical;
  bool none = false;  ///< "off": nothing passes

  bool has(mailslog::level level) const noexcept { return !none && level >= least && level <= most; }
};

mailslog::level parse_one_level(std::string_view text);

/// "warning": this level and worse. "debug..info": from the one to the other.
level_range parse_levels(std::string_view text);

}  // namespace slotcat
