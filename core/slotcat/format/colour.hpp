// Colours of a terminal: by level, by source, for loss notices and highlighted text.
#pragma once

#include <cstdint>
#include <string_view>

#include <mailslog/record.hpp>

namespace slotcat::colour {

inline constexpr std::string_view none = "\x1b[0m";
inline constexpr std::string_view gap = "\x1b[35m";  // magenta
inline constexpr std::string_view highlight_on = "\x1b[7m";
inline constexpr std::string_view highlight_off = "\x1b[27m";

/// Error and worse red, warning yellow, debug and trace grey; nothing for the others.
std::string_view of_level(mailslog::level level) noexcept;

/// Never red, yellow, magenta or grey.
std::string_view of_source(std::uint32_t hash) noexcept;

enum class mode { automatic, always, never };

/// Whether to colour what goes to a terminal, or to something else. `automatic` asks NO_COLOR, CLICOLOR_FORCE and TERM.
bool wanted(mode m, bool to_terminal);

}  // namespace slotcat::colour
