#include "read/foreign.hpp"

#include <string>

#include "support/catch.hpp"

using namespace slotcat;
using namespace std::string_literals;

TEST_CASE("a foreign message is from where it came, as whom its sender claims to be") {
  const auto origin = [](std::string_view from, std::string_view name) { return origin_of({{}, from, "text", name}); };
  CHECK(origin("192.0.2.7:138", "WINBOX") == "WINBOX@192.0.2.7:138");
  CHECK(origin("192.0.2.7:50123", "") == "192.0.2.7:50123");
  CHECK(origin("", "WINBOX") == "WINBOX");
  CHECK(origin("", "").empty());
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
