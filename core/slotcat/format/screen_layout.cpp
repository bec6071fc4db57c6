#include "format/screen_layout.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "format/safe_text.hpp"

namespace slotcat {
namespace {

constexpr std::size_t max_known = 10000;  // strangers may invent names

// Length of the character, or of the sequence that sets colours, at the start of `text`.
std::size_t unit_length(std::string_view text) noexcept {
  if (text.front() == '\x1b') {
    const auto end = text.find('m');
    return end == std::string_view::npos ? text.size() : end + 1;
  }
  std::size_t length = 1;
  while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80) ++length;
  return length;
}

// `at`: where it begins. A tab goes to the next multiple of 8.
std::size_t unit_cells(std::string_view unit, std::size_t at) noexcept {
  if (unit == "\t") return 8 - at % 8;
  return unit.front() == '\x1b' ? 0 : columns(unit);
}

bool is_space(std::string_view unit) noexcept { return unit == " " || unit == "\t"; }

// The column behind `text`, which begins at column `cells`.
std::size_t visible(std::string_view text, std::size_t cells = 0) noexcept {
  while (!text.empty()) {
    const auto unit = text.substr(0, unit_length(text));
    cells += unit_cells(unit, cells);
    text.remove_prefix(unit.size());
  }
  return cells;
}

// Both append one line, without its newline, that is wider than `width`.

void append_chopped(std::string& to, std::string_view line, std::size_t width) {
  const bool coloured = line.find('\x1b') != std::string_view::npos;
  for (std::size_t cells = 0;;) {
    const auto unit = line.substr(0, unit_length(line));
    cells += unit_cells(unit, cells);
    if (cells > width - 1) break;
    to += unit;
    line.remove_prefix(unit.size());
  }
  to += "…";
  if (coloured) to += "\x1b[0m";
}

void append_wrapped(std::string& to, std::string_view line, std::size_t width, std::size_t indent) {
  std::size_t cells = 0;
  const std::size_t least = indent + (width - indent) / 2;  // a line is not broken before it
  std::size_t space = std::string::npos;              // where the last one is in `to`
  while (!line.empty()) {
    const auto unit = line.substr(0, unit_length(line));
    const auto wide = unit_cells(unit, cells);
    line.remove_prefix(unit.size());
    if (cells + wide > width) {
      std::string rest;
      if (is_space(unit)) {
        space = std::string::npos;
      } else if (space != std::string::npos) {
        rest = to.substr(space + 1);
        to.resize(space);
      }
      to += '\n';
      to.append(indent, ' ');
      to += rest;
      cells = visible(rest, indent);
      space = std::string::npos;
      if (is_space(unit)) continue;
    }
    if (is_space(unit) && cells >= least) space = to.size();
    to += unit;
    cells += unit_cells(unit, cells);
  }
}

void append_fitting(std::string& to, std::string_view line, std::size_t width, std::size_t indent, wrap how) {
  if (visible(line) <= width) {
    to += line;
  } else if (how == wrap::chop) {
    append_chopped(to, line, width);
  } else {
    append_wrapped(to, line, width, indent);
  }
}

}  // namespace

const std::string& short_names::of(const source& from) {
  const auto& info = from.info;
  if (hosts_.size() >= max_known || programs_.size() >= max_known || known_.size() >= max_known) {
    hosts_.clear();
    programs_.clear();
    known_.clear();
  }
  auto& shown = known_[info.id];
  if (shown.name != from.name) {
    shown.name = from.name;
    shown.generation = 0;
    if (hosts_.insert(info.host).second && hosts_.size() == 2) ++generation_;
    const auto [known, is_new] = programs_.try_emplace(info.host + '/' + info.app, program{info.process, false});
    if (!is_new && known->second.process != info.process && !known->second.several) {
      known->second.several = true;
      ++generation_;
    }
  }
  if (shown.generation != generation_) {
    shown.generation = generation_;
    shown.text.clear();
    if (info.app.empty()) {
      shown.text = from.shown;
    } else {
      auto name = hosts_.size() > 1 ? info.host + '/' + info.app : info.app;
      if (programs_[info.host + '/' + info.app].several) name += fmt::format("[{}]", info.process);
      append_safe_word(shown.text, name, raw_ ? neutral::no : neutral::yes);
    }
  }
  return shown.text;
}

std::size_t recent_width::add(std::size_t width) noexcept {
  constexpr unsigned stretch = 200;
  if (++count_ > stretch) {
    before_ = now_;
    now_ = 0;
    count_ = 1;
  }
  now_ = std::max(now_, width);
  return std::max(now_, before_);
}

std::string elided(std::string_view text, std::size_t most) {
  if (columns(text) <= most) return std::string(text);
  std::string head;
  std::size_t cells = 1;
  const auto half = most / 2;
  while (!text.empty()) {
    const auto unit = text.substr(0, unit_length(text));
    if (cells + columns(unit) > half) break;
    cells += columns(unit);
    head += unit;
    text.remove_prefix(unit.size());
  }
  while (!text.empty() && columns(text) > most - cells) text.remove_prefix(unit_length(text));
  return head.append("…").append(text);
}

void fit_lines(std::string& out, std::size_t start, std::size_t width, std::size_t indent, wrap how) {
  if (how == wrap::none || width < 20) return;
  indent = std::min(indent, width - std::min<std::size_t>(width / 2, 20));  // some room for text
  const std::string lines = out.substr(start);
  out.resize(start);
  for (std::string_view rest = lines; !rest.empty();) {
    const auto end = rest.find('\n');
    append_fitting(out, rest.substr(0, end), width, indent, how);
    if (end == std::string_view::npos) return;
    out += '\n';
    rest.remove_prefix(end + 1);
  }
}

}  // namespace slotcat
