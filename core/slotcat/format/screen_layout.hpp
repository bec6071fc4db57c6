// What a terminal's width asks for: short names of sources, columns as wide as lately needed, lines that wrap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "read/source_table.hpp"

namespace slotcat {

enum class wrap { indent, none, chop };  // what happens to a line that is wider than the terminal

/// Names of sources, as short as they can be told apart: without the host while there is one, without the process id while no
/// two processes of that name post.
class short_names {
 public:
  explicit short_names(bool raw) : raw_(raw) {}
  /// Safe to print, one word. Valid until the next call.
  const std::string& of(const source& from);

 private:
  struct program {
    std::uint64_t process = 0;
    bool several = false;
  };
  struct entry {
    std::string name;  // that it was made from
    unsigned generation = 0;
    std::string text;
  };

  bool raw_;
  unsigned generation_ = 1;  // rises when names must be made anew
  std::unordered_set<std::string> hosts_;
  std::unordered_map<std::string, program> programs_;  // by host and name
  std::unordered_map<std::uint64_t, entry> known_;     // by sender
};

/// How wide a column must be for the entries of late.
class recent_width {
 public:
  /// `width` of the entry that comes next; the column's.
  std::size_t add(std::size_t width) noexcept;

 private:
  std::size_t now_ = 0;     // widest of this stretch of entries,
  std::size_t before_ = 0;  // and of the one before
  unsigned count_ = 0;
};

/// `text`, or its beginning and end with an ellipsis between: at most `most` cells.
std::string elided(std::string_view text, std::size_t most);

/// Breaks what stands in `out` from `start` on, lines whose continuations are indented already, so that no line takes more than
/// `width` cells: at spaces where there are some. Sequences that colour take no cell. What is chopped ends in an ellipsis.
void fit_lines(std::string& out, std::size_t start, std::size_t width, std::size_t indent, wrap how);

}  // namespace slotcat
