// Which records slotcat prints.
#include <csignal>

#include "reading.hpp"
#include "support/catch.hpp"
#include "support/system.hpp"

using namespace slotcat::test;
using namespace mailslog::test;
using mailslog::level;

namespace {

// The texts of the records that pass, of these: two programs, two loggers, some levels, some attributes.
std::string selected_by(texts options) {
  options.insert(options.end(), {"-o", "cat", "--stats=10ms"});
  reading r(options);
  auto debug = record_of("pump debug", level::debug);
  debug.logger = "net";
  auto warning = record_of("pump warning", level::warning);
  warning.logger = "db";
  warning.attributes = {{"ms", std::int64_t{812}}, {"path", "/x"}};
  post(r.name() + "?app=pump", {debug, warning});
  post(r.name() + "?app=valve", {record_of("valve info"), record_of("VALVE error", level::error)});
  // What is hidden shows in the counters alone.
  REQUIRE(r.slotcat().wait_for_error("seen 4,"));
  r.slotcat().signal(SIGINT);
  return r.rest();
}

}  // namespace

TEST_CASE("records are selected by each filter") {
  const scratch_folder folder;
  CHECK(selected_by({}) == "pump debug\npump warning\nvalve info\nVALVE error\n");
  CHECK(selected_by({"-l", "warn"}) == "pump warning\nVALVE error\n");
  CHECK(selected_by({"--level", "d..info"}) == "pump debug\nvalve info\n");
  CHECK(selected_by({"--levels", "net:debug,db:error,*:off"}) == "pump debug\n");
  CHECK(selected_by({"-s", "*/pump"}) == "pump debug\npump warning\n");
  CHECK(selected_by({"--source", "*/valve[*]"}) == "valve info\nVALVE error\n");
  CHECK(selected_by({"-x", "*/pump"}) == "valve info\nVALVE error\n");
  CHECK(selected_by({"-g", "valve"}) == "valve info\nVALVE error\n");
  CHECK(selected_by({"-g", "VALVE"}) == "VALVE error\n");
  CHECK(selected_by({"-G", "pump"}) == "valve info\nVALVE error\n");
  CHECK(selected_by({"-m", "ms>500"}) == "pump warning\n");
  CHECK(selected_by({"-m", "path=/x", "-m", "ms"}) == "pump warning\n");
  CHECK(selected_by({"-m", "path!=/x"}) == "pump debug\nvalve info\nVALVE error\n");
  CHECK(selected_by({"-m", "path~=^/"}) == "pump warning\n");
  CHECK(selected_by({"-m", "ms<500"}).empty());
  CHECK(selected_by({"-s", "pump"}) == "pump debug\npump warning\n");
  CHECK(selected_by({"-s", "val*"}) == "valve info\nVALVE error\n");
  CHECK(selected_by({"-s", "pump,valve"}) == "pump debug\npump warning\nvalve info\nVALVE error\n");
  CHECK(selected_by({"-x", "nobody,*/pump"}) == "valve info\nVALVE error\n");
  CHECK(selected_by({"-m", "app=valve"}) == "valve info\nVALVE error\n");
  CHECK(selected_by({"-m", "logger=db"}) == "pump warning\n");
  CHECK(selected_by({"-m", "logger!=db", "-m", "level>=info"}) == "valve info\nVALVE error\n");
  CHECK(selected_by({"-m", "pid=" + std::to_string(process_id())}) == "pump debug\npump warning\nvalve info\nVALVE error\n");
  CHECK(selected_by({"-g", "ms=8", "--grep-in", "all"}) == "pump warning\n");
  CHECK(selected_by({"-g", "ms=8", "--grep-in", "text"}).empty());
  CHECK(selected_by({"-G", "ms=8", "--grep-in", "all"}) == "pump debug\nvalve info\nVALVE error\n");
}

TEST_CASE("option --stats tells what each filter hid, at the end and in between") {
  const scratch_folder folder;
  SECTION("at the end") {
    reading r({"-c", "1", "-g", "three", "-l", "info", "--stats"});
    post(r.name(), {record_of("one", level::debug), record_of("two"), record_of("three")});
    CHECK(r.slotcat().wait() == 0);
    CHECK_THAT(r.slotcat().err(), Matches("slotcat: seen 3, shown 1, hidden 2 \\(level 1, grep 1\\), missing 0, [^\n]*repeated 0, "
                                          "malformed 0, refused 0, dropped by kernel 0, dropped by sender 0, late 0, evicted 0, unconfirmed 0\n"));
  }
  SECTION("every time, also of several addresses") {
    reading r({"--stats=20ms"}, {}, {scratch_name()});
    CHECK(r.slotcat().wait_for_error("seen 0, shown 0"));
    r.post({"one"});
    CHECK(r.slotcat().wait_for_error("seen 1, shown 1"));
  }
}
