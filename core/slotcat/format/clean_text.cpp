#include "format/clean_text.hpp"

#include <algorithm>
#include <cstddef>

namespace slotcat {
namespace {

constexpr char escape = '\x1b';

// Of "ESC [ digits ; : letter" at the start of `text`; 0 if that is not there.
std::size_t control_sequence(std::string_view text, char letter) noexcept {
  if (text.size() < 3 || text[0] != escape || text[1] != '[') return 0;
  const auto end = text.find_first_not_of("0123456789;:", 2);
  return end != std::string_view::npos && text[end] == letter ? end + 1 : 0;
}

// Of a link, which has its address in it: "ESC ] 8 ; … BEL" or "… ESC \".
std::size_t link(std::string_view text) noexcept {
  constexpr std::string_view begin = "\x1b]8;";
  if (text.substr(0, begin.size()) != begin) return 0;
  // Another control character ends the search, so that no byte is looked at twice.
  const auto end = std::find_if(text.begin() + begin.size(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (end == text.end()) return 0;
  const auto at = static_cast<std::size_t>(end - text.begin());
  if (*end == '\x07') return at + 1;
  return *end == escape && at + 1 < text.size() && text[at + 1] == '\\' ? at + 2 : 0;
}

// Length of a sequence at the start of `text` that does no more than decorate it; 0 if there is none.
std::size_t decoration(std::string_view text) noexcept {
  if (const auto size = control_sequence(text, 'K')) return size;
  if (const auto size = link(text)) return size;
  return text.substr(0, 3) == "\x1b(B" ? 3 : 0;  // "the usual letters", with which tput resets
}

}  // namespace

std::size_t colour_sequence(std::string_view text) noexcept { return control_sequence(text, 'm'); }

std::string_view without_sequences(std::string_view text, ansi how, std::string& scratch) {
  if (how == ansi::show || text.find(escape) == std::string_view::npos) return text;
  scratch.clear();
  while (!text.empty()) {
    const auto plain = std::min(text.find(escape), text.size());
    scratch.append(text.data(), plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const auto colour = colour_sequence(text);
    const auto size = colour != 0 ? colour : decoration(text);
    if (size == 0 || (colour != 0 && how == ansi::keep)) scratch.append(text.data(), std::max<std::size_t>(size, 1));
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return scratch;
}

std::string_view last_states(std::string_view text, std::string& scratch) {
  if (text.find('\r') == std::string_view::npos) return text;
  scratch.clear();
  while (!text.empty()) {
    const auto newline = text.find('\n');
    auto line = text.substr(0, newline);
    const auto last = line.find_last_not_of('\r');
    line = line.substr(0, last == std::string_view::npos ? 0 : last + 1);
    if (const auto redrawn = line.rfind('\r'); redrawn != std::string_view::npos) line.remove_prefix(redrawn + 1);
    scratch += line;
    if (newline == std::string_view::npos) break;
    scratch += '\n';
    text.remove_prefix(newline + 1);
  }
  return scratch;
}

std::string_view plain_text(std::string_view text, std::string& scratch, std::string& more_scratch) {
  return last_states(without_sequences(text, ansi::strip, scratch), more_scratch);
}

}  // namespace slotcat
