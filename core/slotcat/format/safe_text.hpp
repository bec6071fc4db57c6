// Text from strangers, made fit for a terminal, a line or a JSON string.
//
// Dangerous are control characters (ESC starts terminal commands), bytes that are no UTF-8, and the characters that
// reverse the direction of the text after them or break the line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace slotcat {

/// Whether untrusted text is neutralised (the default) or passed on as it is (`--raw`).
enum class neutral { yes, no };

/// Appends `text` as one line: dangerous characters as `\x1b` (bytes) or `\u202e` (characters).
void append_safe(std::string& out, std::string_view text, neutral mode = neutral::yes);

/// The same for a text of several lines: tabs are kept, and each newline is followed by `indent` spaces.
void append_safe_lines(std::string& out, std::string_view text, std::size_t indent, neutral mode = neutral::yes);

/// The same for one word: spaces are escaped, too.
void append_safe_word(std::string& out, std::string_view text, neutral mode = neutral::yes);

/// Appends ` key=value`s value: as it is if that is one plain word, otherwise in double quotes with `\"`, `\\`, `\n`, `\t`
/// and the escapes above.
void append_quoted(std::string& out, std::string_view text, neutral mode = neutral::yes);

/// Columns that `text` takes in a terminal, counted as code points.
std::size_t columns(std::string_view text) noexcept;

struct utf8_text {
  std::string_view text;   ///< valid UTF-8: the text itself, or a copy with U+FFFD for what is none
  bool dangerous = false;  ///< it holds dangerous characters that JSON does not escape by itself
};

/// `scratch` keeps the copy if one is needed.
utf8_text to_utf8(std::string_view text, std::string& scratch);

/// Escapes the dangerous characters left in a finished piece of JSON, from `start` to the end of `json`.
void escape_dangerous_json(std::string& json, std::size_t start);

}  // namespace slotcat
