#include "read/pattern.hpp"

#include <string>

#include "support/catch.hpp"
#include "cli/values.hpp"

using namespace slotcat;

TEST_CASE("a regular expression matches anywhere in the text") {
  CHECK(regex("to+ long").found_in("request took too long"));
  CHECK_FALSE(regex("^took").found_in("request took too long"));
}

TEST_CASE("a pattern without capital letters ignores case") {
  CHECK(regex("ready").found_in("System READY"));
  CHECK_FALSE(regex("Ready").found_in("System READY"));
  CHECK(regex("über").found_in("ÜBER"));
  CHECK_FALSE(regex("Über").found_in("ÜBER"));
}

TEST_CASE("capital letters after a backslash do not make a pattern heed case") {
  CHECK(regex(R"(\Sready)").found_in("xREADY"));
  CHECK(regex(R"(\\ready)").found_in("\\READY"));
  CHECK_FALSE(regex(R"(\\Ready)").found_in("\\READY"));
}

TEST_CASE("a bad regular expression is quoted and explained") {
  const auto* text = GENERATE("(", "[a", "*", "a{2,1}", R"((a)\1)");
  CAPTURE(text);
  CHECK_THROWS_WITH(regex(text), StartsWith('"' + std::string(text) + "\" is not a regular expression: "));
}

TEST_CASE("hostile texts do not exhaust the stack or the time of a regular expression") {
  const std::string text(1000000, 'a');
  CHECK_FALSE(regex("(a*)*b").found_in(text));
  CHECK(regex("(a|aa)+$").found_in(text));
}

TEST_CASE("matches are found one after the other, empty ones passed over") {
  const regex pattern("o*");
  const std::string text = "foo box";
  std::string_view match;
  std::size_t budget = 1000;
  REQUIRE(pattern.find(text, 0, match, budget));
  CHECK(match == "oo");
  CHECK(match.data() == text.data() + 1);
  REQUIRE(pattern.find(text, 3, match, budget));
  CHECK(match.data() == text.data() + 5);
  CHECK_FALSE(pattern.find(text, 6, match, budget));
}

TEST_CASE("searching ends with the budget") {
  const regex pattern("a(.*z)?");
  const std::string text(100, 'a');
  std::size_t budget = 250;
  std::string_view match;
  CHECK(pattern.find(text, 0, match, budget));
  CHECK(pattern.find(text, 1, match, budget));
  CHECK_FALSE(pattern.find(text, 2, match, budget));
  CHECK(budget == 51);
}

TEST_CASE("globs take the whole text") {
  CHECK(glob_match("*/pump[*", "plant7/pump[4711]"));
  CHECK(glob_match("plant?/pump[4711]", "plant7/pump[4711]"));
  CHECK(glob_match("*", ""));
  CHECK(glob_match("", ""));
  CHECK(glob_match("a*b*c", "aXbXbc"));
  CHECK_FALSE(glob_match("pump", "plant7/pump[4711]"));
  CHECK_FALSE(glob_match("a*b", "aXbc"));
  CHECK_FALSE(glob_match("?", ""));
  CHECK_FALSE(glob_match("", "a"));
  CHECK_FALSE(glob_match("[ab]", "a"));
}

TEST_CASE("a glob of many stars takes no exponential time") {
  std::string glob;
  for (int i = 0; i < 50; ++i) glob += "*a";
  CHECK_FALSE(glob_match(glob + "*b", std::string(2000, 'a')));
}
