#include "cli/values.hpp"

#include "support/catch.hpp"

using namespace slotcat;
using namespace std::chrono_literals;

TEST_CASE("times are numbers with a unit, or seconds") {
  CHECK(parse_duration("100ms") == 100ms);
  CHECK(parse_duration("250us") == 250us);
  CHECK(parse_duration("7ns") == 7ns);
  CHECK(parse_duration("5") == 5s);
  CHECK(parse_duration("1.5s") == 1500ms);
  CHECK(parse_duration("2m") == 2min);
  CHECK(parse_duration("2min") == 2min);
  CHECK(parse_duration("1h") == 1h);
  CHECK(parse_duration("1d") == 24h);
}

TEST_CASE("what is no time is refused with the text quoted") {
  const auto* text = GENERATE("", "0", "0s", "-1s", "5 s", "5x", "s", "1e", "nan", "1.2.3s", "1e300s");
  CAPTURE(text);
  CHECK_THROWS_WITH(parse_duration(text), StartsWith('"' + std::string(text) + "\" is not a time"));
}

TEST_CASE("a time or size that is too large is not called none") {
  CHECK_THROWS_WITH(parse_duration("101000d"), StartsWith("\"101000d\" is too long a time"));
  CHECK_THROWS_WITH(parse_duration("99999999999999999999999999s"), ContainsSubstring("is too long a time"));
  CHECK_THROWS_WITH(parse_size("2000000G"), StartsWith("\"2000000G\" is too large a size"));
  CHECK_THROWS_WITH(parse_size("99999999999999999999999999"), ContainsSubstring("is too large a size"));
}

TEST_CASE("forever is a time that can be added to any point in time") {
  CHECK(parse_duration("forever") >= 24h * 365 * 99);
  CHECK(std::chrono::system_clock::now() + parse_duration("forever") > std::chrono::system_clock::now());
}

TEST_CASE("sizes count in powers of 1024") {
  CHECK(parse_size("4096") == 4096);
  CHECK(parse_size("1B") == 1);
  CHECK(parse_size("64K") == 65536);
  CHECK(parse_size("64k") == 65536);
  CHECK(parse_size("1.5M") == 1572864);
  CHECK(parse_size("16MiB") == 16777216);
  CHECK(parse_size("1GB") == 1073741824);
}

TEST_CASE("what is no size is refused with the text quoted") {
  const auto* text = GENERATE("", "0", "-1", "5Q", "K", "1 M", "1Mx");
  CAPTURE(text);
  CHECK_THROWS_WITH(parse_size(text), StartsWith('"' + std::string(text) + "\" is not a size"));
}

TEST_CASE("whole numbers have bounds") {
  CHECK(parse_number("1", 1, 65535) == 1);
  CHECK(parse_number("65535", 1, 65535) == 65535);
  CHECK(parse_number("18446744073709551615", 1, UINT64_MAX) == UINT64_MAX);
  for (const auto* text : {"", "0", "65536", "-1", "1.0", "1x", "18446744073709551616"}) {
    CAPTURE(text);
    CHECK_THROWS_WITH(parse_number(text, 1, 65535), ContainsSubstring("from 1 to 65535"));
  }
  CHECK_THROWS_WITH(parse_number("0", 1, UINT64_MAX), EndsWith("whole numbers from 1"));
}

TEST_CASE("a level stands for itself and worse, two for a range") {
  using mailslog::level;
  const auto warn = parse_levels("WARN");
  CHECK_FALSE(warn.has(level::notice));
  CHECK(warn.has(level::warning));
  CHECK(warn.has(level::critical));

  const auto range = parse_levels("d..info");
  CHECK_FALSE(range.has(level::trace));
  CHECK(range.has(level::debug));
  CHECK(range.has(level::info));
  CHECK_FALSE(range.has(level::notice));
}

TEST_CASE("levels that make no sense are refused") {
  for (const auto* text : {"", "loud", "info..", "..info", "info..loud", "info...error", "off"}) {
    CAPTURE(text);
    CHECK_THROWS_WITH(parse_levels(text), ContainsSubstring("is not a level; accepted are trace, debug, info"));
  }
  CHECK_THROWS_WITH(parse_levels("error..debug"), ContainsSubstring("can never match") && EndsWith("write debug..error"));
}
