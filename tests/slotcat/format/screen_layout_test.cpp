#include "format/screen_layout.hpp"

#include <string>

#include "sample.hpp"
#include "support/catch.hpp"

using namespace slotcat;
using namespace slotcat::test;

namespace {

std::string fitted(std::string text, std::size_t width, std::size_t indent, wrap how = wrap::indent) {
  fit_lines(text, 0, width, indent, how);
  return text;
}

}  // namespace

TEST_CASE("a source's name is as long as it must be") {
  short_names names(false);
  const auto pump = source_of({1, "plant7", "pump", 10});
  CHECK(names.of(pump) == "pump");
  SECTION("the process of two of a name") {
    CHECK(names.of(source_of({2, "plant7", "pump", 11})) == "pump[11]");
    CHECK(names.of(pump) == "pump[10]");
    CHECK(names.of(source_of({3, "plant7", "valve", 12})) == "valve");
  }
  SECTION("two loggers of one process are one source") { CHECK(names.of(source_of({2, "plant7", "pump", 10})) == "pump"); }
  SECTION("the host where there are two") {
    CHECK(names.of(source_of({2, "plant8", "pump", 11})) == "plant8/pump");
    CHECK(names.of(pump) == "plant7/pump");
  }
  SECTION("safe to print") { CHECK(names.of(source_of({2, "plant7", "a\x1b b", 11})) == "a\\x1b\\x20b"); }
  SECTION("a sender that is not known") { CHECK(names.of(source_of({0x2a, "", "", 0})) == "000000000000002a"); }
}

TEST_CASE("a column is as wide as its entries of late") {
  recent_width column;
  CHECK(column.add(4) == 4);
  CHECK(column.add(10) == 10);
  CHECK(column.add(4) == 10);
  std::size_t width = 0;
  for (int i = 0; i < 500; ++i) width = column.add(4);
  CHECK(width == 4);
}

TEST_CASE("long names lose their middle") {
  CHECK(elided("pump", 4) == "pump");
  CHECK(elided("compressor", 7) == "co…ssor");
  for (std::size_t most = 2; most < 12; ++most) CHECK(columns(elided("compressor-12", most)) <= most);
  CHECK(columns(elided("größegrößegröße", 9)) <= 9);
}

TEST_CASE("lines break at spaces, or where they must") {
  CHECK(fitted("aaaa bbbb cccc dddd eeee\n", 20, 4) == "aaaa bbbb cccc dddd\n    eeee\n");
  CHECK(fitted(std::string(30, 'x') + '\n', 20, 2) == std::string(20, 'x') + "\n  " + std::string(10, 'x') + '\n');
  CHECK(fitted("short\n", 20, 4) == "short\n");
  CHECK(fitted("short\n    second\n", 20, 4) == "short\n    second\n");
  CHECK(fitted(std::string(20, 'x') + '\n', 20, 4) == std::string(20, 'x') + '\n');
}

TEST_CASE("a tab goes as far as a terminal's, and a line may break there") {
  CHECK(fitted("aaaa\tbb\tccc\tdd\n", 20, 4) == "aaaa\tbb\tccc\n    dd\n");
  CHECK(fitted("a\tb\tccc\n", 20, 4) == "a\tb\tccc\n");
  CHECK(fitted("a\tb\tccccc\n", 20, 4, wrap::chop) == "a\tb\tccc…\n");
}

TEST_CASE("colours take no cells, and stay whole") {
  const std::string red = "\x1b[31m";
  const std::string off = "\x1b[0m";
  CHECK(fitted(red + std::string(20, 'x') + off + "\n", 20, 4) == red + std::string(20, 'x') + off + "\n");
  CHECK(fitted(red + std::string(25, 'x') + off + "\n", 20, 4) == red + std::string(20, 'x') + "\n    " + std::string(5, 'x') + off + "\n");
}

TEST_CASE("a chopped line ends in an ellipsis and in no colour") {
  CHECK(fitted(std::string(25, 'x') + "\n", 20, 4, wrap::chop) == std::string(19, 'x') + "…\n");
  CHECK(fitted("\x1b[31m" + std::string(25, 'x') + "\x1b[0m\n", 20, 4, wrap::chop) == "\x1b[31m" + std::string(19, 'x') + "…\x1b[0m\n");
  CHECK(fitted(std::string(20, 'x') + "\n", 20, 4, wrap::chop) == std::string(20, 'x') + "\n");
}
