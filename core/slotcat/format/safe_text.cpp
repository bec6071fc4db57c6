#include "format/safe_text.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>

#include <fmt/format.h>

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
  while (i < text.size() && text[i] >= 0x20 && text[i] < 0x7f) ++i;
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
  out += '"';
}

std::size_t columns(std::string_view text) noexcept {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

utf8_text to_utf8(std::string_view text, std::string& scratch) {
  utf8_text result{text, false};
  bool copied = false;
  for (std::size_t i = 0; i < text.size();) {
    const auto plain = plain_length(text.substr(i));
    if (copied) scratch.append(text.data() + i, plain);
    i += plain;
    if (i == text.size()) break;
    const auto c = decode(text.substr(i));
    if (c.valid) {
      result.dangerous |= c.code >= 0x7f && is_dangerous(c.code);
      if (copied) scratch.append(text.data() + i, c.length);
    } else {
      if (!copied) scratch.assign(text.data(), i);
      copied = true;
      scratch += "\xef\xbf\xbd";
    }
    i += c.length;
  }
  if (copied) result.text = scratch;
  return result;
}

void escape_dangerous_json(std::string& json, std::size_t start) {
  const std::string piece(json, start);
  json.resize(start);
  for (std::string_view rest = piece; !rest.empty();) {
    const auto c = decode(rest);
    // Everything below a space is JSON's own white space or already escaped.
    if (c.code >= 0x7f && is_dangerous(c.code)) {
      fmt::format_to(std::back_inserter(json), "\\u{:04x}", c.code);
    } else {
      json.append(rest.data(), c.length);
    }
    rest.remove_prefix(c.length);
  }
}

}  // namespace slotcat
