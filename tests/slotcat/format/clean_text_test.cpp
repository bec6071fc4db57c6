#include "format/clean_text.hpp"

#include <string>

#include "support/catch.hpp"

using namespace slotcat;

namespace {

std::string sequences(std::string_view text, ansi how) {
  std::string scratch;
  return std::string(without_sequences(text, how, scratch));
}

std::string states(std::string_view text) {
  std::string scratch;
  return std::string(last_states(text, scratch));
}

}  // namespace

TEST_CASE("colours, links and erasures are taken out of a text") {
  const auto* text = "\x1b[1;31mred\x1b[0m \x1b[38:2::255:0:0mrgb\x1b[m\x1b[K \x1b]8;;file:///a.c\x1b\\a.c\x1b]8;;\x07.\x1b(B";
  CHECK(sequences(text, ansi::strip) == "red rgb a.c.");
  CHECK(sequences(text, ansi::show) == text);
  CHECK(sequences(text, ansi::keep) == "\x1b[1;31mred\x1b[0m \x1b[38:2::255:0:0mrgb\x1b[m a.c.");
  CHECK(sequences("plain", ansi::strip) == "plain");
}

TEST_CASE("what does more to a terminal than colour stays, to be escaped") {
  const auto how = GENERATE(ansi::strip, ansi::keep);
  for (const std::string text : {"\x1b[2J", "\x1b]0;title\x07", "\x1b", "\x1b[", "\x1b[31", "\x1b]8;;no end", "\x1b]8;;x\x1b[2J", "\x1b\x1b"}) {
    CAPTURE(text);
    CHECK(sequences(text, how) == text);
  }
}

TEST_CASE("CR LF ends a line as LF does") {
  CHECK(states("one\r\ntwo\r\n") == "one\ntwo\n");
  CHECK(states("one\r") == "one");
  CHECK(states("\r\n\r\n") == "\n\n");
  CHECK(states("one\n") == "one\n");
  CHECK(states("\r").empty());
}

TEST_CASE("of a line that was drawn again the last state remains") {
  CHECK(states("10 %\r50 %\r100 %\r") == "100 %");
  CHECK(states("start\n10 %\r50 %\r\nend") == "start\n50 %\nend");
}

TEST_CASE("patterns see neither") {
  std::string a, b;
  CHECK(plain_text("\x1b[32mserver\x1b[0m ready\r", a, b) == "server ready");
}
