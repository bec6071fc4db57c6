#include <string>

#include <mailslog/record_writer.hpp>
#include <mailslog/slot.hpp>

#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/scratch.hpp"

using namespace mailslog;
using namespace mailslog::test;

TEST_CASE("read_records prints records with what they bring along, and what other programs put in") {
  const scratch_folder folder;
  const auto name = scratch_name();
  process reader({program("read_records"), name});
  slot_options options;
  options.app = "tests";
  options.max_delay = std::chrono::nanoseconds(0);
  record_writer writer(name, options);
  record greeting;
  greeting.text = "are you there?";
  REQUIRE(wait_until([&] {
    writer.write(greeting);
    return !reader.out().empty();
  }));

  record record;
  record.level = level::warning;
  record.logger = "net";
  record.text = "slow";
  record.source = {"a.cpp", 7, "f"};
  record.attributes = {{"ms", std::int64_t{812}}, {"path", "/x"}};
  writer.write(record);
  CHECK(reader.wait_for_output(": slow"));
  slot_writer(name).put("not a record");
  CHECK(reader.wait_for_output([](const std::string& out) { return text_of(out).find("not a record\n") != std::string::npos; }));
  reader.kill();
  CHECK(reader.wait() == process::killed);

  CHECK_THAT(text_of(reader.out()), ContainsSubstring("] net: slow (a.cpp:7) ms=812 path=/x\n"));
  CHECK_THAT(text_of(reader.out()), ContainsSubstring("\nwarning tests["));
  CHECK_THAT(text_of(reader.out()), ContainsSubstring(" said: not a record\n"));
}
