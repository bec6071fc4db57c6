#include "read/tally.hpp"

#include <sstream>

#include "cli/values.hpp"
#include "sample.hpp"
#include "support/catch.hpp"

using namespace slotcat;
using namespace slotcat::test;

namespace {

std::string table(const tally& counts, std::size_t most = SIZE_MAX, std::size_t width = SIZE_MAX) {
  std::string text;
  counts.append_table(text, most, width);
  return text;
}

void count(tally& counts, mailslog::received_record record, int times) {
  const mailslog::sender_info from = *record.from;
  for (int i = 0; i < times; ++i) {
    std::string out;
    counts.record(out, record, source_of(from), false);
    CHECK(out.empty());
  }
}

}  // namespace

TEST_CASE("records are counted by what their fields say, the most frequent first") {
  tally counts({"app", "level", "path"});
  const mailslog::sender_info other{2, "plant8", "a longer name", 1};
  count(counts, sample_record(other), 2);
  count(counts, sample_record(), 3);
  auto error = sample_record();
  error.level = mailslog::level::error;
  error.attributes.clear();
  count(counts, error, 1);
  CHECK(table(counts) ==
        "   records  app            level    path\n"
        "         3  pump           warning  /x\n"
        "         2  a longer name  warning  /x\n"
        "         1  pump           error    \n");
}

TEST_CASE("kinds that differ only in what is too long to be shown are counted apart, and lines fit the screen") {
  tally counts({"path", "source"});
  for (const char* middle : {"a", "b"}) {
    auto record = sample_record();
    const auto path = std::string(100, 'x') + middle + std::string(100, 'y');
    record.attributes = {{"path", path}, {"evil", "\x1b[2J"}};
    count(counts, record, 2);
  }
  const auto whole = table(counts);
  CHECK_THAT(whole, ContainsSubstring("plant7/pump[4711]") && !ContainsSubstring("         4  "));
  std::istringstream lines(table(counts, SIZE_MAX, 30));
  for (std::string each; std::getline(lines, each);) CHECK(columns(each) <= 30);
}

TEST_CASE("of more kinds than there is room for the most frequent are shown, and the others counted") {
  tally counts({"ms"});
  for (int i = 0; i < 5; ++i) {
    auto record = sample_record();
    record.attributes = {{"ms", std::int64_t{i}}};
    count(counts, record, 10 - i);
  }
  CHECK(table(counts, 2) ==
        "   records  ms\n"
        "        10  0\n"
        "         9  1\n"
        "        21  (others)\n");
}

TEST_CASE("kinds that strangers invent take a bounded amount of memory, and each record is counted") {
  tally counts({"text"});
  auto record = sample_record();
  for (int i = 0; i < 20'000; ++i) {
    const auto text = std::string(1000, 'x') + std::to_string(i);
    record.text = text;
    std::string out;
    counts.record(out, record, source_of(plant7), false);
  }
  const auto text = table(counts);
  CHECK(text.size() < 2'000'000);
  CHECK_THAT(text, ContainsSubstring("     10000  (others)\n"));
}

TEST_CASE("what cannot be counted by is refused") {
  CHECK_THROWS_AS(tally({"app", ""}), usage_error);
  CHECK_THROWS_AS(tally({"time"}), usage_error);
  CHECK_THROWS_AS(tally({"attributes"}), usage_error);
}
