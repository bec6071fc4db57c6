#include "format/fields.hpp"

#include "cli/values.hpp"
#include "sample.hpp"
#include "support/catch.hpp"

using namespace slotcat;
using namespace slotcat::test;

namespace {

format_options with_fields(form output, const std::vector<std::string>& only, const std::vector<std::string>& hidden = {}) {
  auto options = options_for(output);
  if (!only.empty()) options.fields.show_only(only);
  if (!hidden.empty()) options.fields.hide(hidden);
  return options;
}

std::string said(const char* name) {
  const auto record = sample_record();
  const auto from = source_of(plant7);
  value_text scratch;
  return std::string(text_of(parse_field(name), record, from, "lab", scratch));
}

}  // namespace

TEST_CASE("only the fields that are asked for are shown, also those that the form leaves out") {
  const auto record = sample_record();
  CHECK(line(with_fields(form::brief, {"text"}), record) == "request took too long\n");
  CHECK(line(with_fields(form::brief, {"level", "app", "text", "ms"}), record) == "WARN  pump request took too long  ms=812\n");
  CHECK(line(with_fields(form::brief, {"text", "thread", "file", "line"}), record) == "request took too long  (thread 4712, http.cpp:88)\n");
  CHECK(line(with_fields(form::brief, {"source", "seq"}), record) == "plant7/pump[4711]   (#1042)\n");
  CHECK(line(with_fields(form::json, {"level", "message", "path"}), record) ==
        "{\"type\":\"record\",\"level\":\"warning\",\"message\":\"request took too long\",\"attributes\":{\"path\":\"/x\"}}\n");
  CHECK(line(with_fields(form::logfmt, {"host", "line", "ms"}), record) == "type=record host=plant7 source=:88 ms=812\n");
}

TEST_CASE("fields that are hidden are not shown, and all others of the form are") {
  const auto record = sample_record();
  CHECK(line(with_fields(form::brief, {}, {"time", "source"}), record) == "WARN  net.http  request took too long  path=/x ms=812\n");
  CHECK(line(with_fields(form::brief, {}, {"time", "level", "host", "pid", "logger", "attributes"}), record) == "pump request took too long\n");
  CHECK(line(with_fields(form::full, {}, {"time", "level", "source", "logger", "path", "thread", "function"}), record) ==
        "request took too long  ms=812  (http.cpp:88, #1042)\n");
  CHECK(line(with_fields(form::json, {}, {"time", "sender", "seq", "source", "thread", "file", "line", "function", "attributes"}), record) ==
        "{\"type\":\"record\",\"level\":\"warning\",\"logger\":\"net.http\",\"message\":\"request took too long\"}\n");
}

TEST_CASE("each field says what the record has there") {
  CHECK(said("level") == "warning");
  CHECK(said("slot") == "lab");
  CHECK(said("host") == "plant7");
  CHECK(said("app") == "pump");
  CHECK(said("pid") == "4711");
  CHECK(said("logger") == "net.http");
  CHECK(said("text") == "request took too long");
  CHECK(said("message") == "request took too long");
  CHECK(said("thread") == "4712");
  CHECK(said("file") == "http.cpp");
  CHECK(said("line") == "88");
  CHECK(said("function") == "get");
  CHECK(said("seq") == "1042");
  CHECK(said("sender") == "8c1f3a5577e0d214");
  CHECK(said("ms") == "812");
  CHECK(said("source") == "plant7/pump[4711]");
  CHECK(said("nothing such").empty());
}

TEST_CASE("an attribute that is called like a field has a longer name") {
  auto record = sample_record();
  record.attributes = {{"level", "high"}};
  const auto from = source_of(plant7);
  value_text scratch;
  CHECK(text_of(parse_field("attributes.level"), record, from, "", scratch) == "high");
  CHECK_THROWS_AS(parse_field(""), usage_error);
}
