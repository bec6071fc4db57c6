#include "examples/quickstart.hpp"

using namespace mailslog;
using namespace mailslog::test;

TEST_CASE("spdlog_hello posts from a logger of its own and from one that was there") {
  listener slot;
  CHECK(run({program("spdlog_hello"), slot.address()}).code == 0);
  const auto& hello = slot.next();
  CHECK(hello.text == "hello, world");
  CHECK(hello.logger == "greeter");
  CHECK(hello.from->app == "spdlog_hello");

  // Two sinks are two senders, whose records have no order.
  bool located = false;
  bool again = false;
  for (int i = 0; i < 2; ++i) {
    const auto& record = slot.next();
    if (record.level == level::warning) {
      CHECK_THAT(std::string(record.source.file), EndsWith("spdlog_hello.cpp"));
      CHECK(record.source.line > 0);
      located = true;
    } else {
      CHECK(record.level == level::error);
      CHECK(record.text == "hello again");
      again = true;
    }
  }
  CHECK(located);
  CHECK(again);
}

TEST_CASE("quickstart_spdlog posts all levels, a source location, and long, multi-line and UTF-8 texts") {
  listener slot;
  CHECK(run({program("quickstart_spdlog"), slot.address()}).code == 0);
  for (const auto expected : {level::trace, level::debug, level::info, level::warning, level::error, level::critical}) {
    CHECK(slot.next().level == expected);
  }
  CHECK_THAT(std::string(slot.next().source.file), EndsWith("quickstart_spdlog.cpp"));
  check_sample_texts(slot);
}

TEST_CASE("quickstart_spdlog posts the lines of a file") { check_posts_lines("quickstart_spdlog"); }

TEST_CASE("quickstart_spdlog and spdlog_hello explain what is wrong with their arguments") {
  check_bad_usage("quickstart_spdlog");
  const auto ended = run({program("spdlog_hello"), "a|b"});
  CHECK(ended.code == 2);
  CHECK_THAT(ended.err, ContainsSubstring("a|b"));
}
