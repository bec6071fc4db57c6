// Which records are shown.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
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
  const std::optional<level_range>& find(std::string_view logger);

 private:
  struct rule {
    std::string glob;
    level_range range;
  };
  std::vector<rule> rules_;
  std::unordered_map<std::string, std::optional<level_range>> known_;
  std::string last_logger_;
  const std::optional<level_range>* last_ = nullptr;
};

/// `--source`, `--exclude-source`: a glob for "host/app[pid]", or for "host/app" of any process.
class source_glob {
 public:
  /// Throws `usage_error` for one that can never match.
  explicit source_glob(std::string_view text);
  bool matches(const mailslog::sender_info& sender) const;
  const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

/// `--match`: a condition on an attribute. Numbers are compared as numbers, also those sent as text.
class attribute_match {
 public:
  /// "key=value", "key!=value", "key~=expression", "key<number", "key>number" (also "<=", ">="), or "key". Throws
  /// `usage_error`.
  explicit attribute_match(std::string_view text);

  /// True if an attribute of that name meets the condition; for `!=`, if none has that value.
  bool matches(const std::vector<mailslog::attribute>& attributes) const;

 private:
  enum class relation { exists, equal, unequal, found, less, less_equal, greater, greater_equal };

  bool holds(const mailslog::attribute_value& value) const;

  std::string key_;
  relation relation_ = relation::exists;
  std::string value_;
  std::optional<double> number_;
  std::optional<regex> regex_;
};

/// Why a record is not shown.
enum class verdict { shown, partial, level, source, match, grep, exclude, foreign };
inline constexpr std::size_t verdict_count = 8;
std::string_view to_string(verdict v) noexcept;

/// All tests of a record, the cheap ones first.
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

  bool source_passes(const mailslog::sender_info& sender) const;

  /// `source_passes` is that of the record's sender.
  verdict judge(const mailslog::received_record& record, bool source_passes);

  /// A foreign message counts as a record of level info and no logger, whose source is where it came from.
  verdict judge(const mailslog::foreign_message& message);

 private:
  bool level_passes(mailslog::level value, std::string_view logger);
  verdict judge_text(std::string_view text) const;
};

}  // namespace slotcat
