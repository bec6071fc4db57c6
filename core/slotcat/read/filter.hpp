// Which records are shown.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <mailslog/record_reader.hpp>

#include "read/pattern.hpp"
#include "cli/values.hpp"

namespace slotcat {

/// `--levels`: a logger's level by the longest glob that matches its name.
class logger_levels {
 public:
  /// "net.*:debug,db:error,*:off". Throws `usage_error`.
  explicit logger_levels(std::string_view text);
  logger_levels(logger_levels&&) = default;
  logger_levels& operator=(logger_levels&&) = default;

  /// Nothing if no glob matches. Remembers its answers, a limited number of them.
  std::optional<level_range> find(std::string_view logger);

 private:
  struct rule {
    std::string glob;
    level_range range;
  };
  std::vector<rule> rules_;
  std::optional<level_range> look_up(std::string_view logger) const;

  std::map<std::string, std::optional<level_range>, std::less<>> known_;
};

/// `--source`, `--exclude-source`: a glob for "host/app[pid]", or for "host/app" of any process; without a slash, for the app of
/// any host.
class source_glob {
 public:
  /// Throws `usage_error` for one that can never match.
  explicit source_glob(std::string_view text);
  bool matches(const mailslog::sender_info& sender) const;
  /// The same for what is no sender: where a foreign message came from.
  bool matches(std::string_view name) const;

 private:
  std::string text_;
};

/// `--match`: a condition on an attribute, or on one of a record's own fields: level, logger, thread, host, app, pid, file, line,
/// function. An attribute that is called like a field is looked at, too. Numbers are compared as numbers, exactly, also those sent
/// as text.
class attribute_match {
 public:
  /// "key=value", "key!=value", "key~=expression", "key<number", "key>number" (also "<=", ">="), or "key". Throws
  /// `usage_error`.
  explicit attribute_match(std::string_view text);

  /// True if an attribute of that name meets the condition; for `!=`, if none has that value.
  bool matches(const std::vector<mailslog::attribute>& attributes) const;
  bool matches(const mailslog::received_record& record) const;

 private:
  enum class relation { exists, equal, unequal, found, less, less_equal, greater, greater_equal };

  bool any_holds(const std::vector<mailslog::attribute>& attributes) const;
  bool holds(const mailslog::attribute_value& value) const;
  bool holds_for_field(const mailslog::received_record& record) const;
  bool holds_for_level(mailslog::level level) const;

  std::string key_;
  relation relation_ = relation::exists;
  std::string value_;
  std::optional<std::variant<std::int64_t, std::uint64_t, double>> number_;
  std::optional<regex> regex_;
  std::optional<mailslog::level> level_;
};

/// Why a record is not shown.
enum class verdict { shown, partial, level, source, match, grep, exclude, foreign };
inline constexpr std::size_t verdict_count = 8;
std::string_view to_string(verdict v) noexcept;

/// All tests of a record, the cheap ones first. Patterns see texts without what they hold for a terminal only; see `plain_text`.
struct filter {
  bool show_partial = true;
  bool show_foreign = false;
  level_range level;
  std::optional<logger_levels> levels;
  std::vector<source_glob> sources;           ///< any of these
  std::vector<source_glob> excluded_sources;  ///< none of these
  std::vector<attribute_match> matches;       ///< all of these
  regexes grep;                               ///< any of these
  regexes exclude;                            ///< none of these
  bool grep_in_all = false;                   ///< these two look at attributes and the logger, too

  bool source_passes(const mailslog::sender_info& sender) const;

  /// `source_passes` is that of the record's sender.
  verdict judge(const mailslog::received_record& record, bool source_passes);

  /// A foreign message counts as a record of level info and no logger, whose source is where it came from.
  verdict judge(const mailslog::foreign_message& message);

 private:
  bool level_passes(mailslog::level value, std::string_view logger);
  verdict judge_text(std::string_view text, const mailslog::received_record* all);
  static bool found_in(const regexes& patterns, std::string_view text, const mailslog::received_record* all);

  std::string scratch_;
  std::string more_scratch_;
};

}  // namespace slotcat
