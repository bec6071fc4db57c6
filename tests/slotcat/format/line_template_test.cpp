#include "format/line_template.hpp"

#include "cli/values.hpp"
#include "sample.hpp"
#include "support/catch.hpp"

using namespace slotcat;
using namespace slotcat::test;

namespace {

format_options with_template(std::string_view text) {
  auto options = options_for(form::by_template);
  options.line = line_template(text);
  return options;
}

}  // namespace

TEST_CASE("a template's names are replaced by what the record says, and all else stays") {
  const auto record = sample_record();
  CHECK(line(with_template("{time} {level} {source}: {text} ({path}, {ms})"), record) ==
        "10:41:07.123 warning plant7/pump[4711]: request took too long (/x, 812)\n");
  CHECK(line(with_template("{{{app}}} {missing}."), record) == "{pump} .\n");
  auto with_colon = record;
  with_colon.attributes = {{"http:status", std::int64_t{200}}};
  CHECK(line(with_template("{http:status}|{http:status:5}|"), with_colon) == "200|200  |\n");
}

TEST_CASE("a number in a template pads to so many cells") {
  auto record = sample_record();
  record.logger = "日本";
  CHECK(line(with_template("{level:9}|{logger:6}|{app:2}|"), record) == "warning  |日本  |pump|\n");
}

TEST_CASE("a template's line is safe to print, of one line, and what is no record has a line, too") {
  auto record = sample_record();
  record.text = "one\ntwo\x1b]0;x\a";
  CHECK(line(with_template("{text}"), record) == "one\\x0atwo\\x1b]0;x\\x07\n");
  std::string text;
  make_formatter(with_template("{source} {text}"))->foreign(text, {a_time, "192.0.2.7:5", "hello", ""});
  CHECK(text == "192.0.2.7:5 hello\n");
  mailslog::gap gap;
  gap.from = &plant7;
  gap.first = 5;
  gap.last = 6;
  gap.lost = 2;
  text.clear();
  make_formatter(with_template("{text}"))->gap(text, gap, source_of(plant7));
  CHECK(text == "-- 2 records missing from plant7/pump[4711], #5..#6: 2 lost on the way\n");
}

TEST_CASE("of a large record a template holds no more than a part at a time") {
  auto record = sample_record();
  const std::string large(1'000'000, '\x01');  // which takes four times as much when it is shown
  record.text = large;
  record.attributes = {{"path", large}};
  const auto f = make_formatter(with_template("{text:5}|{path}"));
  std::size_t most = 0, all = 0;
  f->spill_to([&](std::string& out) {
    most = std::max(most, out.size());
    all += out.size();
    out.clear();
  });
  const auto rest = line(*f, record);
  CHECK(most < 400'000);
  CHECK(all + rest.size() == 8 * large.size() + 2);
}

TEST_CASE("what is no template is refused, and quoted") {
  for (const char* text : {"", "no field", "{text", "text}", "{}", "{text:0}", "{text:99999}", "{:5}", "{attributes}"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(line_template(text), usage_error);
  }
  CHECK_THROWS_WITH(line_template("{text"), ContainsSubstring("\"{text\" is no template: there is a { without its }"));
}
