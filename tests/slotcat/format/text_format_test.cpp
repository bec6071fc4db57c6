#include <algorithm>
#include <chrono>
#include <string>

#include "format/colour.hpp"
#include "format/formatter.hpp"
#include "sample.hpp"
#include "support/catch.hpp"

using namespace slotcat;
using namespace slotcat::test;
using namespace std::chrono_literals;
using mailslog::level;

namespace {

// Whatever comes before the text of the sample record.
const std::string prefix = "10:41:07.123 WARN  plant7/pump[4711] net.http  ";

mailslog::received_record with_text(std::string_view text) {
  auto record = sample_record();
  record.text = text;
  record.attributes.clear();
  return record;
}

format_options coloured(form output) {
  auto options = options_for(output);
  options.colour = true;
  return options;
}

}  // namespace

TEST_CASE("the default line is that of the documentation") {
  CHECK(line(form::brief, sample_record()) == prefix + "request took too long  path=/x ms=812\n");
}

TEST_CASE("a short logger name is filled up to eight columns, a long one pushes the text") {
  auto record = with_text("x");
  record.logger = "main";
  CHECK(line(form::brief, record) == "10:41:07.123 WARN  plant7/pump[4711] main      x\n");
  record.logger = "";
  CHECK(line(form::brief, record) == "10:41:07.123 WARN  plant7/pump[4711]           x\n");
  record.logger = "net.http.client";
  CHECK(line(form::brief, record) == "10:41:07.123 WARN  plant7/pump[4711] net.http.client  x\n");
}

TEST_CASE("level words are five wide") {
  auto record = sample_record();
  std::string words;
  for (int i = 0; i < 7; ++i) {
    record.level = static_cast<level>(i);
    words += line(form::brief, record).substr(13, 6);
  }
  CHECK(words == "TRACE DEBUG INFO  NOTE  WARN  ERROR CRIT  ");
}

TEST_CASE("the second line of a text stands under the first") {
  const std::string under(prefix.size(), ' ');
  CHECK(line(form::brief, with_text("one\ntwo\n")) == prefix + "one\n" + under + "two\n" + under + "\n");
}

TEST_CASE("the indentation counts characters, not bytes") {
  const mailslog::sender_info from{1, "grün", "ü", 1};
  auto record = with_text("1\n2");
  record.from = &from;
  record.logger = "größe";
  CHECK(line(form::brief, record) == "10:41:07.123 WARN  grün/ü[1] größe     1\n" + std::string(39, ' ') + "2\n");
}

TEST_CASE("the date stands on a line of its own when it changes") {
  const auto f = make_formatter(options_for(form::brief));
  auto record = with_text("x");
  CHECK(line(*f, record) == prefix + "x\n");
  record.time += 24h;
  CHECK(line(*f, record) == "-- 2026-11-25\n" + prefix + "x\n");
  CHECK(line(*f, record) == prefix + "x\n");
}

TEST_CASE("short-iso has whole dates and no lines for them") {
  auto record = with_text("x");
  record.time += 24h;
  CHECK(line(form::brief_iso, record) == "2026-11-25T10:41:07.123456Z WARN  plant7/pump[4711] net.http  x\n");
}

TEST_CASE("full adds thread, source location and sequence number") {
  CHECK(line(form::full, sample_record()) ==
        prefix + "request took too long  path=/x ms=812  (thread 4712, http.cpp:88 get, #1042)\n");
  auto record = with_text("x");
  record.thread = 0;
  record.source = {};
  CHECK(line(form::full, record) == prefix + "x  (#1042)\n");
  record.source.file = "a.cpp";
  CHECK(line(form::full, record) == prefix + "x  (a.cpp, #1042)\n");
}

TEST_CASE("cat is the text and nothing else") {
  CHECK(line(form::cat, sample_record()) == "request took too long\n");
  CHECK(line(form::cat, with_text("one\ntwo")) == "one\ntwo\n");
  CHECK(line(form::cat, with_text("")) == "\n");
}

TEST_CASE("nothing that arrives can start a line, a column or a terminal command") {
  const mailslog::sender_info from{1, "h\n-- 9 records", "a b\x1b[2J", 1};
  auto record = sample_record(from);
  record.logger = "l\nERROR";
  record.text = "t\x0b\x1b]0;x\x07\xff";
  record.attributes = {{"k\n", "v\x1b"}};
  record.source = {"f\n.cpp", 1, "g\x1b"};
  const auto text = line(form::full, record);
  CHECK(text == "10:41:07.123 WARN  h\\x0a--\\x209\\x20records/a\\x20b\\x1b[2J[1] l\\x0aERROR  t\\x0b\\x1b]0;x\\x07\\xff"
                "  \"k\\n\"=\"v\\x1b\"  (thread 4712, f\\x0a.cpp:1 g\\x1b, #1042)\n");
}

TEST_CASE("raw passes what arrives") {
  auto options = options_for(form::brief);
  options.mode = neutral::no;
  CHECK(line(options, with_text("\x1b[1m\xff")) == prefix + "\x1b[1m\xff\n");
}

TEST_CASE("holes of an incomplete record are marked where they are") {
  auto record = with_text("query failed: SELECTFROM t");
  record.missing = {{20, 212}};
  CHECK(line(form::brief, record) == prefix + "query failed: SELECT … [212 of 238 bytes missing] … FROM t\n");
}

TEST_CASE("holes at the ends and beside each other are marked") {
  auto record = with_text("abcd");
  record.missing = {{0, 10}, {12, 5}, {19, 3}};
  CHECK(line(form::cat, record) ==
        "[10 of 22 bytes missing] … ab … [5 of 22 bytes missing] … cd … [3 of 22 bytes missing]\n");
  record.text = "";
  record.missing = {{0, 10}};
  CHECK(line(form::cat, record) == "[10 of 10 bytes missing]\n");
}

TEST_CASE("a hole inside a character escapes its halves") {
  auto record = with_text("\xc3\xbc");
  record.missing = {{1, 4}};
  CHECK(line(form::cat, record) == "\\xc3 … [4 of 6 bytes missing] … \\xbc\n");
}

TEST_CASE("holes that contradict the text do no harm") {
  auto record = with_text("ab");
  record.missing = {{100, 5}, {50, 1}};
  CHECK(line(form::cat, record) == "ab … [5 of 8 bytes missing] … [1 of 8 bytes missing]\n");
}

TEST_CASE("a record that came too late for its place says so") {
  CHECK(line(form::brief, with_text("x"), true) == prefix + "x  [late]\n");
}

TEST_CASE("loss notices say how many, from whom, which, and why") {
  CHECK(line(form::brief, mailslog::gap{&plant7, 1042, 1044, 2, 1}) ==
        "-- 3 records missing from plant7/pump[4711], #1042..#1044: 2 lost on the way, 1 dropped by the sender\n");
  CHECK(line(form::cat, mailslog::gap{&plant7, 7, 7, 1, 0}) ==
        "-- 1 record missing from plant7/pump[4711], #7: 1 lost on the way\n");
  const mailslog::sender_info unknown{0x2a, "", "", 0};
  CHECK(line(form::full, mailslog::gap{&unknown, 0, 9, 0, 10}) ==
        "-- 10 records missing from sender 000000000000002a, #0..#9: 10 dropped by the sender\n");
}

TEST_CASE("foreign messages stand in the same columns") {
  CHECK(line(form::brief, mailslog::foreign_message{a_time, "192.0.2.7:50123", "a\nb\x1b"}) ==
        "10:41:07.123 TEXT  192.0.2.7:50123           a\n" + std::string(45, ' ') + "b\\x1b\n");
  CHECK(line(form::brief, mailslog::foreign_message{a_time, "", "a"}) == "10:41:07.123 TEXT  ?           a\n");
  CHECK(line(form::brief, mailslog::foreign_message{a_time, "192.0.2.7:138", "a", "WIN\x1b"}) ==
        "10:41:07.123 TEXT  WIN\\x1b@192.0.2.7:138           a\n");
  CHECK(line(form::cat, mailslog::foreign_message{a_time, "x", "a"}) == "a\n");
}

TEST_CASE("colours decorate level, text and source") {
  auto record = with_text("x");
  const std::string source_colour(colour::sources(colour::depth::basic).of(1));
  CHECK(line(coloured(form::brief), record) == "10:41:07.123 \x1b[33mWARN \x1b[0m " + source_colour +
                                                   "plant7/pump[4711]\x1b[0m net.http  x\n");
  record.level = level::info;
  CHECK(line(coloured(form::brief), record) ==
        "10:41:07.123 INFO  " + source_colour + "plant7/pump[4711]\x1b[0m net.http  x\n");
}

TEST_CASE("colours do not change the indentation") {
  auto record = with_text("1\n2");
  record.level = level::info;
  CHECK_THAT(line(coloured(form::brief), record), EndsWith("1\n" + std::string(prefix.size(), ' ') + "2\n"));
}

TEST_CASE("loss notices are magenta") {
  std::string text;
  make_formatter(coloured(form::brief))->gap(text, mailslog::gap{&plant7, 7, 7, 1, 0}, source_of(plant7));
  CHECK(text == "\x1b[35m-- 1 record missing from plant7/pump[4711], #7: 1 lost on the way\x1b[0m\n");
}

TEST_CASE("a crash is told in the colour of loss notices, with the slot where there are several") {
  auto options = coloured(form::brief);
  options.theme = colour::theme("gap=36");
  std::string text;
  const auto f = make_formatter(options);
  f->in_slot("lab");
  f->crash(text, mailslog::ended{&plant7}, source_of(plant7));
  CHECK(text == "\x1b[36m-- crashed: plant7/pump[4711] of lab ended without saying so\x1b[0m\n");
}

TEST_CASE("what matches is marked, overlapping patterns once") {
  auto options = coloured(form::cat);
  options.highlight = {regex("took"), regex("to+")};
  auto record = with_text("it took too long");
  record.level = level::info;
  CHECK(line(options, record) == "it \x1b[7mtook\x1b[27m \x1b[7mtoo\x1b[27m long\n");
  options.colour = false;
  CHECK(line(options, record) == "it took too long\n");
}

TEST_CASE("attributes of a text of several lines stand on its first") {
  auto record = sample_record();
  record.text = "one\ntwo";
  CHECK(line(form::brief, record) == prefix + "one  path=/x ms=812\n" + std::string(prefix.size(), ' ') + "two\n");
}

TEST_CASE("on a screen names are short, and texts begin in one column") {
  auto options = options_for(form::brief);
  options.width = [] { return std::size_t{80}; };
  const auto f = make_formatter(options);
  auto record = with_text("x");
  CHECK(line(*f, record) == "10:41:07.123 WARN  pump net.http  x\n");
  const mailslog::sender_info other{2, "plant7", "compressor", 1};
  auto second = with_text("y");
  second.from = &other;
  second.logger = "db";
  CHECK(line(*f, second) == "10:41:07.123 WARN  compressor db        y\n");
  CHECK(line(*f, record) == "10:41:07.123 WARN  pump       net.http  x\n");
}

TEST_CASE("on a screen of 80 cells the usual line leaves 45 for the text") {
  auto options = options_for(form::brief);
  options.width = [] { return std::size_t{80}; };
  const auto text = line(options, with_text(std::string(45, 'x')));
  CHECK(std::count(text.begin(), text.end(), '\n') == 1);
}

TEST_CASE("on a screen long lines wrap under the text") {
  auto options = options_for(form::brief);
  options.width = [] { return std::size_t{60}; };
  const std::string start = "10:41:07.123 WARN  pump net.http  ";
  CHECK(line(options, with_text("a request took much longer than it should")) ==
        start + "a request took much longer\n" + std::string(start.size(), ' ') + "than it should\n");
  options.long_lines = wrap::none;
  CHECK(line(options, with_text("a request took much longer than it should")) == start + "a request took much longer than it should\n");
  options.long_lines = wrap::chop;
  CHECK(line(options, with_text("a request took much longer than it should")) == start + "a request took much longe…\n");
}

TEST_CASE("what takes the square of a text's size to mark is marked as far as that is cheap") {
  auto options = coloured(form::cat);
  options.highlight = {regex("a(.*z)?"), regex("never there")};
  const std::string text(1'000'000, 'a');
  auto record = with_text(text);
  record.level = level::info;
  auto marked = line(options, record);
  std::size_t marks = 0;
  for (const auto sequence : {colour::highlight_on, colour::highlight_off}) {
    for (std::size_t at = 0; (at = marked.find(sequence, at)) != std::string::npos; ++marks) marked.erase(at, sequence.size());
  }
  CHECK(marks > 100);
  CHECK(marks < 10'000);
  CHECK(marked == text + "\n");
}

TEST_CASE("lines of Windows and progress bars are shown as they were left") {
  const std::string under(prefix.size(), ' ');
  CHECK(line(form::brief, with_text("one\r\ntwo\r")) == prefix + "one\n" + under + "two\n");
  CHECK(line(form::cat, with_text("10 %\r50 %\r100 %")) == "100 %\n");
  CHECK(line(form::cat, mailslog::foreign_message{a_time, "x", "a\r\nb"}) == "a\nb\n");
  auto raw = options_for(form::cat);
  raw.mode = neutral::no;
  CHECK(line(raw, with_text("10 %\r100 %")) == "10 %\r100 %\n");
}

TEST_CASE("colours of a text are taken out, kept or shown") {
  auto options = options_for(form::cat);
  const auto record = [] {
    auto r = with_text("a \x1b[32mgreen\x1b[0m\x1b[K\x1b[2J");
    r.level = level::info;
    return r;
  }();
  CHECK(line(options, record) == "a green\\x1b[2J\n");
  options.sequences = ansi::show;
  CHECK(line(options, record) == "a \\x1b[32mgreen\\x1b[0m\\x1b[K\\x1b[2J\n");
  options.sequences = ansi::keep;
  CHECK(line(options, record) == "a green\\x1b[2J\n");
  options.colour = true;
  CHECK(line(options, record) == "a \x1b[32mgreen\x1b[0m\\x1b[2J\x1b[0m\n");
}

TEST_CASE("programs get the colours unless told otherwise") {
  const auto record = with_text("\x1b[32mgreen\x1b[0m");
  auto options = options_for(GENERATE(form::json, form::logfmt));
  options.sequences = default_sequences(options.output);
  CHECK_THAT(line(options, record), ContainsSubstring(R"(\u001B[32mgreen\u001B[0m)"));
  options.sequences = ansi::strip;
  CHECK_THAT(line(options, record), ContainsSubstring("green") && !ContainsSubstring("u001B"));
}

TEST_CASE("wide and combining characters keep the columns") {
  const mailslog::sender_info from{1, "\u65e5\u672c", "e\u0301", 1};
  auto record = with_text("1\n2");
  record.from = &from;
  record.logger = "\u30ed\u30b0";
  CHECK(line(form::brief, record) ==
        "10:41:07.123 WARN  \u65e5\u672c/e\u0301[1] \u30ed\u30b0      1\n" + std::string(13 + 6 + 9 + 1 + 10, ' ') + "2\n");
}

TEST_CASE("the first line of a file says the day") {
  auto options = options_for(form::brief);
  options.today = {};
  const auto f = make_formatter(options);
  const auto record = with_text("x");
  CHECK(line(*f, record) == "-- 2026-11-24\n" + prefix + "x\n");
  CHECK(line(*f, record) == prefix + "x\n");
  f->new_file();
  CHECK(line(*f, record) == "-- 2026-11-24\n" + prefix + "x\n");
}
