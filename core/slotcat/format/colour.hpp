// Colours of a terminal: by level, by source, for loss notices and highlighted text.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <mailslog/record.hpp>

namespace slotcat::colour {

inline constexpr std::string_view none = "\x1b[0m";
inline constexpr std::string_view highlight_on = "\x1b[7m";
inline constexpr std::string_view highlight_off = "\x1b[27m";

/// What the terminal knows: its own 8 colours, whatever its user made of them, or the 256 of which each is known. Of those, all that
/// are used here have a contrast of 4:1 at least on black and on white.
enum class depth { basic, full };

/// COLORTERM and TERM say so.
depth of_terminal();

/// Error and worse red, warning orange, debug and trace grey; nothing for the others.
std::string_view of_level(mailslog::level level, depth d) noexcept;
/// Of the text beside: a warning's is as it is.
std::string_view of_text(mailslog::level level, depth d) noexcept;
/// Loss notices: magenta.
std::string_view of_gap(depth d) noexcept;
/// Keys of attributes.
std::string_view of_key(depth d) noexcept;

/// Colours of sources: never red, orange, magenta or grey. Each new source takes the next one that is free; when none is, the hash
/// decides.
class sources {
 public:
  explicit sources(depth d) : depth_(d) {}
  std::string_view of(std::uint32_t hash);

 private:
  depth depth_;
  std::vector<std::uint32_t> taken_;  // by whom
};

enum class mode { automatic, always, never };

/// Whether to colour what goes to a terminal, or to something else. `automatic` asks NO_COLOR, CLICOLOR_FORCE and TERM.
bool wanted(mode m, bool to_terminal);

}  // namespace slotcat::colour
