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
        "type=record time=2026-11-24T10:41:07.123456789Z level=warning message=\"a\\nb \\x1b\" host=plant7 app=pump pid=4711 "
        "sender=8c1f3a5577e0d214 seq=1042 attributes.level=error a_b__c__=\"x y\" _=\"\"\n");
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
}
