#include <string>
#include <vector>

#include "examples/quickstart.hpp"

using namespace mailslog;
using namespace mailslog::test;

TEST_CASE("spdlog_hello posts from a logger of its own and from one that was there") {
  listener slot;
  CHECK(run({program("spdlog_hello"), slot.address()}).code == 0);

  // Two sinks are two senders: only each one's records come in order.
  std::vector<std::string> greeter;
  std::vector<std::string> other;
  for (int i = 0; i < 3; ++i) {
    const auto& record = slot.next();
    CHECK(record.from->app == "spdlog_hello");
    (record.logger == "greeter" ? greeter : other).push_back(std::string(to_string(record.level)) + ": " + std::string(record.text));
    if (record.level == level::warning) {
      CHECK_THAT(std::string(record.source.file), EndsWith("spdlog_hello.cpp"));
      CHECK(record.source.line > 0);
    }
  }
  CHECK(greeter == std::vector<std::string>{"info: hello, world", "warning: the reader sees where this came from"});
  CHECK(other == std::vector<std::string>{"error: hello again"});
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
