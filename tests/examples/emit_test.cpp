#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "sinks/listener.hpp"
#include "support/process.hpp"

using namespace mailslog::test;

namespace {

const std::vector<std::string> ways = {
    "core",
#ifdef EMIT_SPDLOG
    "spdlog",
#endif
#ifdef EMIT_BOOST_LOG
    "boost",
#endif
};

finished emit(std::vector<std::string> options) {
  options.insert(options.begin(), program("emit"));
  return run(options);
}

}  // namespace

TEST_CASE("emit posts numbered texts of the wanted size from several threads, each thread's in order") {
  const std::string via = GENERATE(from_range(ways));
  CAPTURE(via);
  constexpr int count = 1000;
  constexpr int threads = 3;
  listener slot;
  const auto ended = emit({"--via", via, "--to", slot.address(), "--count", "1000", "--threads", "3", "--size", "100"});
  CHECK(ended.code == 0);
  CHECK(text_of(ended.err) == "emit: 1000 written, 0 dropped\n");

  std::vector<int> next = {0, 1, 2};
  for (int i = 0; i < count; ++i) {
    const auto& record = slot.next();
    REQUIRE(record.logger == "emit");
    const std::string text(record.text);
    REQUIRE(text.size() == 100);
    int number = -1;
    int thread = -1;
    REQUIRE(std::sscanf(text.c_str(), "record %d of thread %d ", &number, &thread) == 2);
    REQUIRE((thread >= 0 && thread < threads));
    REQUIRE(number == next[static_cast<std::size_t>(thread)]);
    next[static_cast<std::size_t>(thread)] += threads;
  }
  CHECK(next == std::vector<int>{1002, 1000, 1001});
}

TEST_CASE("emit posts each line of a file, whatever bytes are in it") {
  const std::string via = GENERATE(from_range(ways));
  CAPTURE(via);
  std::vector<std::string> lines = {"first", "", std::string("zero \0 here", 11)};
  lines.insert(lines.end(), {"esc \x1b[31m", "bad utf-8 \xff\xfe", "  blanks  "});
  lines.emplace_back(20'000, 'x');
  lines.emplace_back("the last line has no end");
  const scratch_folder folder;
  {
    std::ofstream file(folder / "lines", std::ios::binary);
    for (const auto& line : lines) file << line << (&line == &lines.back() ? "" : "\n");
  }
  listener slot;
  CHECK(emit({"--via", via, "--to", slot.address(), "--from", folder / "lines"}).code == 0);
  CHECK((slot.texts(lines.size()) == lines));
}

TEST_CASE("emit says how many records it dropped") {
  const std::string via = GENERATE(from_range(ways));
  CAPTURE(via);
  const scratch_folder folder;
  // Too large for a record, with what belongs to it.
  const auto ended = emit({"--via", via, "--to", scratch_name(), "--count", "3", "--size", "16M"});
  CHECK(ended.code == 0);
  CHECK_THAT(text_of(ended.err), EndsWith(" 3 dropped\n"));
}

TEST_CASE("emit refuses what makes no sense, and says what") {
  const scratch_folder folder;
  const auto [options, complaint] = GENERATE(table<std::vector<std::string>, std::string>({
      {{"--count", "1"}, "--to"},
      {{"--to", "a|b"}, "'|'"},
      {{"--to", "a?limt=1"}, "limt"},
      {{"--to", "a", "--via", "pigeon"}, "pigeon"},
      {{"--to", "a", "--count", "-1"}, "--count"},
      {{"--to", "a", "--count", "many"}, "--count"},
      {{"--to", "a", "--size", "17M"}, "--size"},
      {{"--to", "a", "--size", "-1"}, "--size"},
      {{"--to", "a", "--rate", "-1"}, "--rate"},
      {{"--to", "a", "--threads", "0"}, "--threads"},
      {{"--to", "a", "--from", "/nowhere/lines"}, "/nowhere/lines"},
      {{"--to", "a", "--from", "/dev/null", "--count", "1"}, "--from"},
      {{"--to", "a", "b"}, "b"},
  }));
  const auto ended = emit(options);
  CHECK(ended.code == 2);
  CHECK(ended.out.empty());
  CHECK_THAT(ended.err, ContainsSubstring(complaint));
}
