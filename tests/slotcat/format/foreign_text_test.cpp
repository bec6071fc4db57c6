#include "format/foreign_text.hpp"

#include <string>

#include "support/catch.hpp"

using namespace slotcat;
using namespace std::string_literals;

namespace {

std::string text_of(std::string_view bytes) {
  std::string scratch;
  return std::string(foreign_text(bytes, scratch));
}

}  // namespace

TEST_CASE("a mark of UTF-8, line ends and zeros at the end are no part of a message") {
  CHECK(text_of("\xef\xbb\xbfhello") == "hello");
  CHECK(text_of("hello\r\n") == "hello");
  CHECK(text_of("hello\0"s) == "hello");
  CHECK(text_of("one\r\ntwo\r\n\0"s) == "one\r\ntwo");
  CHECK(text_of("\0\0"s).empty());
  CHECK(text_of("").empty());
}

TEST_CASE("UTF-16 is read, in both orders of bytes, with a mark and without") {
  CHECK(text_of("\xff\xfeh\0\xe9\0\x3d\xd8\x42\xde"s) == "h\u00e9\U0001f642");
  CHECK(text_of("\xfe\xff\0h\x4e\x2d"s) == "h\u4e2d");
  CHECK(text_of("h\0e\0l\0l\0o\0\r\0\n\0"s) == "hello");
  CHECK(text_of("h\0i\0\0\0"s) == "hi");
  CHECK(text_of("\xff\xfe\x3d\xd8x\0y"s) == "\ufffdx\ufffd");  // half a pair, half a unit
}

TEST_CASE("bytes that only have zeros in them are left alone") {
  for (const auto& bytes : {"a\0b"s, "a\0\0b"s, "abc\0d"s, "\0a\0b"s}) CHECK(text_of(bytes) == bytes);
}

// As Python 3.11's marshal.dumps writes them, in its format's versions 0 to 4.
TEST_CASE("what Python's marshal wrote is shown as its text") {
  CHECK(marshalled_text("u\5\0\0\0hello"s) == "hello");
  CHECK(marshalled_text("a\5\0\0\0hello"s) == "hello");
  CHECK(marshalled_text("t\5\0\0\0hello"s) == "hello");
  CHECK(marshalled_text("\xda\5hello"s) == "hello");     // interned
  CHECK(marshalled_text("\xfa\2ab"s) == "ab");           // and not
  CHECK(marshalled_text("z\2ab"s) == "ab");              // referenced once
  CHECK(marshalled_text("\xf5\3\0\0\0h\xc3\xa9"s) == "h\xc3\xa9");
  CHECK(marshalled_text("\xc1\x2c\1\0\0"s + std::string(300, 'x')) == std::string(300, 'x'));
  CHECK(marshalled_text("\xf3\4\0\0\0raw\0"s) == "raw\0"s);  // bytes
  CHECK(marshalled_text("s\3\0\0\0raw"s) == "raw");
  CHECK(marshalled_text("\xda\0"s) == "");
}

TEST_CASE("what Python's marshal did not write is left alone") {
  for (const auto& text : {""s, "z"s, "s"s, "hello"s, "s\3\0\0"s, "zebra"s, "some plain text"s, "z\3ab"s, "z\1ab"s, "s\4\0\0\0raw"s,
                           "s\2\0\0\0raw"s, "s\3\0\0\x80raw"s, "\xe9\5\0\0\0"s /* a number */, "\xa9\1\xda\1a"s /* a tuple */,
                           "z\2h\xe9"s /* no ASCII */}) {
    CAPTURE(text);
    CHECK_FALSE(marshalled_text(text));
  }
}
