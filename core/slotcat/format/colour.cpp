#include "format/colour.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include <fmt/format.h>

#include "cli/values.hpp"
#include "os/console.hpp"

namespace slotcat::colour {
namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

}  // namespace

depth of_terminal() {
  const auto term = environment("TERM");
  const auto has = [&](std::string_view word) { return term.find(word) != std::string_view::npos; };
  return !environment("COLORTERM").empty() || has("256color") || has("direct") ? depth::full : depth::basic;
}

std::string_view of_level(mailslog::level level, depth d) noexcept {
  const bool full = d == depth::full;
  switch (level) {
    case mailslog::level::trace:
    case mailslog::level::debug: return full ? "\x1b[38;5;243m" : "\x1b[90m";
    case mailslog::level::warning: return full ? "\x1b[38;5;130m" : "\x1b[33m";
    case mailslog::level::error: return full ? "\x1b[38;5;161m" : "\x1b[31m";
    case mailslog::level::critical: return full ? "\x1b[1;38;5;161m" : "\x1b[1;31m";
    default: return {};
  }
}

std::string_view of_text(mailslog::level level, depth d) noexcept {
  return level == mailslog::level::warning ? std::string_view() : of_level(level, d);
}

std::string_view of_gap(depth d) noexcept { return d == depth::full ? "\x1b[38;5;163m" : "\x1b[35m"; }

std::string_view of_key(depth d) noexcept { return d == depth::full ? "\x1b[38;5;243m" : "\x1b[2m"; }

theme::theme(std::string_view text) {
  const auto whole = text;
  const auto sequence = [&](std::string_view part) {
    if (part.find_first_not_of("0123456789;") != std::string_view::npos) {
      throw usage_error(fmt::format("\"{}\" is no colour in \"{}\"; accepted are numbers as in 1;31 or 38;5;130", part, whole));
    }
    return part.empty() ? std::string() : fmt::format("\x1b[{}m", part);
  };
  while (!text.empty()) {
    const auto end = std::min(text.find(':'), text.size());
    const auto part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto equals = part.find('=');
    const auto name = part.substr(0, equals);
    auto value = equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
    const auto level = mailslog::parse_level(name);
    if (equals == std::string_view::npos || (!level && name != "gap" && name != "key" && name != "sources")) {
      throw usage_error(fmt::format("\"{}\" sets no colour in \"{}\"; accepted is such as error=1;31:warning=33:gap=35:key=2:sources=36,32", part, whole));
    }
    if (name == "sources") {
      sources_.clear();
      for (std::size_t from = 0; from <= value.size();) {
        const auto to = std::min(value.find(',', from), value.size());
        sources_.push_back(sequence(value.substr(from, to - from)));
        from = to + 1;
      }
    } else {
      own_[level ? static_cast<std::size_t>(*level) : name == "gap" ? gap : key] = sequence(value);
    }
  }
}

std::string_view theme::of_level(mailslog::level level, depth d) const noexcept {
  const auto at = std::min(static_cast<std::size_t>(level), gap - 1);
  return own_[at] ? std::string_view(*own_[at]) : colour::of_level(level, d);
}

std::string_view theme::of_text(mailslog::level level, depth d) const noexcept {
  return level == mailslog::level::warning ? std::string_view() : of_level(level, d);
}

std::string_view theme::of_gap(depth d) const noexcept { return own_[gap] ? std::string_view(*own_[gap]) : colour::of_gap(d); }

std::string_view theme::of_key(depth d) const noexcept { return own_[key] ? std::string_view(*own_[key]) : colour::of_key(d); }

std::string_view sources::of(std::uint32_t hash) {
  static constexpr std::array<std::string_view, 10> full = {"\x1b[38;5;30m", "\x1b[38;5;64m", "\x1b[38;5;99m", "\x1b[38;5;31m", "\x1b[38;5;28m",
                                                            "\x1b[38;5;97m", "\x1b[38;5;29m", "\x1b[38;5;63m", "\x1b[38;5;65m", "\x1b[38;5;27m"};
  // Without blue, which is hard to read on black.
  static constexpr std::array<std::string_view, 4> basic = {"\x1b[36m", "\x1b[32m", "\x1b[1;36m", "\x1b[1;32m"};
  const auto count = !own_.empty() ? own_.size() : depth_ == depth::full ? full.size() : basic.size();
  auto known = static_cast<std::size_t>(std::find(taken_.begin(), taken_.end(), hash) - taken_.begin());
  if (known == taken_.size()) {
    if (known < count) {
      taken_.push_back(hash);
    } else {
      known = hash % count;
    }
  }
  if (!own_.empty()) return own_[known];
  return depth_ == depth::full ? full[known] : basic[known];
}

bool wanted(mode m, bool to_terminal) {
  if (m != mode::automatic) return m == mode::always;
  if (!environment("NO_COLOR").empty()) return false;  // no-color.org
  const auto force = environment("CLICOLOR_FORCE");
  if (!force.empty() && force != "0") return true;
  return to_terminal && terminal_has_colours() && environment("TERM") != "dumb";
}

}  // namespace slotcat::colour
