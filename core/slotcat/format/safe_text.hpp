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

/// The same for what stands between quotes, without them.
void append_in_quotes(std::string& out, std::string_view text, neutral mode = neutral::yes);

/// Appends `text` as it stands in a JSON string: U+FFFD for what is no UTF-8. With `neutral::yes` dangerous characters that
/// JSON would leave as they are are escaped, too.
void append_json(std::string& out, std::string_view text, neutral mode = neutral::yes);

/// Appends a name that logfmt takes as a key: bytes that would end it or harm a terminal as `%0A`. Different names stay
/// different, but for the empty one, which is `_`.
void append_logfmt_key(std::string& out, std::string_view name);

/// True if logfmt takes `text` as a value without quotes, other than the empty one.
bool is_plain_logfmt(std::string_view text) noexcept;

/// Columns that `text` takes in a terminal.
std::size_t columns(std::string_view text) noexcept;

/// Takes a piece of at most 16 KiB, cut between characters, from the front of `text`, which is not empty.
std::string_view next_piece(std::string_view& text) noexcept;

/// `text`, or its beginning and end with an ellipsis between them: at most `most` bytes, cut between characters.
std::string_view shortened(std::string_view text, std::size_t most, std::string& scratch);

}  // namespace slotcat
