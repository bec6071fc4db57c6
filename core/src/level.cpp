#include <algorithm>
#include <array>
#include <utility>

#include <mailslog/record.hpp>

#include "ascii.hpp"

namespace mailslog {
namespace {

constexpr std::array<std::string_view, 7> names{"trace", "debug", "info", "notice", "warning", "error", "critical"};

constexpr std::array<std::pair<std::string_view, level>, 15> other_names{{
    {"t", level::trace},
    {"d", level::debug},
    {"i", level::info},
    {"n", level::notice},
    {"w", level::warning},
    {"warn", level::warning},
    {"e", level::error},
    {"err", level::error},
    {"c", level::critical},
    {"crit", level::critical},
    {"f", level::critical},
    {"fatal", level::critical},
    {"alert", level::critical},
    {"emerg", level::critical},
    {"emergency", level::critical},
}};

bool same(std::string_view any_case, std::string_view lower) noexcept {
  if (any_case.size() != lower.size()) return false;
  for (std::size_t i = 0; i < lower.size(); ++i) {
    if (ascii_lower(any_case[i]) != lower[i]) return false;
  }
  return true;
}

}  // namespace

std::string_view to_string(level value) noexcept { return names[std::min<std::size_t>(static_cast<std::size_t>(value), names.size() - 1)]; }

std::optional<level> parse_level(std::string_view text) noexcept {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (same(text, names[i])) return static_cast<level>(i);
  }
  for (const auto& [name, value] : other_names) {
    if (same(text, name)) return value;
  }
  return std::nullopt;
}

}  // namespace mailslog
