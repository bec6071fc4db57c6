#include "format/time_text.hpp"


#include "sample.hpp"
#include "support/catch.hpp"
#include "support/system.hpp"
#include "cli/values.hpp"

using namespace slotcat;
using namespace slotcat::test;
using namespace std::chrono_literals;

namespace {

std::string text_of(std::string_view style, mailslog::timestamp time, zone where = zone::utc) {
  std::string out;
  time_text(parse_time_style(style), where, a_time).append(out, time);
  return out;
}

}  // namespace

TEST_CASE("a time is written in each style") {
  CHECK(text_of("local", a_time) == "10:41:07.123");
  CHECK(text_of("iso", a_time) == "2026-11-24T10:41:07.123456Z");
  CHECK(text_of("unix", a_time) == "1795516867.123456");
  CHECK(text_of("%d.%m.%Y %H-%M-%S,%f", a_time) == "24.11.2026 10-41-07,123456");
  CHECK(text_of("%3f|%6f|%9f|%%f", a_time) == "123|123456|123456789|%f");
}

TEST_CASE("the zone of UTC is called UTC") {
  CHECK(text_of("%Z %z", a_time) == "UTC +0000");
}

TEST_CASE("seconds since 1970 are the same in every zone") {
  const mailslog::test::in_time_zone berlin("CET-1CEST");
  CHECK(text_of("%s", a_time, zone::utc) == "1795516867");
  CHECK(text_of("%s", a_time, zone::local) == "1795516867");
  CHECK(text_of("%%s %s%%", a_time, zone::utc) == "%s 1795516867%");
  const mailslog::timestamp summer{std::chrono::seconds(1782700000)};
  CHECK(text_of("%s", summer, zone::utc) == "1782700000");
  CHECK(text_of("%s", summer, zone::local) == "1782700000");
}

TEST_CASE("local times follow the time zone") {
  const mailslog::test::in_time_zone berlin("CET-1");
  CHECK(text_of("local", a_time, zone::local) == "11:41:07.123");
  CHECK(text_of("iso", a_time, zone::local) == "2026-11-24T11:41:07.123456+01:00");
  CHECK(text_of("local", a_time, zone::utc) == "10:41:07.123");
}

#ifndef _WIN32  // its calendar begins in 1970 and ends in 3000
TEST_CASE("times before 1970 and at the ends of the range are written") {
  CHECK(text_of("%Y-%m-%dT%H:%M:%S.%9f", mailslog::timestamp(-1ns)) == "1969-12-31T23:59:59.999999999");
  CHECK(text_of("%Y", mailslog::timestamp::max()) == "2262");
  CHECK(text_of("%Y", mailslog::timestamp::min()) == "1677");
}
#endif

TEST_CASE("delta is the time since the record before") {
  time_text text(parse_time_style("delta"), zone::utc, a_time);
  const auto next = [&](mailslog::timestamp time) {
    std::string out;
    text.append(out, time);
    return out;
  };
  CHECK(next(a_time) == "+0.000000");
  CHECK(next(a_time + 7ms) == "+0.007000");
  CHECK(next(a_time) == "-0.007000");
  next(mailslog::timestamp::min());
  CHECK(next(mailslog::timestamp::max()) == "+18446744073.709553");
}

TEST_CASE("the day is told when it changes") {
  time_text text(parse_time_style("local"), zone::utc, a_time);
  std::string day;
  CHECK_FALSE(text.new_day(a_time, day));
  CHECK(text.new_day(a_time + 24h, day));
  CHECK(day == "2026-11-25");
  CHECK_FALSE(text.new_day(a_time + 25h, day));
  CHECK(text.new_day(a_time, day));
  CHECK(day == "2026-11-24");
  CHECK_FALSE(time_text(parse_time_style("iso"), zone::utc, a_time).new_day(a_time + 24h, day));
}

TEST_CASE("the wall clock's text follows the second") {
  time_text text(parse_time_style("local"), zone::utc, a_time);
  std::string out;
  text.append(out, a_time);
  text.append(out, a_time + 1ms);
  text.append(out, a_time + 1s);
  CHECK(out == "10:41:07.12310:41:07.12410:41:08.123");
}

TEST_CASE("time formats that make no sense are refused") {
  const auto* text = GENERATE("", "lcoal", "%", "%H %", "%Q", "%n", "%5f", "%E", "%Ef", "%Es", "%O3f", "%EH", "%Oc", "a\tb%H");
  CAPTURE(text);
  CHECK_THROWS_WITH(parse_time_style(text), ContainsSubstring("is not a time format") && ContainsSubstring("accepted are local, iso"));
}

TEST_CASE("a modifier of POSIX stands before the letters it is for") {
  CHECK(text_of("%Ey %Od", a_time) == "26 24");
}

TEST_CASE("JSON's times are UTC with nanoseconds") {
  std::string out;
  utc_time_text().append(out, a_time);
  CHECK(out == "2026-11-24T10:41:07.123456789Z");
}
