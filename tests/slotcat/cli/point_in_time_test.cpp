#include "cli/point_in_time.hpp"

#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <string>

#include "cli/values.hpp"
#include "support/catch.hpp"

using namespace slotcat;

namespace {

constexpr std::int64_t second = 1'000'000'000;
// 2026-11-24T10:41:07.5Z, a Tuesday.
constexpr std::int64_t now = 1'795'516'867 * second + second / 2;

std::int64_t utc(const std::string& text) {
  return parse_point_in_time(text, mailslog::timestamp(std::chrono::nanoseconds(now)), zone::utc).time_since_epoch().count();
}

}  // namespace

TEST_CASE("points in time are read as people write them") {
  const auto midnight = 1'795'478'400 * second;
  CHECK(utc("now") == now);
  CHECK(utc("today") == midnight);
  CHECK(utc("yesterday") == midnight - 86'400 * second);
  CHECK(utc("10 min ago") == now - 600 * second);
  CHECK(utc("10min ago") == now - 600 * second);
  CHECK(utc("10 minutes ago") == now - 600 * second);
  CHECK(utc("1 hour ago") == now - 3600 * second);
  CHECK(utc("2 days ago") == now - 2 * 86'400 * second);
  CHECK(utc("90 seconds ago") == now - 90 * second);
  CHECK(utc("1.5h ago") == now - 5400 * second);
  CHECK(utc("-2h") == now - 7200 * second);
  CHECK(utc("2h") == now - 7200 * second);
  CHECK(utc("10 min") == now - 600 * second);
  CHECK(utc("+2h") == now + 7200 * second);
  CHECK(utc("2 hours ago") == now - 7200 * second);
  CHECK(utc("1 hour 30 min ago") == now - 5400 * second);
  CHECK(utc("1h30m ago") == now - 5400 * second);
  CHECK(utc("1 week 1 day ago") == now - 8 * 86'400 * second);
  CHECK(utc("30 seconds ago") == now - 30 * second);
  CHECK(utc("500ms ago") == now - second / 2);
  CHECK(utc("tomorrow") == midnight + 86'400 * second);
  CHECK(utc("yesterday 18:00") == midnight - 6 * 3600 * second);
  CHECK(utc("today 00:00:30") == midnight + 30 * second);
  CHECK(utc("12:30") == midnight + 45'000 * second);
  CHECK(utc("9:05") == midnight + 32'700 * second);
  CHECK(utc("12:30:01.25") == midnight + 45'001 * second + second / 4);
  CHECK(utc("2026-11-24") == midnight);
  CHECK(utc("2026-11-24 12:30") == midnight + 45'000 * second);
  CHECK(utc("2026-11-24T10:41:07.5") == now);
  CHECK(utc("2026-11-24T10:41:07.5Z") == now);
  CHECK(utc("2026-11-24T11:41:07.5+01:00") == now);
  CHECK(utc("2026-11-24T05:11:07.5-0530") == now);
  CHECK(utc("@1795516867.5") == now);
  CHECK(utc("@0") == 0);
  CHECK(utc("2024-02-29") == 1'709'164'800 * second);
}

TEST_CASE("what is no point in time is refused with the text quoted") {
  const auto* text = GENERATE("", "foo", "10", "10 ago", "10 moons ago", "minutes ago", "h", "1h x", "1..5h", "300 years ago", "+", "today ", "today12:00", "yesterday 25:00", "ago", " ago", "24:00", "12:60", "1:2", "2026-13-01", "2026-02-29", "2026-11-31", "2026-11-24x",
                              "2026-11-24 ", "2026-11-24T", "12:30:", "12:30:01.", "@", "@x", "@1x", "-", "forever ago", "2026-11-24T10:00+25:00",
                              "@99999999999999999999");
  CAPTURE(text);
  CHECK_THROWS_AS(utc(text), usage_error);
  CHECK_THROWS_WITH(utc(text), StartsWith('"' + std::string(text) + "\" is no time"));
}
