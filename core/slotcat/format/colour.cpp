#include "format/colour.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

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

std::string_view sources::of(std::uint32_t hash) {
  static constexpr std::array<std::string_view, 10> full = {"\x1b[38;5;30m", "\x1b[38;5;64m", "\x1b[38;5;99m", "\x1b[38;5;31m", "\x1b[38;5;28m",
                                                            "\x1b[38;5;97m", "\x1b[38;5;29m", "\x1b[38;5;63m", "\x1b[38;5;65m", "\x1b[38;5;27m"};
  // Without blue, which is hard to read on black.
  static constexpr std::array<std::string_view, 4> basic = {"\x1b[36m", "\x1b[32m", "\x1b[1;36m", "\x1b[1;32m"};
  const auto count = depth_ == depth::full ? full.size() : basic.size();
  auto known = static_cast<std::size_t>(std::find(taken_.begin(), taken_.end(), hash) - taken_.begin());
  if (known == taken_.size()) {
    if (known < count) {
      taken_.push_back(hash);
    } else {
      known = hash % count;
    }
  }
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
