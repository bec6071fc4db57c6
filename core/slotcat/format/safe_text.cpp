#include "format/safe_text.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>

#include <fmt/format.h>

#include "os/cells.hpp"

namespace slotcat {
namespace {

struct character {
  std::uint32_t code = 0;
  std::size_t length = 1;  // in bytes
  bool valid = false;
};

// The character at the start of `text`, which is not empty. An ill-formed sequence is as long as its longest beginning of a
// well-formed one, as the Unicode standard recommends for replacing it.
character decode(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) -> std::uint32_t { return static_cast<unsigned char>(text[i]); };
  const std::uint32_t first = byte(0);
  if (first < 0x80) return {first, 1, true};
  std::size_t length = 0;
  std::uint32_t low = 0x80;  // bounds of the second byte: no overlong forms, no surrogates, nothing above U+10FFFF
  std::uint32_t high = 0xbf;
  if (first >= 0xc2 && first <= 0xdf) length = 2;
  if (first >= 0xe0 && first <= 0xef) length = 3;
  if (first >= 0xf0 && first <= 0xf4) length = 4;
  if (length == 0) return {first, 1, false};
  if (first == 0xe0) low = 0xa0;
  if (first == 0xed) high = 0x9f;
  if (first == 0xf0) low = 0x90;
  if (first == 0xf4) high = 0x8f;
  std::uint32_t code = first & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if (i >= text.size() || byte(i) < low || byte(i) > high) return {first, i, false};
    code = code << 6 | (byte(i) & 0x3f);
    low = 0x80;
    high = 0xbf;
  }
  return {code, length, true};
}

bool is_dangerous(std::uint32_t code) noexcept {
  return code < 0x20 || (code >= 0x7f && code <= 0x9f) ||                  // control characters
         (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ||  // direction overrides
         code == 0x2028 || code == 0x2029;                                 // line and paragraph separators
}

// Bytes from the start of `text` that are printable ASCII.
std::size_t plain_length(std::string_view text) noexcept {
  std::size_t i = 0;
  // Eight at a time: the high bit of a byte of `bad` is set if it is below 0x20, 0x7f, or above.
  constexpr std::uint64_t ones = 0x0101010101010101;
  constexpr std::uint64_t highs = ones * 0x80;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    const std::uint64_t below_space = word - ones * 0x20;
    const std::uint64_t above_tilde = word + ones;
    if (((word | below_space | above_tilde) & highs) != 0) break;
  }
  const auto printable = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7f; };
  while (i < text.size() && printable(text[i])) ++i;
  return i;
}

void append_escape(std::string& out, std::string_view bytes, const character& c) {
  if (c.valid && c.code >= 0x80) {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", c.code);
  } else {
    for (const char b : bytes) fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(b));
  }
}

// Appends `text`; `special(byte)` may deal with a control character itself and then returns true.
template <class Special>
void append_escaped(std::string& out, std::string_view text, Special special) {
  while (!text.empty()) {
    const auto plain = plain_length(text);
    out.append(text.data(), plain);
    text.remove_prefix(plain);
    if (text.empty()) return;
    const auto c = decode(text);
    const auto bytes = text.substr(0, c.length);
    if (!c.valid || is_dangerous(c.code)) {
      if (c.length != 1 || !special(bytes[0])) append_escape(out, bytes, c);
    } else {
      out += bytes;
    }
    text.remove_prefix(c.length);
  }
}

void append_raw_lines(std::string& out, std::string_view text, std::size_t indent) {
  for (;;) {
    const auto newline = text.find('\n');
    if (newline == std::string_view::npos) break;
    out.append(text.data(), newline + 1);
    out.append(indent, ' ');
    text.remove_prefix(newline + 1);
  }
  out += text;
}

}  // namespace

void append_safe(std::string& out, std::string_view text, neutral mode) {
  if (mode == neutral::no) {
    out += text;
  } else {
    append_escaped(out, text, [](char) { return false; });
  }
}

void append_safe_lines(std::string& out, std::string_view text, std::size_t indent, neutral mode) {
  if (mode == neutral::no) return append_raw_lines(out, text, indent);
  append_escaped(out, text, [&](char byte) {
    if (byte == '\n') {
      out += '\n';
      out.append(indent, ' ');
    } else if (byte == '\t') {
      out += '\t';
    } else {
      return false;
    }
    return true;
  });
}

void append_safe_word(std::string& out, std::string_view text, neutral mode) {
  for (;;) {
    const auto space = text.find(' ');
    append_safe(out, text.substr(0, space), mode);
    if (space == std::string_view::npos) return;
    out += mode == neutral::yes ? "\\x20" : " ";
    text.remove_prefix(space + 1);
  }
}

void append_quoted(std::string& out, std::string_view text, neutral mode) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != '"' && c != '=' && c != '\\' && c != 0x7f;
  });
  if (plain) return append_safe(out, text, mode);
  out += '"';
  append_in_quotes(out, text, mode);
  out += '"';
}

void append_in_quotes(std::string& out, std::string_view text, neutral mode) {
  while (!text.empty()) {
    const auto stop = std::min(text.find_first_of("\"\\\n\t"), text.size());
    append_safe(out, text.substr(0, stop), mode);
    text.remove_prefix(stop);
    if (text.empty()) break;
    const char c = text[0];
    out += '\\';
    out += c == '\n' ? 'n' : c == '\t' ? 't' : c;
    text.remove_prefix(1);
  }
}

void append_json(std::string& out, std::string_view text, neutral mode) {
  while (!text.empty()) {
    auto plain = plain_length(text);
    plain = std::min(plain, text.substr(0, plain).find_first_of("\"\\"));
    out.append(text.data(), plain);
    text.remove_prefix(plain);
    if (text.empty()) return;
    const auto c = decode(text);
    constexpr std::string_view escaped = "\b\f\n\r\t\"\\";
    constexpr std::string_view letters = "bfnrt\"\\";
    if (const auto known = escaped.find(text[0]); known != std::string_view::npos) {
      out += '\\';
      out += letters[known];
    } else if (!c.valid) {
      out += "\xef\xbf\xbd";
    } else if (c.code < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04X}", c.code);
    } else if (is_dangerous(c.code) && mode == neutral::yes) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", c.code);
    } else {
      out.append(text.data(), c.length);
    }
    text.remove_prefix(c.length);
  }
}

void append_logfmt_key(std::string& out, std::string_view name) {
  const auto is_hex = [](char c) { return std::string_view("0123456789abcdefABCDEF").find(c) != std::string_view::npos; };
  if (name.empty()) out += '_';
  while (!name.empty()) {
    const auto c = decode(name);
    const bool ends_key = c.code <= 0x20 || c.code == '"' || c.code == '=';
    const bool looks_escaped = c.code == '%' && name.size() > 2 && is_hex(name[1]) && is_hex(name[2]);
    if (!c.valid || ends_key || looks_escaped || is_dangerous(c.code)) {
      for (const char byte : name.substr(0, c.length)) {
        fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(byte));
      }
    } else {
      out.append(name.data(), c.length);
    }
    name.remove_prefix(c.length);
  }
}

bool is_plain_logfmt(std::string_view text) noexcept {
  while (!text.empty()) {
    const auto c = decode(text);
    if (!c.valid || c.code <= 0x20 || c.code == '"' || c.code == '=' || c.code == '\\' || is_dangerous(c.code)) return false;
    text.remove_prefix(c.length);
  }
  return true;
}

std::size_t columns(std::string_view text) noexcept {
  if (plain_length(text) == text.size()) return text.size();
  return cells(text);
}

std::string_view next_piece(std::string_view& text) noexcept {
  constexpr std::size_t most = 16 * 1024;
  auto size = std::min(text.size(), most);
  // Not in the middle of a character, if it is one.
  for (int back = 0; back < 3 && size < text.size() && size > 1 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80; ++back) --size;
  const auto piece = text.substr(0, size);
  text.remove_prefix(size);
  return piece;
}

std::string_view shortened(std::string_view text, std::size_t most, std::string& scratch) {
  if (text.size() <= most) return text;
  constexpr std::string_view mark = "\u2026";
  const auto is_inner = [&](std::size_t at) { return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80; };
  const auto kept = most - std::min(most, mark.size());
  auto head = kept - kept / 2;
  auto tail = text.size() - kept / 2;
  for (int back = 0; back < 3 && head > 0 && is_inner(head); ++back) --head;
  for (int on = 0; on < 3 && is_inner(tail); ++on) ++tail;
  scratch.assign(text.data(), head);
  scratch.append(mark).append(text.substr(tail));
  return scratch;
}

}  // namespace slotcat
