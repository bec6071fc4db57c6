// What slotcat prints, and where.
#include <fstream>
#include <regex>
#include <sstream>

#include "reading.hpp"
#include "support/catch.hpp"
#include "support/system.hpp"

using namespace slotcat::test;
using namespace mailslog::test;
using mailslog::level;

namespace {

// One record with everything in it, as `form` shows it. Host, process id and time are replaced.
std::string shown(texts options) {
  options.insert(options.end(), {"-c", "1"});
  reading r(options);
  auto record = record_of("took \x1b[1m long", level::warning);
  record.logger = "net.http";
  record.thread = 4712;
  record.source = {"http.cpp", 88, "get"};
  record.attributes = {{"path", "/x"}, {"ms", std::int64_t{812}}};
  post(r.name() + "?app=pump", {record});
  auto text = r.rest();
  const auto replace = [&](const std::string& what, const std::string& with) { text = std::regex_replace(text, std::regex(what), with); };
  replace(host_name(), "HOST");
  replace("\\[" + std::to_string(process_id()) + "\\]", "[PID]");
  replace("(pid[\"=:]+ ?)" + std::to_string(process_id()), "$1PID");
  replace("[0-9a-f]{16}", "SENDER");
  replace("\\d{4}-\\d\\d-\\d\\dT", "DATE");
  replace("\\d\\d:\\d\\d:\\d\\d\\.\\d+", "TIME");
  return text;
}

}  // namespace

TEST_CASE("each form shows a record that was posted") {
  const scratch_folder folder;
  CHECK(shown({}) == "TIME WARN  HOST/pump[PID] net.http  took  long  path=/x ms=812\n");
  CHECK(shown({"-o", "short"}) == "TIME WARN  HOST/pump[PID] net.http  took  long  path=/x ms=812\n");
  CHECK(shown({"-o", "short-iso", "--utc"}) == "DATETIMEZ WARN  HOST/pump[PID] net.http  took  long  path=/x ms=812\n");
  CHECK(shown({"-o", "full"}) == "TIME WARN  HOST/pump[PID] net.http  took  long  path=/x ms=812"
                                 "  (thread 4712, http.cpp:88 get, #0)\n");
  CHECK(shown({"-o", "cat"}) == "took  long\n");
  const std::string json = R"({"type":"record","time":"DATETIMEZ","level":"warning","logger":"net.http",)"
                           R"("message":"took \u001B[1m long","host":"HOST","app":"pump","pid":PID,"thread":4712,)"
                           R"("sender":"SENDER","seq":0,"source":{"file":"http.cpp","line":88,"function":"get"},)"
                           R"("attributes":{"path":"/x","ms":812}})"
                           "\n";
  CHECK(shown({"-o", "json"}) == json);
  CHECK(shown({"--json"}) == json);
  CHECK_THAT(shown({"-o", "json-pretty"}), StartsWith("{\n  \"type\": \"record\",\n"));
  CHECK_THAT(shown({"-o", "logfmt"}), StartsWith("type=record time=DATETIMEZ level=warning logger=net.http "));
}

TEST_CASE("option --time chooses how times are written, --utc where") {
  const scratch_folder folder;
  CHECK_THAT(shown({"--time", "unix"}), Matches("\\d{10}\\.\\d{6} WARN .*\n"));
  CHECK_THAT(shown({"--time", "delta"}), StartsWith("+0.000000 WARN "));
  CHECK_THAT(shown({"--time", "at %H"}), Matches("at \\d\\d WARN .*\n"));

  const auto hour_of = [](texts options) {
    options.insert(options.end(), {"-c", "1", "--time", "%H:%M"});
    reading r(options, {{"TZ", "XXX-9"}});
    auto record = record_of("x");
    record.time = mailslog::timestamp(std::chrono::hours(24 * 20000 + 1));
    post(r.name(), {record});
    return r.rest().substr(0, 5);
  };
  CHECK(hour_of({}) == "10:00");
  CHECK(hour_of({"--utc"}) == "01:00");
}

TEST_CASE("a record of another day is preceded by its date") {
  const scratch_folder folder;
  reading r({"-c", "1", "--utc"});
  auto record = record_of("x");
  record.time = mailslog::timestamp(std::chrono::hours(24 * 20000));
  post(r.name(), {record});
  CHECK_THAT(r.rest(), StartsWith("-- 2024-10-04\n00:00:00.000 INFO "));
}

TEST_CASE("option --color and the environment decide on colours, --highlight uses them") {
  const scratch_folder folder;
  const auto with = [](texts options, process::variables environment) {
    environment.insert(environment.end(), {{"TERM", "xterm"}, {"COLORTERM", ""}});
    options.insert(options.end(), {"-c", "1", "-o", "cat"});
    reading r(options, environment);
    post(r.name(), {record_of("it failed", level::error)});
    return r.rest();
  };
  CHECK(with({}, {}) == "it failed\n");
  CHECK(with({}, {{"CLICOLOR_FORCE", "1"}}) == "\x1b[31mit failed\x1b[0m\n");
  CHECK(with({}, {{"CLICOLOR_FORCE", "1"}, {"NO_COLOR", "1"}}) == "it failed\n");
  CHECK(with({"--color", "always"}, {{"NO_COLOR", "1"}}) == "\x1b[31mit failed\x1b[0m\n");
  CHECK(with({"--color", "never"}, {{"CLICOLOR_FORCE", "1"}}) == "it failed\n");
  CHECK(with({"--color", "auto", "-H", "fail"}, {{"CLICOLOR_FORCE", "1"}}) == "\x1b[31mit \x1b[7mfail\x1b[27med\x1b[0m\n");
}

TEST_CASE("option --raw passes control characters") {
  const scratch_folder folder;
  reading r({"-c", "1", "-o", "cat", "--raw"});
  r.post({"\x1b[1m\xff"});
  CHECK(r.rest() == "\x1b[1m\xff\n");
}

TEST_CASE("several addresses are merged, each in order") {
  const scratch_folder folder;
  const auto second = scratch_name();
  reading r({"-c", "40", "-o", "cat"}, {}, {second});
  for (int i = 0; i < 10; ++i) {
    r.post({"a" + std::to_string(2 * i), "a" + std::to_string(2 * i + 1)});
    post(second, {record_of("b" + std::to_string(2 * i)), record_of("b" + std::to_string(2 * i + 1))});
  }
  std::string a, b, expected_a, expected_b;
  std::istringstream lines(r.rest());
  for (std::string line; std::getline(lines, line);) (line[0] == 'a' ? a : b) += line + ' ';
  for (int i = 0; i < 20; ++i) {
    expected_a += 'a' + std::to_string(i) + ' ';
    expected_b += 'b' + std::to_string(i) + ' ';
  }
  CHECK(a == expected_a);
  CHECK(b == expected_b);
}

TEST_CASE("of several slots each record says by which it came") {
  const scratch_folder folder;
  const auto second = scratch_name();
  const auto [form, order, expected] = GENERATE_COPY(table<std::string, std::string, std::string>({
      {"short", "source", "INFO  SLOT HOST/pump"},
      {"short", "time", "INFO  SLOT HOST/pump"},
      {"json", "source", R"({"type":"record","slot":"SLOT","time":)"},
      {"logfmt", "source", "type=record slot=SLOT time="},
  }));
  reading r({"-c", "2", "-o", form, "--order", order}, {}, {second});
  post(second + "?app=pump", {record_of("from the second")});
  REQUIRE((order == "time" || r.slotcat().wait_for_output("from the second")));
  r.post({"from the first"});
  const auto lines = r.rest();
  for (const auto& [slot, text] : {std::pair(r.name(), "from the first"), std::pair(second, "from the second")}) {
    auto wanted = std::regex_replace(expected, std::regex("SLOT"), slot);
    wanted = std::regex_replace(wanted, std::regex("HOST"), host_name());
    std::istringstream in(lines);
    std::string line;
    while (std::getline(in, line) && line.find(text) == std::string::npos) {
    }
    CAPTURE(slot, lines);
    CHECK_THAT(line, ContainsSubstring(wanted));
  }
}

#ifndef _WIN32  // where a slot of this machine has one reader
TEST_CASE("one slot by two addresses is not named") {
  const scratch_folder folder;
  const auto name = scratch_name();
  process r(command({name, "./" + name, "--json", "-c", "1"}));
  REQUIRE(wait_until([&] {
    post(name, {record_of("hello")});
    return r.ended();
  }));
  CHECK(r.wait() == 0);
  CHECK_THAT(r.out(), StartsWith(R"({"type":"record","time":)"));
}

#endif

TEST_CASE("options --fields, --hide and --template choose what is shown of a record") {
  const scratch_folder folder;
  CHECK(shown({"--fields", "level,text,ms"}) == "WARN  took  long  ms=812\n");
  CHECK(shown({"--hide", "time,source", "--hide", "attributes"}) == "WARN  net.http  took  long\n");
  CHECK(shown({"-o", "template", "--template", "{level:8} {app}: {text} {path}"}) == "warning  pump: took  long /x\n");
}

TEST_CASE("option --theme and SLOTCAT_COLORS change colours") {
  const scratch_folder folder;
  const auto colours_of = [](texts options, const process::variables& environment) {
    options.insert(options.end(), {"--color", "always", "-c", "1", "--fields", "level"});
    reading r(options, environment);
    post(r.name(), {record_of("x", level::error)});
    return r.rest();
  };
  CHECK(colours_of({"--theme", "error=1;35"}, {}) == "\x1b[1;35mERROR\x1b[0m \n");
  CHECK(colours_of({}, {{"SLOTCAT_COLORS", "error=7"}}) == "\x1b[7mERROR\x1b[0m \n");
  CHECK(colours_of({"--theme", "error=1;35"}, {{"SLOTCAT_COLORS", "error=7"}}) == "\x1b[1;35mERROR\x1b[0m \n");
}

TEST_CASE("option --count-by shows how many records there are of each kind") {
  const scratch_folder folder;
  const auto copy = folder / "copy";
  reading r({"--count-by", "app,level", "-c", "3", "-w", copy});
  post(r.name() + "?app=pump", {record_of("one"), record_of("two")});
  REQUIRE(wait_until([&] { return read_file(copy).find("two") != std::string::npos; }));
  post(r.name() + "?app=other", {record_of("three", level::error)});
  CHECK(r.rest() ==
        "   records  app    level\n"
        "         2  pump   info\n"
        "         1  other  error\n");
  CHECK_THAT(read_file(copy), ContainsSubstring("three"));
}

TEST_CASE("option --every shows the counts meanwhile, too") {
  const scratch_folder folder;
  reading r({"--count-by", "text", "--every", "50ms", "--until-match", "last"});
  r.post({"first"});
  REQUIRE(r.slotcat().wait_for_output("   records  text\n         1  first\n"));
  r.post({"last"});
  CHECK_THAT(r.rest(), EndsWith("\n\n   records  text\n         1  first\n         1  last\n"));
}

#ifndef _WIN32
TEST_CASE("a record that comes by two addresses is shown once") {
  const scratch_folder folder;
  const auto name = scratch_name();
  process r(command({name, "./" + name, "-o", "cat", "--until-match", "last", "--stats"}));
  REQUIRE(wait_until([&] { return is_read(name); }));
  // Both are open once a record has come; which of them bring one at first is not known.
  REQUIRE(wait_until([&] {
    post(name, {record_of("hello")});
    return r.wait_for_output("hello\n", std::chrono::milliseconds(50));
  }));
  post(name, {record_of("one"), record_of("two"), record_of("last")});
  CHECK(r.wait() == 0);
  CHECK_THAT(r.out(), EndsWith("hello\none\ntwo\nlast\n"));
}

#endif

TEST_CASE("option --order time merges senders within the window and marks late records") {
  const scratch_folder folder;
  reading r({"-c", "5", "-o", "cat", "--order", "time", "--wait", "1s"});
  const auto now = std::chrono::system_clock::now();
  const auto at = [&](const char* text, int ms) {
    auto record = record_of(text);
    record.time = now - std::chrono::seconds(10) + std::chrono::milliseconds(ms);
    return record;
  };
  post(r.name(), {at("b", 20), at("d", 40)});
  post(r.name(), {at("a", 10), at("c", 30)});
  REQUIRE(r.slotcat().wait_for_output("d\n"));
  post(r.name(), {at("late", 15)});
  CHECK(r.rest() == "a\nb\nc\nd\nlate  [late]\n");
}

TEST_CASE("what --order time holds back is shown at the end") {
  const scratch_folder folder;
  reading r({"-o", "cat", "--order", "time", "--wait", "1h", "--idle", "300ms"});
  r.post({"one", "two"});
  CHECK(r.rest() == "one\ntwo\n");
}

TEST_CASE("loss is told in its place, unless --no-gaps") {
  const scratch_folder folder;
  const std::string too_large(mailslog::max_record_size + 1, 'x');
  const auto shown_with = [&](texts options) {
    options.insert(options.end(), {"-c", "2", "-o", "cat"});
    reading r(options);
    post(r.name() + "?app=pump", {record_of("before"), record_of(too_large), record_of("after")});
    return r.rest();
  };
  CHECK_THAT(shown_with({}), Matches("before\n-- 1 record missing from [^ ]+/pump\\[\\d+\\], #1: 1 dropped by the sender\nafter\n"));
  CHECK(shown_with({"--no-gaps"}) == "before\nafter\n");
  CHECK(shown_with({"-x", "*/pump", "--until-match", "x", "--idle", "300ms"}).empty());
}

TEST_CASE("option -w keeps a copy in a rotating file, without colours") {
  const scratch_folder folder;
  const auto file = folder / "copy.log";
  SECTION("what is printed is in the file, whose name may have more than ASCII") {
    const auto copy = folder / GENERATE("copy.log", "gr\xc3\xb6\xc3\x9f" "e.log");
    reading r({"-c", "2", "-o", "cat", "-w", copy, "--write-output", "cat", "--color", "always"});
    post(r.name(), {record_of("one", level::error), record_of("two")});
    CHECK(r.rest() == "\x1b[31mone\x1b[0m\ntwo\n");
    CHECK(read_file(copy) == "one\ntwo\n");
  }
  SECTION("it is there as soon as nothing more is waiting") {
    reading r({"-o", "cat", "-w", file, "--write-output", "cat"});
    r.post({"one"});
    CHECK(wait_until([&] { return read_file(file) == "one\n"; }));
  }
  SECTION("--max-size and --max-files bound it") {
    reading r({"-c", "5", "-o", "cat", "-w", file, "--write-output", "cat", "--max-size", "10", "--max-files", "2"});
    r.post({"1111", "2222", "3333", "4444", "5555"});
    r.rest();
    CHECK(read_file(file) == "5555\n");
    CHECK(read_file(folder / "copy.1.log") == "3333\n4444\n");
    CHECK(read_file(folder / "copy.2.log").empty());
  }
  SECTION("its lines carry the date, unless told otherwise") {
    const auto form = GENERATE(as<std::string>(), "short", "cat", "full");
    reading r({"-c", "1", "-o", form, "-w", file});
    r.post({"one"});
    r.rest();
    CHECK_THAT(read_file(file), Matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}[+-]\\d\\d:\\d\\d INFO .* one\n"));
  }
  SECTION("for programs it is the same as what is printed") {
    reading r({"-c", "1", "--json", "-w", file});
    r.post({"one"});
    const auto printed = r.rest();
    CHECK(printed == read_file(file));
  }
  SECTION("files of times without dates begin with the day") {
    reading r({"-c", "2", "-o", "cat", "-w", file, "--write-output", "short", "--max-size", "10"});
    r.post({"one", "two"});
    r.rest();
    for (const auto& each : {file, folder / "copy.1.log"}) {
      CHECK_THAT(read_file(each), Matches("-- \\d{4}-\\d\\d-\\d\\d\n\\d\\d:\\d\\d:\\d\\d\\.\\d{3} INFO .*\n"));
    }
  }
  SECTION("a second slotcat may not write to it") {
    reading r({"-c", "1", "-w", file});
    const auto second = run(command({"x", "-w", file}));
    CHECK(second.code == 3);
    CHECK_THAT(second.err, ContainsSubstring(file + "\": another "));
    r.post({"one"});
    r.rest();
  }
  SECTION("a file that cannot be written is a reason not to start") {
    std::ofstream(file) << "x";
    const auto r = run(command({"x", "-w", file + "/x.log"}));
    CHECK(r.code == 3);
    CHECK_THAT(r.err, ContainsSubstring(file + "/x.log"));
  }
}

#ifndef _WIN32
TEST_CASE("what is printed into a file begins with the day") {
  const scratch_folder folder;
  const auto name = scratch_name();
  const auto file = folder / "out";
  process r({"sh", "-c", "exec \"$0\" \"$1\" -c 1 >\"$2\"", program("slotcat"), name, file});
  CHECK(wait_until([&] {
    post(name, {record_of("x")});
    return r.ended();
  }));
  CHECK_THAT(read_file(file), Matches("-- \\d{4}-\\d\\d-\\d\\d\n\\d\\d:\\d\\d:\\d\\d\\.\\d{3} INFO .* x\n"));
}

TEST_CASE("a full disk costs the copy only") {
  const scratch_folder folder;
  const auto copy = GENERATE(as<texts>(), texts{}, texts{"--write-errors", "stop"});
  texts options{"-c", "2", "-o", "cat", "-w", "/dev/full"};
  options.insert(options.end(), copy.begin(), copy.end());
  reading r(options);
  r.post({"one"});
  if (copy.empty()) {
    REQUIRE(r.slotcat().wait_for_output("one\n"));
    r.post({"two"});
    CHECK(r.slotcat().wait() == 0);
    CHECK(r.slotcat().out() == "one\ntwo\n");
  } else {
    CHECK(r.slotcat().wait() == 3);
    CHECK_THAT(r.slotcat().err(), !ContainsSubstring("goes on"));
  }
  CHECK_THAT(r.slotcat().err(), StartsWith("slotcat: cannot write to \"/dev/full\": No space left on device"));
}

#ifndef _WIN32
TEST_CASE("a file that may not grow any more costs the copy only") {
  const scratch_folder folder;
  const auto name = scratch_name();
  process r({"sh", "-c", "ulimit -f 1; exec \"$0\" \"$1\" -o cat -c 20 -w \"$2\"", program("slotcat"), name, folder / "x.log"});
  REQUIRE(wait_until([&] { return is_read(name); }));
  const std::string text(100, 'x');
  post(name, std::vector<mailslog::record>(20, record_of(text)));
  CHECK(r.wait() == 0);
  CHECK_THAT(r.err(), StartsWith("slotcat: cannot write to \"" + (folder / "x.log") + "\": File too large"));
}
#endif

TEST_CASE("JSON lines pipe into jq") {
  const scratch_folder folder;
  if (run({"sh", "-c", "command -v jq"}).code != 0) return;
  reading r({"-c", "3", "--json"});
  auto record = record_of("\x1b\xff \"two\"");
  record.thread = 4712;
  record.attributes = {{"ms", std::int64_t{812}}};
  post(r.name(), {record_of("one"), record, record_of("three")});
  const auto jq = run({"jq", "-r", "select(.thread == 4712) | \"\\(.attributes.ms) \\(.message)\""}, r.rest());
  CHECK(jq.code == 0);
  CHECK(jq.out == "812 \x1b\xef\xbf\xbd \"two\"\n");
}
#endif
