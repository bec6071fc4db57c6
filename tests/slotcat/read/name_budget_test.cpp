#include "read/name_budget.hpp"

#include <string>

#include "format/formatter.hpp"
#include "sample.hpp"
#include "support/catch.hpp"

using namespace slotcat;
using namespace slotcat::test;

TEST_CASE("names of usual length, and now and then a long one, are shown whole") {
  name_budget budget;
  auto record = sample_record();
  const std::string usual(name_budget::free_size, 'n');
  record.logger = usual;
  for (int i = 0; i < 100'000; ++i) REQUIRE(&budget.fit(record) == &record);
  const std::string longer(10'000, 'n');
  record.logger = longer;
  CHECK(&budget.fit(record) == &record);
}

TEST_CASE("long names are shown whole as often as wished beside texts that are as long") {
  name_budget budget;
  auto record = sample_record();
  const std::string text(1000, 't');
  record.logger = text;
  record.text = text;
  for (int i = 0; i < 10'000; ++i) REQUIRE(&budget.fit(record) == &record);
}

TEST_CASE("what thousands of records show that share one long name is in proportion to them") {
  // As many as fit a datagram of 64 KiB beside the name.
  const auto output = GENERATE(form::brief, form::full, form::json, form::logfmt);
  const std::string name(32'000, '\x1b');
  const auto f = make_formatter(options_for(output));
  name_budget budget;
  source_table sources([](const auto&) { return true; }, false);
  const mailslog::sender_info from{7, name, name, 1};
  auto record = sample_record(from);
  record.text = "";
  record.logger = name;
  record.source = {name, 1, name};
  record.attributes = {{name, true}};
  std::size_t shown = 0;
  for (int i = 0; i < 8000; ++i) {
    std::string text;
    f->record(text, budget.fit(record), sources.find(from), false);
    shown += text.size();
  }
  CHECK(shown < 8000 * 4000);
}

TEST_CASE("a shortened record is the same but for its long names") {
  name_budget budget;
  auto record = sample_record();
  record.text = "";
  const std::string name = "begin" + std::string(300'000, 'n') + "end";
  record.logger = name;
  const auto& fitting = budget.fit(record);
  REQUIRE(&fitting != &record);
  CHECK(fitting.logger.size() <= name_budget::short_size);
  CHECK_THAT(std::string(fitting.logger), StartsWith("beginn") && ContainsSubstring("…") && EndsWith("nend"));
  record.logger = "";
  auto rest = fitting;
  rest.logger = "";
  CHECK(line(form::json, rest) == line(form::json, record));
}
