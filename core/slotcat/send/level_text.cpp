#include "send/level_text.hpp"

#include <array>
#include <charconv>

#include <re2/re2.h>

namespace slotcat {
namespace {

using mailslog::level;

// Some loggers have a number for each level: bunyan and pino.
std::optional<level> of_number(std::string_view text) noexcept {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number % 10 != 0 || number < 10 || number > 60) return std::nullopt;
  constexpr std::array<level, 6> levels = {level::trace, level::debug, level::info, level::warning, level::error, level::critical};
  return levels[number / 10 - 1];
}

std::optional<level> of_word(std::string_view word) noexcept {
  if (word.size() == 5 && (word[0] | 0x20) == 'p') return level::critical;  // panic
  return mailslog::parse_level(word);
}

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

std::optional<level> take_level_prefix(std::string_view& line) noexcept {
  if (line.size() < 3 || line[0] != '<') return std::nullopt;
  unsigned priority = 0;
  const auto* const from = line.data() + 1;
  const auto [end, error] = std::from_chars(from, line.data() + line.size(), priority);
  constexpr unsigned most = 191;  // local7.debug
  if (error != std::errc() || end == line.data() + line.size() || *end != '>' || priority > most) return std::nullopt;
  line.remove_prefix(static_cast<std::size_t>(end + 1 - line.data()));
  constexpr std::array<level, 8> levels = {level::critical, level::critical, level::critical, level::error,
                                           level::warning,  level::notice,   level::info,     level::debug};
  return levels[priority % 8];
}

std::optional<level> detect_level(std::string_view line) {
  static const re2::RE2 named(R"((?i)(?:^|[^\w.])(?:level|lvl|severity)["']?\s*[=:]\s*["']?(\w+))");
  // Of JSON, the key: the same words within a text stand behind a backslash, or have no quotes.
  static const re2::RE2 key(R"re((?i)^\s*\{.*?"(?:level|lvl|severity)"\s*:\s*"?(\w+))re");
  static const re2::RE2 word(
      R"(\b(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|CRITICAL|CRIT|FATAL|ALERT|EMERG|PANIC)\b)"
      R"(|(?:^|[\s\[(<])((?i:trace|debug|info|notice|warn|warning|error|err|critical|crit|fatal|alert|emerg|panic))(?:[\])>]|:(?:\s|$)))");
  constexpr std::size_t beginning = 512;  // what stands further back is the text's, not its level
  const auto text = piece(line.substr(0, beginning));
  re2::StringPiece found;
  if (re2::RE2::PartialMatch(text, key, &found) || re2::RE2::PartialMatch(text, named, &found)) {
    const std::string_view value(found.data(), found.size());
    if (const auto number = of_number(value)) return number;
    if (const auto level = of_word(value)) return level;
  }
  re2::StringPiece second;
  if (!re2::RE2::PartialMatch(text, word, &found, &second)) return std::nullopt;
  if (found.empty()) found = second;
  return of_word({found.data(), found.size()});
}

}  // namespace slotcat
