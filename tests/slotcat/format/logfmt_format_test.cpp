#include "format/formatter.hpp"
#include "sample.hpp"
#include "support/catch.hpp"

using namespace slotcat;
using namespace slotcat::test;

TEST_CASE("logfmt has the fields of JSON in its order, then the attributes") {
  CHECK(line(form::logfmt, sample_record()) ==
        "type=record time=2026-11-24T10:41:07.123456789Z level=warning logger=net.http message=\"request took too long\" "
        "host=plant7 app=pump pid=4711 thread=4712 sender=8c1f3a5577e0d214 seq=1042 source=http.cpp:88 function=get "
        "path=/x ms=812\n");
}

TEST_CASE("logfmt is one line whatever arrives, and attributes cannot pose as fields") {
  auto record = sample_record();
  record.logger = "";
  record.thread = 0;
  record.source = {};
  record.text = "a\nb \x1b";
  record.attributes = {{"level", "error"}, {"a b=\"c\"\n", "x y"}, {"", ""}};
  CHECK(line(form::logfmt, record) ==
        "type=record time=2026-11-24T10:41:07.123456789Z level=warning message=\"a\\nb \\u001B\" host=plant7 app=pump pid=4711 "
        "sender=8c1f3a5577e0d214 seq=1042 attributes.level=error a%20b%3D%22c%22%0A=\"x y\" _=\"\"\n");
}

TEST_CASE("different attributes have different keys, in any language") {
  auto record = sample_record();
  record.attributes = {{"宽度", std::int64_t{1}}, {"größe", std::int64_t{2}}, {"a b", std::int64_t{3}},   {"a_b", std::int64_t{4}},
                       {"a%20b", std::int64_t{5}}, {"50%", std::int64_t{6}},  {"k\xff", std::int64_t{7}}, {"k\xfe", std::int64_t{8}},
                       {"seq", std::int64_t{9}},   {"attributes.seq", std::int64_t{10}}, {"\u202e", std::int64_t{11}}};
  CHECK_THAT(line(form::logfmt, record),
             EndsWith(" function=get 宽度=1 größe=2 a%20b=3 a_b=4 a%2520b=5 50%=6 k%FF=7 k%FE=8 attributes.seq=9 "
                      "attributes.attributes.seq=10 %E2%80%AE=11\n"));
}

TEST_CASE("in logfmt an attribute is never taken for the mark of what is remembered or was kept back") {
  auto record = sample_record();
  record.attributes = {{"history", std::int64_t{5}}, {"kept_back", std::int64_t{6}}};
  record.from_history = true;
  CHECK_THAT(line(form::logfmt, record), EndsWith(" attributes.history=5 attributes.kept_back=6 history=true\n"));
}

TEST_CASE("values that are no plain words are JSON strings, as logfmt's readers want them") {
  auto record = sample_record();
  record.attributes = {{"a", "\r\x01\x7f"}, {"b", "\xff"}, {"c", "\u202e"}, {"d", "C:\\x"}, {"e", "größe"}, {"f", "\"q\""}};
  CHECK_THAT(line(form::logfmt, record),
             EndsWith(R"( a="\r\u0001\u007f" b=")" "\xef\xbf\xbd" R"(" c="\u202e" d="C:\\x" e=größe f="\"q\"")" "\n"));
}

TEST_CASE("a place in the source is told though the file is not known") {
  auto record = sample_record();
  record.attributes.clear();
  record.source = {"", 88, "get"};
  CHECK_THAT(line(form::logfmt, record), EndsWith(" source=:88 function=get\n"));
  CHECK_THAT(line(form::json, record), ContainsSubstring(R"("source":{"line":88,"function":"get"})"));
  CHECK_THAT(line(form::full, record), EndsWith("  (thread 4712, :88 get, #1042)\n"));
  record.source = {"", 0, "get"};
  CHECK_THAT(line(form::logfmt, record), EndsWith(" seq=1042 function=get\n"));
  CHECK_THAT(line(form::json, record), ContainsSubstring(R"("source":{"function":"get"})"));
  CHECK_THAT(line(form::full, record), EndsWith("  (thread 4712, get, #1042)\n"));
}

TEST_CASE("logfmt tells of gaps, strangers, holes and lateness") {
  CHECK(line(form::logfmt, mailslog::gap{&plant7, 1042, 1044, 2, 1}) ==
        "type=gap host=plant7 app=pump pid=4711 sender=8c1f3a5577e0d214 first=1042 last=1044 lost=2 dropped=1\n");
  CHECK(line(form::logfmt, mailslog::foreign_message{a_time, "192.0.2.7:138", "hi", "WINBOX"}) ==
        "type=foreign time=2026-11-24T10:41:07.123456789Z from=192.0.2.7:138 claimed_name=WINBOX message=hi\n");
  CHECK(line(form::logfmt, mailslog::foreign_message{a_time, "192.0.2.7:50123", "hi"}) ==
        "type=foreign time=2026-11-24T10:41:07.123456789Z from=192.0.2.7:50123 message=hi\n");
  auto record = sample_record();
  record.attributes.clear();
  record.missing = {{1, 10}, {15, 2}};
  CHECK_THAT(line(form::logfmt, record, true), EndsWith(" function=get missing=1+10,15+2 late=true\n"));
  record.from_history = true;
  record.kept_back = 1;
  CHECK_THAT(line(form::logfmt, record), EndsWith(" missing=1+10,15+2 history=true kept_back=true\n"));
}
