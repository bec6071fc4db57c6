// slotcat on a terminal.
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <regex>
#include <string>
#include <vector>

#include "reading.hpp"
#include "support/catch.hpp"
#include "support/system.hpp"

using namespace slotcat::test;
using namespace mailslog::test;

TEST_CASE("on a terminal slotcat says what it listens to, and why nothing may come") {
  const scratch_folder folder;
  if (run({"sh", "-c", "command -v script"}).code != 0) return;
  const auto name = scratch_name();
  const auto session = folder / "session";  // where a program posts that has not the same environment
  std::filesystem::create_directories(session + "/mailslog/" + name);
  const auto on_terminal = [&](const std::string& options) {
    return run({"script", "-qefc", program("slotcat") + ' ' + name + ' ' + options, "/dev/null"}, {}, {{"XDG_RUNTIME_DIR", session}}).out;
  };
  CHECK_THAT(on_terminal("--timeout 10ms"), StartsWith("slotcat: listening to \"" + name + "\" on this machine (" + folder / name + "); Ctrl-C ends"));
  CHECK(on_terminal("--timeout 10ms -q").empty());
  CHECK_THAT(on_terminal("--timeout 10ms --until-match x"), ContainsSubstring("nothing matched in time; 0 records were seen, 0 of them shown"));
  CHECK(run(command({"send", name, "unwanted"})).code == 0);
  CHECK_THAT(on_terminal("-n all --timeout 10ms -g wanted$ -l error"), ContainsSubstring("nothing matched in time; 1 record was seen, 0 of them shown"));
  CHECK_THAT(on_terminal("--timeout 5100ms"), ContainsSubstring("nothing has come yet: does a program post to it?") && ContainsSubstring(name + "\" is also in " + session + "/mailslog/" + name));
  CHECK(run(command({name, "--timeout", "10ms"})).err.empty());
}

namespace {

// slotcat in a terminal of its own, whose state is told when it has ended.
struct on_terminal {
  explicit on_terminal(const scratch_folder& folder, const std::string& options)
      : pid_file(folder / "pid"),
        terminal({"script", "-qefc",
                  "stty rows 10 cols 60; sh -c 'echo $$ >" + pid_file + "; exec " + program("slotcat") + " " + name + " -q " + options + "'; echo code $?; stty -a", "/dev/null"},
                 {{"TERM", "xterm"}}) {
    // It has the terminal before it is asked for anything.
    REQUIRE(wait_until([&] { return is_read(name) && state().find("-icanon") != std::string::npos; }));
  }

  int pid() const { return std::stoi("0" + read_file(pid_file)); }
  std::string state() const { return run({"stty", "-a", "-F", "/proc/" + std::to_string(pid()) + "/fd/0"}).out; }
  // What it was, and is again.
  std::string state_at_end() {
    terminal.wait();
    const auto out = terminal.out();
    return out.substr(std::min(out.find("code "), out.size()));
  }

  std::string name = scratch_name();
  std::string pid_file;
  process terminal;
};

bool has_terminals() { return run({"sh", "-c", "command -v script && command -v stty && test -d /proc/self/fd"}).code == 0; }

}  // namespace

TEST_CASE("at a terminal Enter draws a line with the time, and p pauses without loss") {
  const scratch_folder folder;
  if (!has_terminals()) return;
  on_terminal t(folder, "-o cat --until-match last");
  t.terminal.write("\n");
  REQUIRE(t.terminal.wait_for_output([](const std::string& out) { return std::regex_search(out, std::regex("-- \\d\\d:\\d\\d:\\d\\d\\.\\d{3} -+\r\n")); }));
  t.terminal.write("p");
  REQUIRE(t.terminal.wait_for_output("-- paused, 0 records are waiting"));
  post(t.name, {record_of("one"), record_of("two")});
  REQUIRE(t.terminal.wait_for_output("-- paused, 2 records are waiting"));
  CHECK(t.terminal.out().find("one") == std::string::npos);
  t.terminal.write("p");
  REQUIRE(t.terminal.wait_for_output("\rone\r\ntwo\r\n"));
  t.terminal.write("p");
  REQUIRE(t.terminal.wait_for_output([](const std::string& out) { return out.find("-- paused", out.find("two")) != std::string::npos; }));
  post(t.name, {record_of("three"), record_of("last")});
  const auto state = t.state_at_end();
  CHECK_THAT(t.terminal.out(), ContainsSubstring("three\r\nlast\r\ncode 0"));
  CHECK_THAT(state, ContainsSubstring(" icanon") && ContainsSubstring(" echo "));
}

TEST_CASE("however slotcat ends, the terminal is as it was") {
  const scratch_folder folder;
  if (!has_terminals()) return;
  const int signal = GENERATE(SIGINT, SIGTERM, SIGQUIT, SIGABRT);
  on_terminal t(folder, "");
  ::kill(t.pid(), signal);
  const auto state = t.state_at_end();
  CHECK_THAT(state, StartsWith("code " + std::to_string(128 + signal)));
  CHECK_THAT(state, ContainsSubstring(" icanon") && ContainsSubstring(" echo "));
}

namespace {

// The tables that stood on the screen one after the other, and what stood between them. Checks that each took the place of the one before.
struct tables {
  explicit tables(const std::string& out) {
    const std::regex away("\r\x1b\\[(\\d+)A\x1b\\[J");
    auto from = out.begin();
    for (std::sregex_iterator at(out.begin(), out.end(), away), none; at != none; ++at) {
      add({from, (*at)[0].first});
      CHECK(lines.back() == std::stoi((*at)[1]));
      from = (*at)[0].second;
    }
    add({from, out.end()});
  }

  void add(const std::string& text) {
    const auto table = std::min(text.find("   records  "), text.size());
    between.push_back(text.substr(0, table));
    lines.push_back(static_cast<int>(std::count(text.begin() + static_cast<std::ptrdiff_t>(table), text.end(), '\n')));
  }

  std::vector<std::string> between;
  std::vector<int> lines;
};

}  // namespace

TEST_CASE("a live table is never higher than the screen, and neither counters nor keys push it aside") {
  const scratch_folder folder;
  if (!has_terminals()) return;
  on_terminal t(folder, "--count-by text --every 20ms --stats=50ms --until-match last");
  REQUIRE(t.terminal.wait_for_output("slotcat: seen 0"));
  t.terminal.write("\n\np");
  texts kinds;
  for (int i = 0; i < 30; ++i) kinds.push_back("kind " + std::to_string(i));
  std::vector<mailslog::record> records;
  for (const auto& kind : kinds) records.push_back(record_of(kind));
  post(t.name, records);
  REQUIRE(t.terminal.wait_for_output([](const std::string& out) {
    const auto seen = out.find("slotcat: seen 30");
    return seen != std::string::npos && out.find("(others)", out.find("(others)", seen) + 1) != std::string::npos;
  }));
  post(t.name, {record_of("last")});
  t.terminal.wait();
  const auto out = t.terminal.out();
  const tables shown(out.substr(0, out.rfind("slotcat: seen")));  // those at the end stand under the last table
  CHECK(*std::max_element(shown.lines.begin(), shown.lines.end()) == 9);  // and a line for the cursor
  for (const auto& text : shown.between) CHECK_THAT(text, Matches("|(slotcat: seen [^\\r\\n]*\\r\\n)*"));
}
