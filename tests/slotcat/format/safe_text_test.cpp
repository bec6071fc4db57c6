#include "format/safe_text.hpp"

#include <string>

#include "support/catch.hpp"

using namespace slotcat;

namespace {

std::string safe(std::string_view text, neutral mode = neutral::yes) {
  std::string out;
  append_safe(out, text, mode);
  return out;
}

std::string lines(std::string_view text, std::size_t indent, neutral mode = neutral::yes) {
  std::string out;
  append_safe_lines(out, text, indent, mode);
  return out;
}

std::string quoted(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

}  // namespace

TEST_CASE("every control character is escaped, wherever it stands") {
  for (int code = 0; code < 0x20; ++code) {
    for (const std::size_t before : {0U, 1U, 7U, 8U, 15U, 16U, 40U}) {
      CAPTURE(code, before);
      const std::string pad(before, 'x');
      const char digits[] = "0123456789abcdef";
      const std::string escape = {'\\', 'x', digits[code / 16], digits[code % 16]};
      CHECK(safe(pad + static_cast<char>(code) + pad) == pad + escape + pad);
    }
  }
  CHECK(safe("a\x7f") == "a\\x7f");
  CHECK(safe("\xc2\x9b" "31m") == "\\u009b31m");
}

TEST_CASE("printable text of any language is left alone") {
  const auto* text = GENERATE("", "plain ~ text!", "grüße", "日本語", "🙂 ok", "\xf4\x8f\xbf\xbf");
  CHECK(safe(text) == text);
}

TEST_CASE("bytes that are no UTF-8 are escaped one by one") {
  CHECK(safe("\xff") == "\\xff");
  CHECK(safe("a\x80z") == "a\\x80z");
  CHECK(safe("\xc3") == "\\xc3");                           // cut short
  CHECK(safe("\xe2\x82z") == "\\xe2\\x82z");                 // cut short in the middle
  CHECK(safe("\xc0\xaf") == "\\xc0\\xaf");                   // overlong
  CHECK(safe("\xe0\x80\xaf") == "\\xe0\\x80\\xaf");          // overlong
  CHECK(safe("\xed\xa0\x80") == "\\xed\\xa0\\x80");          // a surrogate
  CHECK(safe("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // above U+10FFFF
}

TEST_CASE("characters that turn the writing direction or break the line are escaped") {
  CHECK(safe("\u202eevil") == "\\u202eevil");
  CHECK(safe("\u2066x\u2069") == "\\u2066x\\u2069");
  CHECK(safe("a\u2028b\u2029") == "a\\u2028b\\u2029");
}

TEST_CASE("raw text passes unchanged") {
  CHECK(safe("\x1b[31m\xff", neutral::no) == "\x1b[31m\xff");
  CHECK(lines("\x1b\n\xff", 2, neutral::no) == "\x1b\n  \xff");
}

TEST_CASE("a text of several lines is indented and keeps its tabs") {
  CHECK(lines("one\n\ttwo\n\nthree\r", 3) == "one\n   \ttwo\n   \n   three\\x0d");
  CHECK(safe("one\n\ttwo") == "one\\x0a\\x09two");
}

TEST_CASE("a word has no spaces") {
  std::string out;
  append_safe_word(out, " a b\n");
  CHECK(out == "\\x20a\\x20b\\x0a");
}

TEST_CASE("values are quoted when they are not one plain word") {
  CHECK(quoted("/x") == "/x");
  CHECK(quoted("grüße") == "grüße");
  CHECK(quoted("") == R"("")");
  CHECK(quoted("a b") == R"("a b")");
  CHECK(quoted("a=b") == R"("a=b")");
  CHECK(quoted(R"(say "hi")") == R"("say \"hi\"")");
  CHECK(quoted("C:\\x") == R"("C:\\x")");
  CHECK(quoted("a\n\tb") == R"("a\n\tb")");
  CHECK(quoted("\x1b[0m") == R"("\x1b[0m")");
  CHECK(quoted("\xff") == R"(\xff)");
}

TEST_CASE("columns are those of a terminal") {
  CHECK(columns("") == 0);
  CHECK(columns("pump") == 4);
  CHECK(columns("grüße") == 5);
  CHECK(columns("日本語") == 6);
  CHECK(columns("e\u0301") == 1);       // an accent of its own
  CHECK(columns("\U0001f642 ok") == 5);
  CHECK(columns("שלום") == 4);
  CHECK(columns("a\xff") == 2);
}

TEST_CASE("text in JSON is valid UTF-8, with one U+FFFD for each broken sequence") {
  const std::string replaced = "\xef\xbf\xbd";
  const auto json = [](std::string_view text, neutral mode = neutral::yes) {
    std::string out;
    append_json(out, text, mode);
    return out;
  };
  CHECK(json("grüße \"x\" \\") == R"(grüße \"x\" \\)");
  CHECK(json("a\xff" "b") == "a" + replaced + "b");
  CHECK(json("\xe2\x82z\xf0\x9f") == replaced + "z" + replaced);
  CHECK(json("\xc0\xaf") == replaced + replaced);
  CHECK(json("\b\f\n\r\t\x1b") == R"(\b\f\n\r\t\u001B)");
  CHECK(json("\x7f\u009b\u202e") == R"(\u007f\u009b\u202e)");
  CHECK(json("\x7f\u009b\u202e", neutral::no) == "\x7f\u009b\u202e");
}

TEST_CASE("pieces of a text are cut between characters") {
  std::string text(16 * 1024 - 1, 'x');
  text += "日本語";
  std::string_view rest = text;
  CHECK(next_piece(rest).size() == 16 * 1024 - 1);
  CHECK(next_piece(rest) == "日本語");
  CHECK(rest.empty());
  const std::string junk(100'000, '\x80');
  std::size_t pieces = 0;
  for (rest = junk; !rest.empty(); ++pieces) next_piece(rest);
  CHECK(pieces == 7);
}

TEST_CASE("a long name keeps its beginning and its end") {
  std::string scratch;
  CHECK(shortened("plant7", 6, scratch) == "plant7");
  CHECK(shortened("0123456789", 9, scratch) == "012…789");
  CHECK(shortened("日本語日本語", 11, scratch) == "日…語");
  CHECK(shortened(std::string(1000, '\x80'), 11, scratch).size() <= 11);
}
