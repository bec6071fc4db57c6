#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include <rapidjson/document.h>

#include "format/formatter.hpp"
#include "sample.hpp"
#include "support/catch.hpp"

using namespace slotcat;
using namespace slotcat::test;

namespace {

rapidjson::Document parsed(const std::string& text) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseValidateEncodingFlag | rapidjson::kParseFullPrecisionFlag>(text.c_str(), text.size());
  CAPTURE(text);
  REQUIRE_FALSE(document.HasParseError());
  return document;
}

mailslog::received_record bare_record(std::string_view text) {
  mailslog::received_record record;
  record.time = a_time;
  record.text = text;
  record.from = &plant7;
  return record;
}

std::string message_of(std::string_view text) {
  const auto document = parsed(line(form::json, bare_record(text)));
  return {document["message"].GetString(), document["message"].GetStringLength()};
}

}  // namespace

TEST_CASE("a record is the object of the documentation, in one line") {
  CHECK(line(form::json, sample_record()) ==
        R"({"type":"record","time":"2026-11-24T10:41:07.123456789Z","level":"warning","logger":"net.http",)"
        R"("message":"request took too long","host":"plant7","app":"pump","pid":4711,"thread":4712,)"
        R"("sender":"8c1f3a5577e0d214","seq":1042,"source":{"file":"http.cpp","line":88,"function":"get"},)"
        R"("attributes":{"path":"/x","ms":812}})"
        "\n");
}

TEST_CASE("what is unknown is absent") {
  const mailslog::sender_info nobody{1, "", "", 0};
  auto record = bare_record("x");
  record.from = &nobody;
  CHECK(line(form::json, record) == R"({"type":"record","time":"2026-11-24T10:41:07.123456789Z","level":"info","message":"x",)"
                                    R"("sender":"0000000000000001","seq":0})"
                                    "\n");
  record.source.file = "a.cpp";
  CHECK_THAT(line(form::json, record), ContainsSubstring(R"("source":{"file":"a.cpp"})"));
}

TEST_CASE("a gap is the object of the documentation") {
  CHECK(line(form::json, mailslog::gap{&plant7, 1042, 1044, 2, 1}) ==
        R"({"type":"gap","host":"plant7","app":"pump","pid":4711,"sender":"8c1f3a5577e0d214","first":1042,"last":1044,)"
        R"("lost":2,"dropped":1})"
        "\n");
}

TEST_CASE("a foreign message has the name that its sender claims, if there is one") {
  CHECK(line(form::json, mailslog::foreign_message{a_time, "192.0.2.7:138", "hi", "WINBOX"}) ==
        R"({"type":"foreign","time":"2026-11-24T10:41:07.123456789Z","from":"192.0.2.7:138","claimed_name":"WINBOX","message":"hi"})"
        "\n");
}

TEST_CASE("a foreign message is the object of the documentation") {
  CHECK(line(form::json, mailslog::foreign_message{a_time, "192.0.2.7:50123", "hi\xff"}) ==
        R"({"type":"foreign","time":"2026-11-24T10:41:07.123456789Z","from":"192.0.2.7:50123","message":"hi)"
        "\xef\xbf\xbd\"}\n");
}

TEST_CASE("level names are the long ones") {
  auto record = bare_record("");
  const std::vector<std::string> names = {"trace", "debug", "info", "notice", "warning", "error", "critical"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    record.level = static_cast<mailslog::level>(i);
    CHECK(parsed(line(form::json, record))["level"].GetString() == names[i]);
  }
}

TEST_CASE("every byte alone and in a long text gives valid JSON") {
  for (int byte = 0; byte < 256; ++byte) {
    for (const std::size_t before : {0U, 5U, 16U, 31U}) {
      CAPTURE(byte, before);
      const std::string pad(before, 'x');
      const auto text = pad + static_cast<char>(byte) + pad;
      const auto expected = byte < 0x80 ? text : pad + "\xef\xbf\xbd" + pad;
      CHECK(message_of(text) == expected);
      CHECK(line(form::json, bare_record(text)).find_first_of("\x1b\x7f") == std::string::npos);
    }
  }
}

TEST_CASE("valid UTF-8 comes back as it was, also what is dangerous in a terminal") {
  const std::string text = "grüße 日本語 🙂 \u009b31m \u202eevil\u2028 \x7f \"\\/";
  CHECK(message_of(text) == text);
  const auto json = line(form::json, bare_record(text));
  CHECK_THAT(json, ContainsSubstring("\\u009b31m \\u202eevil\\u2028 \\u007f"));
  CHECK_THAT(json, ContainsSubstring("grüße"));
}

TEST_CASE("raw leaves what JSON allows as it is") {
  auto options = options_for(form::json);
  options.mode = neutral::no;
  CHECK_THAT(line(options, bare_record("\u202e\x1b")), ContainsSubstring("\"\u202e\\u001B\""));
}

TEST_CASE("strings of strangers are valid JSON wherever they stand") {
  const mailslog::sender_info from{1, "h\xff\"", "a\x1b", 1};
  auto record = sample_record(from);
  record.logger = "l\xc3";
  record.source = {"f\"\xff", 1, "g\n"};
  record.attributes = {{"k\"\xff", "v\x01"}};
  const auto document = parsed(line(form::json, record));
  CHECK(document["host"].GetString() == std::string("h\xef\xbf\xbd\""));
  CHECK(document["attributes"]["k\"\xef\xbf\xbd"].GetString() == std::string("v\x01"));
}

TEST_CASE("numbers keep their value, and those that JSON lacks become text") {
  auto record = bare_record("");
  record.attributes = {{"min", std::numeric_limits<std::int64_t>::min()},
                       {"max", std::numeric_limits<std::uint64_t>::max()},
                       {"third", 1.0 / 3},
                       {"nan", std::nan("")},
                       {"inf", -std::numeric_limits<double>::infinity()},
                       {"on", true}};
  const auto document = parsed(line(form::json, record));
  const auto& attributes = document["attributes"];
  CHECK(attributes["min"].GetInt64() == std::numeric_limits<std::int64_t>::min());
  CHECK(attributes["max"].GetUint64() == std::numeric_limits<std::uint64_t>::max());
  CHECK(attributes["third"].GetDouble() == 1.0 / 3);
  CHECK(attributes["nan"].GetString() == std::string("nan"));
  CHECK(attributes["inf"].GetString() == std::string("-inf"));
  CHECK(attributes["on"].GetBool());
}

TEST_CASE("values of one name stand in an array, in the place of the first") {
  auto record = sample_record();
  record.attributes = {{"tag", "red"}, {"ms", std::int64_t{1}}, {"tag", "blue"}, {"tag", 0.5}};
  CHECK_THAT(line(form::json, record), EndsWith(R"("attributes":{"tag":["red","blue",0.5],"ms":1}})" "\n"));
  SECTION("also names that only look the same") {
    record.attributes = {{"\xff", "1"}, {"\xfe", "2"}};
    CHECK_THAT(line(form::json, record), EndsWith("\"attributes\":{\"\xef\xbf\xbd\":[\"1\",\"2\"]}}\n"));
  }
  SECTION("and as many as there may be") {
    record.attributes.assign(4096, {"n", true});
    const auto document = parsed(line(form::json, record));
    CHECK(document["attributes"].MemberCount() == 1);
    CHECK(document["attributes"]["n"].Size() == 4096);
  }
  SECTION("of one record only") {
    const auto f = make_formatter(options_for(form::json));
    line(*f, record);
    CHECK(line(*f, sample_record()) == line(form::json, sample_record()));
  }
}

TEST_CASE("a long record leaves in pieces that make the same text") {
  const std::string text(300'000, '\x01');
  auto record = sample_record();
  record.text = text;
  record.attributes = {{"long", text}};
  const auto output = GENERATE(form::brief, form::cat, form::full, form::json, form::json_pretty, form::logfmt);
  const auto f = make_formatter(options_for(output));
  std::string whole;
  std::size_t longest = 0;
  f->spill_to([&](std::string& out) {
    longest = std::max(longest, out.size());
    whole += out;
    out.clear();
  });
  whole += line(*f, record);
  CHECK(whole == line(output, record));
  CHECK(longest < 300'000);
}

TEST_CASE("an incomplete record says what is missing, a late one that it is late") {
  auto record = bare_record("ab");
  record.missing = {{1, 10}, {15, 2}};
  CHECK_THAT(line(form::json, record), EndsWith(R"("seq":0,"missing":[[1,10],[15,2]]})" "\n"));
  record.missing.clear();
  CHECK_THAT(line(form::json, record, true), EndsWith(R"("seq":0,"late":true})" "\n"));
}

TEST_CASE("json-pretty is the same object over several lines") {
  const auto pretty = line(form::json_pretty, sample_record());
  CHECK_THAT(pretty, StartsWith("{\n  \"type\": \"record\",\n  \"time\": ") && EndsWith("\n  }\n}\n"));
  CHECK(parsed(pretty) == parsed(line(form::json, sample_record())));
}

TEST_CASE("one record leaves no trace in the next") {
  const auto f = make_formatter(options_for(form::json));
  line(*f, bare_record("\u009b\xff"));
  CHECK(line(*f, sample_record()) == line(form::json, sample_record()));
}
