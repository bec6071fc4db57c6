// Colours of a terminal: by level, by source, for loss notices and highlighted text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
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

/// `--theme`: colours in place of those, "error=1;31:warning=33:sources=36,32": names of levels, `gap`, `key` and `sources`, each with what
/// stands between ESC [ and m (SGR of ECMA-48). Nothing behind the equals sign: no colour.
class theme {
 public:
  theme() = default;
  /// Throws `usage_error`.
  explicit theme(std::string_view text);

  std::string_view of_level(mailslog::level level, depth d) const noexcept;
  std::string_view of_text(mailslog::level level, depth d) const noexcept;
  std::string_view of_gap(depth d) const noexcept;
  std::string_view of_key(depth d) const noexcept;
  /// Empty: ours.
  const std::vector<std::string>& sources() const noexcept { return sources_; }

 private:
  static constexpr std::size_t gap = 7, key = 8, count = 9;  // after the levels
  std::array<std::optional<std::string>, count> own_;
  std::vector<std::string> sources_;
};

/// Colours of sources: never red, orange, magenta or grey. Each new source takes the next one that is free; when none is, the hash
/// decides.
class sources {
 public:
  explicit sources(depth d, std::vector<std::string> own = {}) : depth_(d), own_(std::move(own)) {}
  /// Valid as long as this object.
  std::string_view of(std::uint32_t hash);

 private:
  depth depth_;
  std::vector<std::string> own_;  // in place of ours
  std::vector<std::uint32_t> taken_;  // by whom
};

enum class mode { automatic, always, never };

/// Whether to colour what goes to a terminal, or to something else. `automatic` asks NO_COLOR, CLICOLOR_FORCE and TERM.
bool wanted(mode m, bool to_terminal);

}  // namespace slotcat::colour
