// What slotcat shows of what is remembered.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#ifndef _WIN32
#include <sys/stat.h>
#endif

#include "reading.hpp"
#include "support/catch.hpp"

using namespace slotcat::test;
using namespace mailslog::test;

namespace {

struct remembered {
  scratch_folder folder;
  std::string name = scratch_name();

  std::string rings() const { return folder / (name + "/.rings"); }
  void log(const std::string& text, mailslog::level level = mailslog::level::info) { post(name, {record_of(text, level)}); }
  finished read(texts options) const {
    options.insert(options.begin(), {program("slotcat"), name, "--no-gaps", "-o", "cat"});
    return run(options);
  }
};

}  // namespace

TEST_CASE("what nobody read is shown, and then slotcat leaves", "[history]") {
  remembered r;
  r.log("one");
  r.log("two", mailslog::level::error);
  r.log("three");
  const auto all = r.read({"-e"});
  CHECK(all.code == 0);
  CHECK(text_of(all.out) == "one\ntwo\nthree\n");
  CHECK(text_of(r.read({"-n", "all", "--end"}).out) == "one\ntwo\nthree\n");
  CHECK(text_of(r.read({"-n", "2", "-e"}).out) == "two\nthree\n");
  CHECK(text_of(r.read({"-S", "1 min ago", "-e"}).out) == "one\ntwo\nthree\n");
  CHECK(text_of(r.read({"-U", "now"}).out) == "one\ntwo\nthree\n");
  const auto none = r.read({"-U", "1 min ago"});
  CHECK(none.code == 1);
  CHECK(none.out.empty());
  CHECK_THAT(none.err, ContainsSubstring("nothing of that time is remembered of \"" + r.name + "\" on this machine"));
  CHECK(r.read({"-U", "1 min ago", "-q"}).err.empty());
}

TEST_CASE("filters apply before the last ones are counted", "[history]") {
  remembered r;
  r.log("bad 1", mailslog::level::error);
  r.log("bad 2", mailslog::level::error);
  r.log("bad 3", mailslog::level::error);
  for (int i = 0; i < 5; ++i) r.log("fine");
  CHECK(text_of(r.read({"-n", "2", "-l", "error", "-e"}).out) == "bad 2\nbad 3\n");
  CHECK(text_of(r.read({"-n", "1", "-g", "bad", "-e"}).out) == "bad 3\n");
}

TEST_CASE("a slot that nothing is remembered of: nothing is shown, code 1", "[history]") {
  const scratch_folder folder;
  const auto none = run({program("slotcat"), "nothing", "-n", "10", "-e"});
  CHECK(none.code == 1);
  CHECK(none.out.empty());
  CHECK_THAT(none.err, ContainsSubstring("nothing is remembered of \"nothing\" on this machine"));
}

#ifndef _WIN32  // where an empty folder does not stay
TEST_CASE("a slot that nothing is remembered of: it is said since when", "[history]") {
  remembered r;
  r.log("gone");
  for (const auto& file : std::filesystem::directory_iterator(r.rings())) std::filesystem::remove(file);
  std::filesystem::last_write_time(r.rings(), std::filesystem::last_write_time(r.rings()) - std::chrono::hours(24 * 400));
  const auto none = r.read({"-n", "10", "-e"});
  CHECK(none.code == 1);
  CHECK(std::regex_search(none.err, std::regex("nothing is remembered of .* since 20\\d\\d-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d")));
  CHECK_THAT(none.err, ContainsSubstring(r.rings()));
}
#endif

TEST_CASE("a file of a later version is named and passed over", "[history]") {
  remembered r;
  r.log("one");
  std::string ring;
  for (const auto& file : std::filesystem::directory_iterator(r.rings())) ring = read_file(file.path().string());
  ring[8] = 2;
  const auto later = r.rings() + "/00000000000000aa.ring";
  std::ofstream(later, std::ios::binary) << ring;
  const auto all = r.read({"-e", "--stats"});
  CHECK(all.code == 0);
  CHECK(text_of(all.out) == "one\n");
  CHECK_THAT(all.err, ContainsSubstring("00000000000000aa.ring is of a later version"));
}

TEST_CASE("what is remembered is shown with --order time, too", "[history]") {
  remembered r;
  r.log("one");
  r.log("two");
  CHECK(text_of(r.read({"--order", "time", "-e"}).out) == "one\ntwo\n");
  CHECK(text_of(r.read({"--order", "time", "-n", "1", "-e"}).out) == "two\n");
}

TEST_CASE("what several slots remember is merged by time before the last ones are counted", "[history]") {
  const scratch_folder folder;
  const auto a = scratch_name();
  const auto b = scratch_name();
  std::string all;
  {
    // One has much more of it than the other.
    mailslog::record_writer to_a(patient(a));
    mailslog::record_writer to_b(patient(b));
    for (int i = 0; i < 2000; ++i) {
      const auto text = std::to_string(i);
      (i % 400 == 399 ? to_b : to_a).write(record_of(text));
      all += text + '\n';
    }
  }
  CHECK(text_of(run({program("slotcat"), a, b, "--no-gaps", "-e", "-o", "cat"}).out) == all);
  CHECK(text_of(run({program("slotcat"), a, b, "--no-gaps", "-n", "3", "-e", "-o", "cat"}).out) == "1997\n1998\n1999\n");
  CHECK(text_of(run({program("slotcat"), a, "*/" + a + "?if=lo", "--no-gaps", "-n", "2", "-e", "-o", "cat"}).out) == "1997\n1998\n");
}

TEST_CASE("after what is remembered comes what arrives, each once", "[history]") {
  remembered r;
  r.log("before");
  process slotcat({program("slotcat"), r.name, "-n", "10", "-o", "cat", "-c", "2"});
  REQUIRE(slotcat.wait_for_output("before"));
  r.log("after");
  CHECK(slotcat.wait() == 0);
  CHECK(text_of(slotcat.out()) == "before\nafter\n");
}

TEST_CASE("JSON says what was remembered", "[history]") {
  remembered r;
  r.log("one");
  CHECK_THAT(run({program("slotcat"), r.name, "-e", "--json"}).out, ContainsSubstring("\"history\":true"));
}

TEST_CASE("a cursor file makes a run go on where the last one ended", "[history]") {
  remembered r;
  const auto file = r.folder / "cursor";
  r.log("one");
  CHECK(text_of(r.read({"--cursor-file", file, "-e"}).out) == "one\n");
  const auto none = r.read({"--cursor-file", file, "-e"});
  CHECK(none.code == 1);
  CHECK_THAT(none.err, ContainsSubstring("nothing new is remembered"));
  r.log("two");
  CHECK(text_of(r.read({"--cursor-file", file, "-e"}).out) == "two\n");
  const auto nowhere = r.read({"--cursor-file", r.folder / "no/where", "-e"});
  CHECK(nowhere.code == 3);
  CHECK(nowhere.out.empty());
  CHECK_THAT(nowhere.err, ContainsSubstring("there is no folder \"" + r.folder / "no" + "\""));
  // A run for another time, or another slot, takes nothing back.
  CHECK(text_of(r.read({"--cursor-file", file, "-e", "-U", "1 h ago"}).out).empty());
  const auto other = scratch_name();
  post(other, {record_of("other")});
  CHECK(text_of(run({program("slotcat"), other, "--cursor-file", file, "-e", "-o", "cat"}).out) == "other\n");
  CHECK(r.read({"--cursor-file", file, "-e"}).code == 1);
}

#ifndef _WIN32
TEST_CASE("a cursor file that is a pipe or a folder is refused, and neither waited for nor replaced", "[history]") {
  namespace fs = std::filesystem;
  remembered r;
  const auto file = r.folder / "cursor";
  r.log("one");
  SECTION("the pipe is the file") { REQUIRE(::mkfifo(file.c_str(), 0600) == 0); }
  SECTION("the pipe is where it is written before it is renamed") { REQUIRE(::mkfifo((file + ".new").c_str(), 0600) == 0); }
  SECTION("a folder") { REQUIRE(fs::create_directory(file)); }
  const bool is_there = fs::exists(file);
  process reader({program("slotcat"), r.name, "--cursor-file", file, "-e", "-o", "cat"});
  CHECK(reader.wait() == 3);
  CHECK_THAT(reader.err(), ContainsSubstring("cannot write \"" + file));
  CHECK(fs::exists(file) == is_there);
  CHECK_FALSE(fs::is_regular_file(file));
}
#endif

TEST_CASE("a cursor file does not grow for ever", "[history]") {
  remembered r;
  const auto file = r.folder / "cursor";
  {
    std::ofstream out(file);
    for (int i = 0; i < 5000; ++i) out << std::to_string(1'000'000'000'000'000 + i) << " 1\n";  // nobody remembers them
  }
  r.log("one");
  CHECK(text_of(r.read({"--cursor-file", file, "-e"}).out) == "one\n");
  const auto text = read_file(file);
  CHECK(std::count(text.begin(), text.end(), '\n') == 1);
}

TEST_CASE("times that make no sense are refused before anything is opened", "[history]") {
  const auto bad = run({program("slotcat"), "lab", "-S", "foo"});
  CHECK(bad.code == 2);
  CHECK_THAT(bad.err, ContainsSubstring("\"foo\" is no time"));
  CHECK(run({program("slotcat"), "lab", "-S", "now", "-U", "1h ago"}).code == 2);
  const auto number = run({program("slotcat"), "lab", "-n", "x"});
  CHECK(number.code == 2);
  CHECK_THAT(number.err, ContainsSubstring("\"x\" is not accepted; accepted are whole numbers, and all"));
}

TEST_CASE("the last line of a program that was killed is there, and that it was", "[history]") {
  remembered r;
  process reader({program("slotcat"), r.name, "-n", "all", "--fail-on-crash"});
  process writer({program("slotcat"), "send", r.name});
  writer.write("last words\n");
  REQUIRE(reader.wait_for_output("last words"));
  writer.kill();
  CHECK(reader.wait() == 7);
  CHECK_THAT(reader.out(), ContainsSubstring("-- crashed: ") && ContainsSubstring(" ended without saying so"));

  const auto later = run({program("slotcat"), r.name, "-n", "20", "-e"});
  CHECK(later.code == 0);
  CHECK_THAT(later.out, ContainsSubstring("last words") && ContainsSubstring("-- crashed: "));
  CHECK_THAT(run({program("slotcat"), r.name, "-e", "--json"}).out, ContainsSubstring("\"type\":\"ended\"") && ContainsSubstring("\"clean\":false"));
  CHECK_THAT(run({program("slotcat"), r.name, "-n", "1", "-l", "info", "-e"}).out, ContainsSubstring("last words") && ContainsSubstring("-- crashed: "));
}
#ifndef _WIN32
TEST_CASE("ls shows who reads a slot, who writes to it, and who crashed", "[history]") {
  remembered r;
  CHECK(run({program("slotcat"), "ls", r.name}).code == 1);
  process reader({program("slotcat"), r.name, "-n", "all"});
  process alive({program("slotcat"), "send", r.name, "--app", "alive"});
  alive.write("a\n");
  REQUIRE(reader.wait_for_output("a\n"));
  process crashed({program("slotcat"), "send", r.name, "--app", "crashed"});
  crashed.write("b\n");
  REQUIRE(reader.wait_for_output("b\n"));
  crashed.kill();
  crashed.wait();
  CHECK(run({program("slotcat"), "send", r.name, "--app", "ended", "c"}).code == 0);
  REQUIRE(reader.wait_for_output("c\n"));

  const auto all = run({program("slotcat"), "ls", "--json"});
  CHECK(all.code == 0);
  CHECK_THAT(all.out, ContainsSubstring("\"slot\":\"" + r.name + "\",\"readers\":1,"));
  const auto state_of = [&](const std::string& app) {
    const auto at = all.out.find("\"app\":\"" + app + '"');
    const auto state = all.out.find("\"state\":\"", at) + 9;
    return at == std::string::npos ? "" : all.out.substr(state, all.out.find('"', state) - state);
  };
  CHECK(state_of("alive") == "alive");
  CHECK(state_of("crashed") == "crashed");
  CHECK(state_of("ended") == "ended");
  CHECK(run({program("slotcat"), "ls", "-o", "names"}).out == r.name + '\n');

  reader.kill();
  reader.wait();
  CHECK_THAT(run({program("slotcat"), "ls", r.name, "--json"}).out, ContainsSubstring("\"readers\":0,"));
}
#endif
