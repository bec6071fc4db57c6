#include "read/filter.hpp"

#include <cmath>
#include <cstdint>

#include "sample.hpp"
#include "support/catch.hpp"

using namespace slotcat;
using namespace slotcat::test;
using mailslog::level;

namespace {

bool matches(const char* condition, std::vector<mailslog::attribute> attributes) {
  return attribute_match(condition).matches(attributes);
}

bool source_matches(const char* glob, const mailslog::sender_info& sender = plant7) { return source_glob(glob).matches(sender); }

}  // namespace

TEST_CASE("the longest glob decides a logger's level") {
  logger_levels levels("net.*:debug,net.http:error,db:info..warning,*:off");
  REQUIRE(levels.find("net.tcp"));
  CHECK(levels.find("net.tcp")->has(level::debug));
  CHECK_FALSE(levels.find("net.http")->has(level::warning));
  CHECK(levels.find("net.http")->has(level::error));
  CHECK(levels.find("db")->has(level::info));
  CHECK_FALSE(levels.find("db")->has(level::error));
  CHECK_FALSE(levels.find("other")->has(level::critical));
  CHECK_FALSE(levels.find("")->has(level::critical));
}

TEST_CASE("of two globs of one length the later counts") {
  logger_levels levels("a*:error,*a:trace");
  CHECK(levels.find("aa")->has(level::trace));
}

TEST_CASE("loggers that no glob matches fall back to --level") {
  filter f;
  f.level = parse_levels("error");
  f.levels.emplace("db:debug");
  auto record = sample_record();
  record.level = level::info;
  CHECK(f.judge(record, true) == verdict::level);
  record.logger = "db";
  CHECK(f.judge(record, true) == verdict::shown);
}

TEST_CASE("answers for any number of loggers are right") {
  logger_levels levels("x1*:error,*:info");
  for (int i = 0; i < 25000; ++i) {
    const auto name = "x" + std::to_string(i);
    REQUIRE(levels.find(name)->has(level::info) == (name[1] != '1'));
  }
}

TEST_CASE("lists of levels that make no sense are refused") {
  CHECK_THROWS_WITH(logger_levels("net"), ContainsSubstring("\"net\" is not logger:level"));
  CHECK_THROWS_WITH(logger_levels(":debug"), ContainsSubstring("is not logger:level"));
  CHECK_THROWS_WITH(logger_levels("a:info,"), ContainsSubstring("is not logger:level"));
  CHECK_THROWS_WITH(logger_levels("a:loud"), ContainsSubstring("\"loud\" is not a level"));
  CHECK_THROWS_WITH(logger_levels("*:off"), ContainsSubstring("can never match"));
}

TEST_CASE("a source glob is for host/app[pid], or for any process of host/app") {
  CHECK(source_matches("plant7/pump[4711]"));
  CHECK(source_matches("plant7/pump"));
  CHECK(source_matches("*/pump"));
  CHECK(source_matches("plant?/*"));
  CHECK(source_matches("*[4711]"));
  CHECK_FALSE(source_matches("plant7/pum"));
  CHECK_FALSE(source_matches("*/pump[1]"));
}

TEST_CASE("a process cannot hide from a source glob behind a bracket in its name") {
  CHECK(source_matches("*/x[y", {1, "h", "x[y", 7}));
}

TEST_CASE("attributes are matched by value") {
  CHECK(matches("path=/x", {{"path", "/x"}}));
  CHECK_FALSE(matches("path=/x", {{"path", "/y"}}));
  CHECK_FALSE(matches("path=/x", {}));
  CHECK(matches("path=/x", {{"path", "/y"}, {"path", "/x"}}));
  CHECK(matches("empty=", {{"empty", ""}}));
  CHECK(matches("expr=a<b", {{"expr", "a<b"}}));
}

TEST_CASE("numbers are equal whatever their type and writing") {
  CHECK(matches("ms=812", {{"ms", std::int64_t{812}}}));
  CHECK(matches("ms=812.0", {{"ms", std::uint64_t{812}}}));
  CHECK(matches("ms=0.5", {{"ms", 0.5}}));
  CHECK(matches("on=true", {{"on", true}}));
  CHECK_FALSE(matches("on=1", {{"on", true}}));
  CHECK_FALSE(matches("id=7", {{"id", "007"}}));
}

TEST_CASE("unequal is true where no such value is") {
  CHECK(matches("path!=/x", {{"path", "/y"}}));
  CHECK(matches("path!=/x", {}));
  CHECK_FALSE(matches("path!=/x", {{"path", "/x"}}));
}

TEST_CASE("a bare key asks for presence, ~= for a regular expression") {
  CHECK(matches("path", {{"path", ""}}));
  CHECK_FALSE(matches("path", {{"Path", ""}}));
  CHECK(matches("path~=^/X?x$", {{"path", "/x"}}));
  CHECK(matches("ms~=^8", {{"ms", std::int64_t{812}}}));
  CHECK_FALSE(matches("path~=z", {{"path", "/x"}}));
}

TEST_CASE("numbers are compared, also those sent as text") {
  CHECK(matches("ms>500", {{"ms", std::int64_t{812}}}));
  CHECK_FALSE(matches("ms>812", {{"ms", std::int64_t{812}}}));
  CHECK(matches("ms>=812", {{"ms", std::int64_t{812}}}));
  CHECK(matches("ms<1e3", {{"ms", "812"}}));
  CHECK(matches("ms<=812", {{"ms", 812.0}}));
  CHECK_FALSE(matches("ms<1000", {{"ms", "soon"}}));
  CHECK_FALSE(matches("ms<1000", {}));
}

TEST_CASE("whole numbers are compared digit by digit, however large they are") {
  const mailslog::attribute id{"id", std::int64_t{1763556497161513791}};
  CHECK(matches("id=1763556497161513791", {id}));
  CHECK_FALSE(matches("id=1763556497161513792", {id}));
  CHECK(matches("id!=1763556497161513790", {id}));
  CHECK(matches("id>1763556497161513790", {id}));
  CHECK_FALSE(matches("id<=1763556497161513790", {id}));
  CHECK(matches("id>1763556497161513790", {{"id", "1763556497161513791"}}));  // sent as text
  CHECK(matches("id=18446744073709551615", {{"id", std::uint64_t{18446744073709551615U}}}));
  CHECK(matches("id<18446744073709551615", {id}));
  CHECK(matches("id<18446744073709551615", {{"id", std::int64_t{-1}}}));
  CHECK(matches("id>-9223372036854775808", {{"id", std::uint64_t{0}}}));
}

TEST_CASE("a whole number and a fraction are compared exactly") {
  CHECK(matches("n=9007199254740992.0", {{"n", std::int64_t{9007199254740992}}}));
  CHECK_FALSE(matches("n=9007199254740992.0", {{"n", std::int64_t{9007199254740993}}}));
  CHECK(matches("n>9007199254740992.0", {{"n", std::int64_t{9007199254740993}}}));
  CHECK(matches("n<-1.5", {{"n", std::int64_t{-2}}}));
  CHECK(matches("n>-1.5", {{"n", std::int64_t{-1}}}));
  CHECK(matches("n<1e300", {{"n", std::uint64_t{18446744073709551615U}}}));
  CHECK_FALSE(matches("n=-9223372036854775809", {{"n", std::int64_t{INT64_MIN}}}));
  CHECK(matches("n>-9223372036854775809", {{"n", std::int64_t{INT64_MIN}}}));
  CHECK(matches("n=-9223372036854775808.0", {{"n", std::int64_t{INT64_MIN}}}));
  CHECK(matches("n>1e300", {{"n", HUGE_VAL}}));
  CHECK(matches("n<0", {{"n", -HUGE_VAL}}));
  CHECK_FALSE(matches("n<0", {{"n", std::nan("")}}));
  CHECK(matches("n>-1e300", {{"n", std::int64_t{0}}}));
  CHECK(matches("n<2", {{"n", 1.75}}));
  CHECK(matches("n=0.1", {{"n", 0.1}}));
}

TEST_CASE("a text may begin with a sign") {
  for (const auto* text : {"<none>", ">", "<", "~", "~/x", "~me/x", ">x"}) {
    CAPTURE(text);
    CHECK(matches(("tag=" + std::string(text)).c_str(), {{"tag", std::string_view(text)}}));
  }
}

TEST_CASE("conditions that make no sense are refused") {
  CHECK_THROWS_WITH(attribute_match(""), ContainsSubstring("names no attribute"));
  CHECK_THROWS_WITH(attribute_match("=5"), ContainsSubstring("names no attribute"));
  CHECK_THROWS_WITH(attribute_match("ms>fast"), ContainsSubstring("\"fast\" is not a number"));
  CHECK_THROWS_WITH(attribute_match("a!b"), ContainsSubstring("after the key \"a\" accepted are"));
  CHECK_THROWS_WITH(attribute_match("a~=("), ContainsSubstring("is not a regular expression"));
}

TEST_CASE("each filter says that it hid a record, the cheap ones first") {
  filter f;
  f.show_partial = false;
  f.level = parse_levels("warning");
  f.sources.emplace_back("*/pump");
  f.excluded_sources.emplace_back("*[1]");
  f.matches.emplace_back("ms>500");
  f.matches.emplace_back("path");
  f.grep.emplace_back("took");
  f.grep.emplace_back("never there");
  f.exclude.emplace_back("short");

  auto record = sample_record();
  const auto judge = [&] { return f.judge(record, f.source_passes(*record.from)); };
  CHECK(judge() == verdict::shown);
  record.text = "took short";
  CHECK(judge() == verdict::exclude);
  record.text = "nothing";
  CHECK(judge() == verdict::grep);
  record.attributes.pop_back();
  CHECK(judge() == verdict::match);
  const mailslog::sender_info excluded{2, "plant7", "pump", 1};
  record.from = &excluded;
  CHECK(judge() == verdict::source);
  record.level = level::info;
  CHECK(judge() == verdict::level);
  record.missing.push_back({0, 1});
  CHECK(judge() == verdict::partial);
}

TEST_CASE("patterns see a text without its colours and line ends") {
  filter f;
  f.grep.emplace_back("^server ready$");
  auto record = sample_record();
  record.text = "\x1b[32mserver\x1b[0m ready\r";
  CHECK(f.judge(record, true) == verdict::shown);
}

TEST_CASE("a record without its start is incomplete") {
  filter f;
  auto record = sample_record();
  record.start_missing = true;
  CHECK(f.judge(record, true) == verdict::shown);
  f.show_partial = false;
  CHECK(f.judge(record, true) == verdict::partial);
}

TEST_CASE("foreign messages are shown on request, and filtered as info") {
  filter f;
  const mailslog::foreign_message message{a_time, "192.0.2.7:50123", "hello"};
  CHECK(f.judge(message) == verdict::foreign);
  f.show_foreign = true;
  CHECK(f.judge(message) == verdict::shown);

  SECTION("level") {
    f.level = parse_levels("notice");
    CHECK(f.judge(message) == verdict::level);
  }
  SECTION("source") {
    f.sources.emplace_back("192.0.2.*");
    CHECK(f.judge(message) == verdict::shown);
    f.excluded_sources.emplace_back("*:50123");
    CHECK(f.judge(message) == verdict::source);
  }
  SECTION("source by the name that it claims") {
    f.sources.emplace_back("WINBOX@*");
    CHECK(f.judge(message) == verdict::source);
    CHECK(f.judge(mailslog::foreign_message{a_time, "192.0.2.7:138", "hello", "WINBOX"}) == verdict::shown);
  }
  SECTION("attributes") {
    f.matches.emplace_back("path");
    CHECK(f.judge(message) == verdict::match);
  }
  SECTION("text") {
    f.grep.emplace_back("bye");
    CHECK(f.judge(message) == verdict::grep);
  }
}

TEST_CASE("a condition on a field of the record looks there, and at attributes of that name") {
  const auto holds = [](const char* condition) { return attribute_match(condition).matches(sample_record()); };
  for (const auto* condition : {"level=warn", "level=WARNING", "level>info", "level<=warning", "level!=error", "level~=^war", "logger=net.http", "logger~=http",
                                "thread=4712", "thread>4711", "host=plant7", "app=pump", "pid=4711", "pid", "file=http.cpp", "line=88", "function=get",
                                "path=/x", "host!=plant8"}) {
    CAPTURE(condition);
    CHECK(holds(condition));
  }
  for (const auto* condition : {"level=error", "level<info", "level!=warn", "logger=net", "thread=1", "host!=plant7", "pid!=4711", "file=main.cpp", "color"}) {
    CAPTURE(condition);
    CHECK_FALSE(holds(condition));
  }
  auto record = sample_record();
  record.attributes = {{"host", "elsewhere"}};
  record.source.file = "/usr/src/http.cpp";
  CHECK(attribute_match("host=elsewhere").matches(record));
  CHECK(attribute_match("host=plant7").matches(record));
  CHECK(attribute_match("file=http.cpp").matches(record));
  CHECK(attribute_match("file=/usr/src/http.cpp").matches(record));
}

TEST_CASE("a source without a slash is an app, of whatever host") {
  CHECK(source_glob("pump").matches(plant7));
  CHECK(source_glob("pu*").matches(plant7));
  CHECK(source_glob("pump[4711]").matches(plant7));
  CHECK_FALSE(source_glob("pum").matches(plant7));
  CHECK_FALSE(source_glob("plant7").matches(plant7));
  CHECK_THROWS_AS(source_glob(""), usage_error);
  const mailslog::sender_info unknown{0x2a, "", "", 0};
  CHECK(source_glob("000000000000002a").matches(unknown));
}
