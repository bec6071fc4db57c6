#include "send/level_text.hpp"

#include <string>
#include <utility>

#include "support/catch.hpp"

using namespace slotcat;
using mailslog::level;

namespace {

std::pair<std::optional<level>, std::string> prefix_of(std::string_view line) {
  const auto found = take_level_prefix(line);
  return {found, std::string(line)};
}

}  // namespace

TEST_CASE("a syslog priority in front is the level, whatever the facility") {
  CHECK(prefix_of("<0>x") == std::pair(std::optional(level::critical), std::string("x")));
  CHECK(prefix_of("<2>x").first == level::critical);
  CHECK(prefix_of("<3>x").first == level::error);
  CHECK(prefix_of("<4>x").first == level::warning);
  CHECK(prefix_of("<5>x").first == level::notice);
  CHECK(prefix_of("<6>x").first == level::info);
  CHECK(prefix_of("<7> x") == std::pair(std::optional(level::debug), std::string(" x")));
  CHECK(prefix_of("<30>daemon").first == level::info);
  CHECK(prefix_of("<191>local7").first == level::debug);
  CHECK(prefix_of("<3>").second.empty());
}

TEST_CASE("what only looks like a priority stays in the text") {
  for (const auto* line : {"", "<", "<>", "<3", "<3 x>", "<x>", "<192>x", "<-1>x", "<99999999999>x", " <3>x", "<html>"}) {
    CAPTURE(line);
    CHECK(prefix_of(line) == std::pair(std::optional<level>(), std::string(line)));
  }
}

TEST_CASE("levels are found as programs write them") {
  CHECK(detect_level("time=10:00 level=warn msg=x") == level::warning);
  CHECK(detect_level("lvl=eror msg=\"ERROR\"") == level::error);
  CHECK(detect_level(R"({"time":1,"level":"debug","msg":"ERROR"})") == level::debug);
  CHECK(detect_level(R"({"msg":"after level=error","level":"debug"})") == level::debug);
  CHECK(detect_level(R"({"msg":"\"level\":\"error\"","level":"debug"})") == level::debug);
  CHECK(detect_level(R"({ "severity" : "CRITICAL" })") == level::critical);
  CHECK(detect_level(R"({"level":50,"msg":"x"})") == level::error);
  CHECK(detect_level(R"({"level":60,"msg":"x"})") == level::critical);
  CHECK(detect_level("2026-11-24 10:41:07,123 ERROR main - broken") == level::error);
  CHECK(detect_level("[warn] disk") == level::warning);
  CHECK(detect_level("main.c:3:1: error: expected ';'") == level::error);
  CHECK(detect_level("Warning: deprecated") == level::warning);
  CHECK(detect_level("[2026-11-24] [info] ready") == level::info);
  CHECK(detect_level("PANIC at the disco") == level::critical);
  CHECK(detect_level("FATAL: role does not exist") == level::critical);
}

TEST_CASE("a word in a sentence is no level") {
  for (const auto* line : {"", "an error occurred", "0 ERRORS", "terror: x", "the debug build", "level", "level=", "sealevel=high", "INFORMATION"}) {
    CAPTURE(line);
    CHECK_FALSE(detect_level(line));
  }
  CHECK_FALSE(detect_level(std::string(600, 'x') + " ERROR"));
}
