#include "send/send.hpp"

#include <string>
#include <variant>
#include <vector>

#include "support/catch.hpp"

using namespace slotcat;

namespace {

template <class T>
bool is(std::string_view text, T expected) {
  const auto value = typed_value(text);
  const auto* typed = std::get_if<T>(&value);
  return typed != nullptr && *typed == expected;
}

std::vector<std::string> lines_of(const std::vector<std::string>& blocks, std::size_t max_line = 100) {
  std::vector<std::string> lines;
  line_splitter splitter(max_line, [&](std::string_view line) { lines.emplace_back(line); });
  for (const auto& block : blocks) splitter.add(block);
  splitter.end();
  return lines;
}

using texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a stream that begins with a byte order mark of UTF-16 is read as that, however it is cut") {
  using namespace std::string_literals;
  const auto little = "\xff\xfeh\0\xfc\0\r\0\n\0\x3d\xd8\xec\xdc\n\0"s;
  const auto big = "\xfe\xff\0h\0\xfc\0\r\0\n\xd8\x3d\xdc\xec\0\n"s;
  const texts expected{"h\xc3\xbc", "\xf0\x9f\x93\xac"};
  for (const auto& stream : {little, big}) {
    CHECK(lines_of({stream}) == expected);
    texts bytes;
    for (const char c : stream) bytes.emplace_back(1, c);
    CHECK(lines_of(bytes) == expected);
  }
  CHECK(lines_of({"\xff\xfe\x3d\xd8\n\0\n"s}) == texts{"\xef\xbf\xbd", "\xef\xbf\xbd"});  // half a pair, half a unit
}

TEST_CASE("what only begins like a byte order mark is text") {
  CHECK(lines_of({"\xff", "x\n"}) == texts{"\xffx"});
  CHECK(lines_of({"\xff"}) == texts{"\xff"});
  CHECK(lines_of({"\n", "a\n"}) == texts{"", "a"});
}

TEST_CASE("fields are typed as they read") {
  CHECK(is("812", std::int64_t{812}));
  CHECK(is("-1", std::int64_t{-1}));
  CHECK(is("18446744073709551615", std::uint64_t{18446744073709551615U}));
  CHECK(is("0.5", 0.5));
  CHECK(is("true", true));
  CHECK(is("false", false));
  CHECK(is("/x", std::string_view("/x")));
}

TEST_CASE("what would not be written back the same stays text") {
  const auto* text = GENERATE("", "007", "1.10", "+1", "1e3", "0x10", "True", "18446744073709551616", " 1", "nan");
  CAPTURE(text);
  CHECK(is(text, std::string_view(text)));
}

TEST_CASE("lines are cut at their newlines, wherever the blocks end") {
  CHECK(lines_of({"one\ntwo\n"}) == texts{"one", "two"});
  CHECK(lines_of({"o", "ne\nt", "", "wo", "\n"}) == texts{"one", "two"});
  CHECK(lines_of({"one\n\n\ntwo"}) == texts{"one", "", "", "two"});
  CHECK(lines_of({""}).empty());
}

TEST_CASE("a line's end may have a carriage return, which is not text") {
  CHECK(lines_of({"one\r\ntwo\r\n"}) == texts{"one", "two"});
  CHECK(lines_of({"one\r", "\ntwo\r"}) == texts{"one", "two"});
  CHECK(lines_of({"\r\n"}) == texts{""});
  CHECK(lines_of({"10%\r20%\n"}) == texts{"10%\r20%"});
}

TEST_CASE("a byte order mark at the start is not text") {
  CHECK(lines_of({"\xef\xbb\xbfone\n\xef\xbb\xbftwo\n"}) == texts{"one", "\xef\xbb\xbftwo"});
  CHECK(lines_of({"\xef\xbb\xbf"}).empty());
  CHECK(lines_of({"\xef\xbb\xbf\n"}) == texts{""});
}

TEST_CASE("lines that were cut are counted") {
  line_splitter splitter(3, [](std::string_view) {});
  splitter.add("abc\nabcd\nabcdefg\n");
  splitter.end();
  CHECK(splitter.cut() == 3);
}

TEST_CASE("an endless line is cut") {
  CHECK(lines_of({"abcdefgh"}, 3) == texts{"abc", "def", "gh"});
  CHECK(lines_of({"ab", "cdefg\nh"}, 3) == texts{"abc", "def", "g", "h"});
  CHECK(lines_of({"abc\n", "def\n"}, 3) == texts{"abc", "def"});
  CHECK(lines_of({"abc", "\ndef"}, 3) == texts{"abc", "def"});
}
