#include "format/colour.hpp"

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

std::string_view of_level(mailslog::level level) noexcept {
  switch (level) {
    case mailslog::level::trace:
    case mailslog::level::debug: return "\x1b[90m";
    case mailslog::level::warning: return "\x1b[33m";
    case mailslog::level::error: return "\x1b[31m";
    case mailslog::level::critical: return "\x1b[1;31m";
    default: return {};
  }
}

std::string_view of_source(std::uint32_t hash) noexcept {
  // The terminal's own colours: its user chose them to be readable on the background.
  static constexpr std::array<std::string_view, 6> palette = {"\x1b[32m",   "\x1b[36m",   "\x1b[34m",
                                                              "\x1b[1;32m", "\x1b[1;36m", "\x1b[1;34m"};
  return palette[hash % palette.size()];
}

bool wanted(mode m, bool to_terminal) {
  if (m != mode::automatic) return m == mode::always;
  if (!environment("NO_COLOR").empty()) return false;  // no-color.org
  const auto force = environment("CLICOLOR_FORCE");
  if (!force.empty() && force != "0") return true;
  return to_terminal && terminal_has_colours() && environment("TERM") != "dumb";
}

}  // namespace slotcat::colour
