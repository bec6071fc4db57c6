// When slotcat leaves, and with which code.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <regex>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#ifndef _WIN32
#include <fcntl.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

#include "reading.hpp"
#include "support/catch.hpp"
#include "support/system.hpp"

using namespace slotcat::test;
using namespace mailslog::test;

#ifndef _WIN32
namespace {

// slotcat whose output goes to a pipe that nobody reads and that is nearly full.
struct stuck_reading {
  stuck_reading(const scratch_folder& folder, texts options) : pipe(make_pipe(folder / "pipe")), slotcat(with(std::move(options), folder)) {
    CHECK(wait_until([&] {
      post(name, {record_of(std::string(4000, 'x'))});
      return waiting_bytes() > 60000;
    }));
  }
  ~stuck_reading() { ::close(pipe); }

  static int make_pipe(const std::string& path) {
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    return ::open(path.c_str(), O_RDWR | O_NONBLOCK);
  }
  texts with(texts options, const scratch_folder& folder) const {
    options.insert(options.begin(), {"sh", "-c", "exec \"$@\" > \"$0\"", folder / "pipe", program("slotcat"), name, "-o", "cat"});
    return options;
  }
  int waiting_bytes() const {
    int count = 0;
    ::ioctl(pipe, FIONREAD, &count);
    return count;
  }
  void read_some() const {
    char block[4096];
    (void)!::read(pipe, block, sizeof block);
  }

  std::string name = scratch_name();
  int pipe;
  process slotcat;
};

}  // namespace
#endif

TEST_CASE("option -c leaves after so many shown records, with 0") {
  const scratch_folder folder;
  reading r({"-c", "2", "-o", "cat", "-g", "yes"});
  r.post({"no", "yes 1", "no", "yes 2", "yes 3"});
  CHECK(r.slotcat().wait() == 0);
  CHECK(r.slotcat().out() == "yes 1\nyes 2\n");
}

TEST_CASE("option --timeout leaves: 0 if something was shown, 1 if nothing was") {
  const scratch_folder folder;
  SECTION("nothing") { CHECK(run(command({scratch_name(), "--timeout", "50ms"})).code == 1); }
  SECTION("something, also while records keep coming") {
    reading r({"--timeout", "1s", "-o", "cat"});
    while (!r.slotcat().ended()) r.post({"x"});
    CHECK(r.slotcat().wait() == 0);
    CHECK_THAT(r.slotcat().out(), StartsWith("x\nx\n"));
  }
  SECTION("something hidden is nothing") {
    reading r({"--timeout", "500ms", "-g", "y"});
    r.post({"x"});
    CHECK(r.slotcat().wait() == 1);
  }
}

TEST_CASE("option --idle leaves when no record has come for a while") {
  const scratch_folder folder;
  reading r({"--idle", "500ms", "-o", "cat"});
  r.post({"x"});
  CHECK(r.slotcat().wait() == 0);
  CHECK(r.slotcat().out() == "x\n");
}

TEST_CASE("option --until-match leaves at the first hit with 0, and without one in time with 124") {
  const scratch_folder folder;
  SECTION("hit") {
    reading r({"--until-match", "ready", "--timeout", "60s", "-o", "cat"});
    r.post({"starting", "System READY", "more"});
    CHECK(r.slotcat().wait() == 0);
    CHECK(r.slotcat().out() == "starting\nSystem READY\n");
  }
  SECTION("too late") {
    reading r({"--until-match", "ready", "--timeout", "300ms"});
    r.post({"starting"});
    CHECK(r.slotcat().wait() == 124);
  }
  SECTION("silence") { CHECK(run(command({scratch_name(), "--until-match", "x", "--idle", "50ms"})).code == 124); }
  SECTION("the wish was not met, but it was not the time") {
    reading r({"--until-match", "ready", "-c", "1"});
    r.post({"starting"});
    CHECK(r.slotcat().wait() == 1);
  }
}

TEST_CASE("option --fail-match leaves at the first hit with 5") {
  const scratch_folder folder;
  reading r({"--fail-match", "FAIL", "--until-match", "ready", "-o", "cat"});
  r.post({"failover", "it FAILED", "ready"});
  CHECK(r.slotcat().wait() == 5);
  CHECK(r.slotcat().out() == "failover\nit FAILED\n");
}

TEST_CASE("option --fail-on-loss turns loss into 4") {
  const scratch_folder folder;
  const std::string too_large(mailslog::max_record_size + 1, 'x');
  const auto code_with = [&](bool loss, texts options) {
    options.insert(options.end(), {"--until-match", "last"});
    reading r(options);
    std::vector<mailslog::record> records{record_of("first"), record_of("last")};
    if (loss) records.insert(records.begin() + 1, record_of(too_large));
    post(r.name(), records);
    return r.slotcat().wait();
  };
  CHECK(code_with(true, {"--fail-on-loss"}) == 4);
  CHECK(code_with(true, {"--fail-on-loss", "--no-gaps"}) == 4);
  CHECK(code_with(true, {}) == 0);
  CHECK(code_with(false, {"--fail-on-loss"}) == 0);
}

TEST_CASE("bad usage is 2, before anything is opened") {
  const scratch_folder folder;
  const auto name = scratch_name();
  for (const auto& bad : std::vector<texts>{{}, {name, "-l", "loud"}, {name, "-g", "("}, {"a*b"}, {name, "--bogus"},
                                            {"example.org/x"}, {"send"}, {name, "--wait", "1s"}, {"send", name, "-l", "x"}}) {
    const auto r = run(command(bad));
    CAPTURE(bad);
    CHECK(r.code == 2);
    CHECK(r.out.empty());
    CHECK_THAT(r.err, StartsWith("slotcat: "));
  }
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("a slot that cannot be opened is 3, with what was tried, what the system said, and what to do") {
  const scratch_folder folder;
#ifndef _WIN32
  SECTION("the folder is none") {
    std::fclose(std::fopen((folder / "file").c_str(), "w"));
    const auto r = run(command({"x"}), {}, {{"MAILSLOG_DIR", folder / "file"}});
    CHECK(r.code == 3);
    CHECK_THAT(r.err, StartsWith("slotcat: cannot open slot \"x\": ") && ContainsSubstring(folder / "file") &&
                          ContainsSubstring("MAILSLOG_DIR"));
  }
#endif
  SECTION("no such interface") {
    const auto r = run(command({"*/" + scratch_name(), "--if", "no-such-if"}));
    CHECK(r.code == 3);
    CHECK_THAT(r.err, ContainsSubstring("no-such-if") && ContainsSubstring("; "));
  }
}

TEST_CASE("Ctrl-C and TERM end cleanly, with totals if asked for") {
  const scratch_folder folder;
#ifdef _WIN32
  const auto [number, code] = GENERATE(table<int, int>({{SIGINT, 130}}));
#else
  const auto [number, code] = GENERATE(table<int, int>({{SIGINT, 130}, {SIGTERM, 143}}));
#endif
  reading r({"--stats", "-o", "cat"}, {}, GENERATE(texts{}, texts{"second"}));
  r.post({"x"});
  REQUIRE(r.slotcat().wait_for_output("x\n"));
  r.slotcat().signal(number);
  CHECK(r.slotcat().wait() == code);
  CHECK_THAT(r.slotcat().err(), StartsWith("slotcat: seen 1, shown 1"));
}

TEST_CASE("a reader of its output that goes away ends slotcat quietly, at the latest with the next record") {
  const scratch_folder folder;
  reading r({"-o", "cat"});
  r.post({"x"});
  REQUIRE(r.slotcat().wait_for_output("x\n"));
  r.slotcat().close_output();
  CHECK(wait_until([&] {
    r.post({"x"});
    return r.slotcat().ended();
  }));
  CHECK(r.slotcat().wait() == 0);
  CHECK(r.slotcat().err().empty());
}

TEST_CASE("a script is told when slotcat listens") {
  const scratch_folder folder;
  const auto ready = folder / "ready";
  const auto name = scratch_name();
  SECTION("by a file") {
    process r(command({name, "-c", "1", "--ready-file", ready}));
    REQUIRE(wait_until([&] { return read_file(ready) == "ready\n"; }));
    post(name, {record_of("x")});
    CHECK(r.wait() == 0);
  }
#ifndef _WIN32
  SECTION("by a descriptor") {
    process r({"sh", "-c", "exec \"$@\" 3> \"$0\"", ready, program("slotcat"), name, "-c", "1", "--ready-fd", "3"});
    REQUIRE(wait_until([&] { return read_file(ready) == "\n"; }));
    post(name, {record_of("x")});
    CHECK(r.wait() == 0);
  }
  SECTION("by a descriptor that is not open") { CHECK(run(command({name, "--ready-fd", "77"})).code == 3); }
#endif
}

#ifndef _WIN32
TEST_CASE("Ctrl-C ends slotcat as it ends other programs, so that loops around it end") {
  const scratch_folder folder;
  const auto name = scratch_name();
  auto program_name = program("slotcat");
  auto slot = name;
  char* const arguments[] = {&program_name[0], &slot[0], nullptr};
  pid_t pid = 0;
  REQUIRE(::posix_spawn(&pid, arguments[0], nullptr, nullptr, arguments, environ) == 0);
  CHECK(wait_until([&] { return is_read(name); }));
  CHECK(::kill(pid, SIGINT) == 0);
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  REQUIRE(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGINT);
  CHECK_FALSE(is_read(name));
}

TEST_CASE("slotcat that was stopped for a while is not idle as long as records wait") {
  const scratch_folder folder;
  reading r({"--idle", "300ms", "--until-match", "last"}, {}, GENERATE(texts{}, texts{"second"}));
  r.slotcat().signal(SIGSTOP);
  r.post({"one", "last"});
  const auto later = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
  REQUIRE(wait_until([&] { return std::chrono::steady_clock::now() > later; }));
  r.slotcat().signal(SIGCONT);
  CHECK(r.slotcat().wait() == 0);
}

TEST_CASE("Ctrl-C ends slotcat though the reader of its output stands still") {
  const scratch_folder folder;
  stuck_reading r(folder, {});
  post(r.name, {record_of(std::string(10000, 'x'))});
  REQUIRE(wait_until([&] { return r.waiting_bytes() > 64000; }));
  r.slotcat.signal(SIGINT);
  CHECK(r.slotcat.wait() == 130);
}

TEST_CASE("options --timeout, --idle and --stats=T hold though the reader of its output stands still") {
  const scratch_folder folder;
  SECTION("--timeout") {
    stuck_reading r(folder, {"--timeout", "3s"});
    post(r.name, {record_of(std::string(10000, 'x'))});
    CHECK(r.slotcat.wait() == 0);
  }
  SECTION("--idle, when nothing more comes") {
    stuck_reading r(folder, {"--idle", "1s"});
    mailslog::record_writer writer(patient(r.name));  // whose goodbye would wait unread, and may be a record for all that slotcat knows
    const std::string text(10000, 'x');
    writer.write(record_of(text));
    CHECK(writer.flush(deadline));
    CHECK(r.slotcat.wait() == 0);
  }
  SECTION("--stats=T") {
    stuck_reading r(folder, {"--stats=50ms"});
    post(r.name, {record_of(std::string(10000, 'x'))});
    REQUIRE(wait_until([&] { return r.waiting_bytes() > 61000; }));
    const auto said = r.slotcat.err().size();
    CHECK(wait_until([&] { return r.slotcat.err().size() > said + 500; }));
  }
}

TEST_CASE("what came before the time was up is looked at, though the reader of the output stands still") {
  const scratch_folder folder;
  const auto [option, code] = GENERATE(table<std::string, int>({{"--until-match", 0}, {"--fail-match", 5}}));
  stuck_reading r(folder, {"--timeout", "3s", option, "ready"});
  post(r.name, {record_of(std::string(10000, 'x'))});
  REQUIRE(wait_until([&] { return r.waiting_bytes() > 61000; }));
  post(r.name, {record_of("ready")});
  CHECK(r.slotcat.wait() == code);
}

TEST_CASE("slotcat that was stopped until the time was up looks at what came meanwhile") {
  const scratch_folder folder;
  reading r({"--timeout", "300ms", "--until-match", "last"}, {}, GENERATE(texts{}, texts{"second"}));
  r.slotcat().signal(SIGSTOP);
  r.post({"one", "last"});
  const auto later = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
  REQUIRE(wait_until([&] { return std::chrono::steady_clock::now() > later; }));
  r.slotcat().signal(SIGCONT);
  CHECK(r.slotcat().wait() == 0);
}

TEST_CASE("tables of --count-by stay whole though the reader of the output stands still, and --timeout holds") {
  const scratch_folder folder;
  const auto name = scratch_name();
  const int pipe = stuck_reading::make_pipe(folder / "pipe");
  process slotcat({"sh", "-c", "exec \"$@\" > \"$0\"", folder / "pipe", program("slotcat"), name, "--count-by", "text", "--every", "1ms", "--timeout", "3s"});
  REQUIRE(wait_until([&] { return is_read(name); }));
  std::vector<std::string> kinds;
  for (int i = 0; i < 2000; ++i) kinds.push_back(std::string(50, 'x') + std::to_string(i));  // a table larger than the pipe
  std::vector<mailslog::record> records;
  for (const auto& text : kinds) records.push_back(record_of(text));
  post(name, records);
  CHECK(slotcat.wait() == 0);
  CHECK(slotcat.err().empty());
  std::string shown(1 << 20, '\0');
  const auto size = ::read(pipe, shown.data(), shown.size());
  ::close(pipe);
  REQUIRE(size > 40000);
  shown.resize(static_cast<std::size_t>(size));
  shown.resize(shown.rfind('\n'));
  std::istringstream lines(shown);
  const std::regex whole("|   records  text| +\\d+  x{50}\\d+");
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    REQUIRE(std::regex_match(line, whole));
  }
}

TEST_CASE("a reader of its output that stands still is not an idle slot") {
  const scratch_folder folder;
  stuck_reading r(folder, {"--idle", "2s", "--until-match", "last"});
  // As many as slotcat takes before it looks at the clock, at once, and more than the pipe has room for.
  r.slotcat.signal(SIGSTOP);
  const std::string text(100, 'x');
  post(r.name, std::vector<mailslog::record>(64, record_of(text)));
  r.slotcat.signal(SIGCONT);
  REQUIRE(wait_until([&] { return r.waiting_bytes() > 64000; }));
  post(r.name, {record_of("last")});
  const auto later = std::chrono::steady_clock::now() + std::chrono::milliseconds(2500);
  REQUIRE(wait_until([&] { return std::chrono::steady_clock::now() > later; }));
  CHECK(wait_until([&] {
    r.read_some();
    return r.slotcat.ended();
  }));
  CHECK(r.slotcat.wait() == 0);
}

TEST_CASE("a reader of its output that goes away ends slotcat at once and quietly, also while no record arrives") {
  const scratch_folder folder;
  reading r({"-o", "cat"}, {}, GENERATE(texts{}, texts{"second"}));
  const bool shown = GENERATE(false, true);
  if (shown) {
    r.post({"x"});
    REQUIRE(r.slotcat().wait_for_output("x\n"));
  }
  r.slotcat().close_output();
  CHECK(r.slotcat().wait() == (shown ? 0 : 1));
  CHECK(r.slotcat().err().empty());
}

TEST_CASE("a standard error that takes nothing changes neither the output nor the exit code") {
  const scratch_folder folder;
  const auto name = scratch_name();
  const auto [redirection, options, code] = GENERATE(table<std::string, std::string, int>({
      {"2>/dev/full", "--stats --idle 50ms", 1},
      {"2>&-", "--stats --idle 50ms", 1},
      {"2>/dev/full", "--no-such-option", 2},
      {"2>&-", "--no-such-option", 2},
      {"2>/dev/full", "--if no-such-if", 2},
  }));
  CAPTURE(redirection, options);
  CHECK(run({"sh", "-c", "exec \"$0\" \"$1\" " + options + " " + redirection, program("slotcat"), name}).code == code);
}

TEST_CASE("a reader of standard error that goes away does not end slotcat") {
  const scratch_folder folder;
  const auto name = scratch_name();
  // `true` leaves at once; whatever is said after that has nobody to hear it.
  process r({"sh", "-c", "{ \"$0\" \"$1\" -o cat -c 1 --stats=1ms 2>&3; echo \"left with $?\"; } 3>&1 >\"$2\" | true", program("slotcat"), name,
             folder / "out"});
  CHECK(wait_until([&] {
    post(name, {record_of("x")});
    return r.ended();
  }));
  CHECK(read_file(folder / "out") == "x\nleft with 0\n");
}

TEST_CASE("a full disk is told") {
  const scratch_folder folder;
  const auto name = scratch_name();
  process r({"sh", "-c", "\"$0\" \"$1\" > /dev/full", program("slotcat"), name});
  CHECK(wait_until([&] {
    post(name, {record_of("x")});
    return r.ended();
  }));
  CHECK(r.wait() == 3);
  CHECK_THAT(r.err(), ContainsSubstring("cannot write to standard output: No space left on device"));
}
#endif
