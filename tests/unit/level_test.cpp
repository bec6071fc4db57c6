#include <mailslog/record.hpp>

#include "support/catch.hpp"

using namespace mailslog;

TEST_CASE("levels have names, in rising order", "[level]") {
  const std::string_view names[] = {"trace", "debug", "info", "notice", "warning", "error", "critical"};
  for (std::uint8_t i = 0; i < 7; ++i) {
    CHECK(to_string(static_cast<level>(i)) == names[i]);
    CHECK(parse_level(names[i]) == static_cast<level>(i));
  }
  CHECK(level::notice < level::warning);
  CHECK(to_string(static_cast<level>(7)) == "critical");
  CHECK(to_string(static_cast<level>(255)) == "critical");
}

TEST_CASE("levels are known by the names that others give them, in any case", "[level]") {
  const std::pair<std::string_view, level> names[] = {
      {"T", level::trace},     {"D", level::debug},       {"I", level::info},         {"N", level::notice},
      {"W", level::warning},   {"E", level::error},       {"C", level::critical},     {"F", level::critical},
      {"w", level::warning},   {"warn", level::warning},  {"err", level::error},      {"fatal", level::critical},
      {"WARN", level::warning}, {"Info", level::info},    {"CRITICAL", level::critical}, {"crit", level::critical},
      {"alert", level::critical}, {"emerg", level::critical}};
  for (const auto& [name, value] : names) {
    CAPTURE(name);
    CHECK(parse_level(name) == value);
  }
}

TEST_CASE("what is no level's name is none", "[level]") {
  for (const std::string_view name : {"", "x", "warnin", "warnings", " info", "info ", "4", "inf\u0131"}) {
    CAPTURE(name);
    CHECK_FALSE(parse_level(name));
  }
}
