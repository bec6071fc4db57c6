#include "send/json_record.hpp"

#include <memory>
#include <string>

#include "format/formatter.hpp"
#include "sample.hpp"
#include "support/catch.hpp"

using namespace slotcat;
using namespace slotcat::test;

namespace {

constexpr auto a_record = json_record::kind::record;

std::string pairs(const mailslog::record& r) {
  std::string all;
  for (const auto& each : r.attributes) all += std::string(each.name) + '#' + std::to_string(each.value.index()) + ' ';
  return all;
}

}  // namespace

TEST_CASE("a record that was written as JSON is read back") {
  json_record in;
  auto original = sample_record();
  original.attributes = {{"path", "/x"}, {"ms", std::int64_t{-812}}, {"big", std::uint64_t{18446744073709551615U}}, {"part", 0.25}, {"on", true}};
  REQUIRE(in.read(line(form::json, original)) == a_record);
  const auto& r = in.record();
  CHECK(r.time == original.time);
  CHECK(r.level == original.level);
  CHECK(r.logger == original.logger);
  CHECK(r.text == original.text);
  CHECK(r.thread == original.thread);
  CHECK(r.source.file == "http.cpp");
  CHECK(r.source.line == 88);
  CHECK(r.source.function == "get");
  CHECK(in.app() == "pump");
  // Values keep their types; the sender's host and process id come after them.
  CHECK(pairs(r) == "path#0 ms#1 big#2 part#3 on#4 host#0 pid#1 ");
  CHECK(std::get<std::int64_t>(r.attributes[1].value) == -812);
  CHECK(std::get<std::uint64_t>(r.attributes[2].value) == 18446744073709551615U);
  CHECK(std::get<std::string_view>(r.attributes[5].value) == "plant7");
}

TEST_CASE("times are read with all their digits, and before 1970") {
  json_record in;
  const auto time_in = [&](const std::string& text) {
    REQUIRE(in.read(R"({"type":"record","time":")" + text + R"(","message":"x"})") == a_record);
    return in.record().time.time_since_epoch().count();
  };
  CHECK(time_in("1970-01-01T00:00:00.000000001Z") == 1);
  CHECK(time_in("1970-01-02T00:00:00Z") == 86'400'000'000'000);
  CHECK(time_in("1969-12-31T23:59:59.5Z") == -500'000'000);
  CHECK(time_in("2262-04-11T23:47:15Z") == 9'223'372'035'000'000'000);
  CHECK(time_in("2024-02-29T12:00:00Z") == 1'709'208'000'000'000'000);
}

TEST_CASE("days that no calendar has and years that nanoseconds do not reach are refused") {
  const auto* time = GENERATE("2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-45T00:00:00Z", "2026-01-00T00:00:00Z", "2026-02-29T00:00:00Z",
                              "2026-04-31T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z", "2026-01-01T-1:00:00Z",
                              "0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z");
  CAPTURE(time);
  json_record in;
  CHECK(in.read(R"({"type":"record","time":")" + std::string(time) + R"(","message":"x"})") == json_record::kind::none);
}

TEST_CASE("words of loss and of crashes are passed over, foreign messages become records") {
  json_record in;
  CHECK(in.read(line(form::json, mailslog::gap{&plant7, 7, 9, 3, 0})) == json_record::kind::notice);
  std::string crash;
  make_formatter(options_for(form::json))->crash(crash, mailslog::ended{&plant7, false, 7}, source_of(plant7));
  CHECK(in.read(crash) == json_record::kind::notice);
  REQUIRE(in.read(line(form::json, mailslog::foreign_message{a_time, "192.0.2.7:50123", "hello"})) == a_record);
  CHECK(in.record().text == "hello");
}

TEST_CASE("what slotcat did not write is told apart") {
  json_record in;
  for (const auto* text : {"", "x", "{", "[]", "1", "{}", R"({"type":"record"})", R"({"type":"record","time":"soon","message":"x"})",
                           R"({"type":"other","time":"1970-01-01T00:00:00Z","message":"x"})", R"({"type":"record","time":"1970-01-01T00:00:00Z","message":1})"}) {
    CAPTURE(text);
    CHECK(in.read(text) == json_record::kind::none);
  }
  const std::string deep(100'000, '[');
  CHECK(in.read(deep) == json_record::kind::none);
}
