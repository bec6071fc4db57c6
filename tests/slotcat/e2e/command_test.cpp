// The program around reading: sending, defaults, help, shells.
#include <algorithm>
#include <csignal>
#include <fstream>
#include <regex>
#include <sstream>

#include <mailslog/slot.hpp>

#include "reading.hpp"
#include "support/catch.hpp"
#include "support/wait_until.hpp"

using namespace slotcat::test;
using namespace mailslog::test;

TEST_CASE("send posts a text with level, logger and typed fields") {
  const scratch_folder folder;
  reading r({"-c", "1", "--json"});
  CHECK(run(command({"send", r.name(), "-l", "notice", "-t", "net", "-f", "ms=812", "-f", "path=/x", "-f", "on=true", "two",
                     "words"})).code == 0);
  CHECK_THAT(r.rest(), ContainsSubstring(R"("level":"notice","logger":"net","message":"two words")") &&
                           ContainsSubstring(R"("app":"net")") &&
                           ContainsSubstring(R"("attributes":{"ms":812,"path":"/x","on":true})"));
}

TEST_CASE("send posts each line of its input as it comes") {
  const scratch_folder folder;
  reading r({"-o", "cat", "-l", "warn", "--until-match", "last"});
  process sending(command({"send", r.name(), "-l", "warn"}));
  sending.write("one\n");
  CHECK(r.slotcat().wait_for_output("one\n"));
  sending.write("two\n\nla");
  CHECK(r.slotcat().wait_for_output("two\n\n"));
  sending.write("st");
  sending.close_input();
  CHECK(sending.wait() == 0);
  CHECK(r.rest() == "one\ntwo\n\nlast\n");
}

TEST_CASE("send on Ctrl-C posts what has come and leaves with 130") {
  const scratch_folder folder;
  reading r({"-o", "cat", "-c", "2"});
  process sending(command({"send", r.name()}));
  sending.write("one\nbegun");
  REQUIRE(r.slotcat().wait_for_output("one\n"));
  sending.signal(2);
  CHECK(sending.wait() == 130);
  CHECK(r.rest() == "one\nbegun\n");
}

TEST_CASE("send to a slot that nobody reads is no error") {
  const scratch_folder folder;
  const auto r = run(command({"send", scratch_name(), "x"}));
  CHECK(r.code == 0);
  CHECK(r.err.empty());
}

TEST_CASE("send --plain posts the text alone, for programs that know no records") {
  const scratch_folder folder;
  const auto name = scratch_name();
  mailslog::slot_reader other(name);
  const auto hears = [&](const std::string& text) {
    const auto m = other.get(deadline);
    return m && m->bytes == text;
  };
  CHECK(run(command({"send", "--plain", name, "two", "words"})).code == 0);
  CHECK(hears("two words"));
  process sending(command({"send", "--plain", name}));
  sending.write("first\n\nlast");
  sending.close_input();
  CHECK(sending.wait() == 0);
  for (const auto* line : {"first", "", "last"}) CHECK(hears(line));
}

TEST_CASE("send --plain says how much a slot takes when a line is longer, and posts the others") {
  const scratch_folder folder;
  const auto name = scratch_name();
  mailslog::slot_reader other(name);
  process sending(command({"send", "--plain", name}));
  sending.write(std::string(70'000, 'x') + "\nshort\n");
  sending.close_input();
  CHECK(sending.wait() == 4);
  CHECK_THAT(sending.err(), ContainsSubstring("1 of 2 messages were not sent to \"" + name + '"') &&
                                ContainsSubstring(std::to_string(mailslog::slot_writer(name).max_message_size()) + " bytes at most"));
  const auto m = other.get(deadline);
  REQUIRE(m);
  CHECK(m->bytes == "short");
}

TEST_CASE("send reads levels from the lines, and passes its input on") {
  const scratch_folder folder;
  reading r({"-c", "4", "--json"});
  const std::string input = "<3>broken\r\nlevel=debug x\r\nplain\r\n[WARN] y\r\n";
  const auto sent = run(command({"send", r.name(), "--detect-level", "--tee", "-l", "notice", "--app", "pump"}), input);
  CHECK(sent.code == 0);
  CHECK(sent.out == text_of(input));
  const auto out = r.rest();
  CHECK_THAT(out, ContainsSubstring(R"("level":"error","message":"broken")") && ContainsSubstring(R"("level":"debug","message":"level=debug x")") &&
                      ContainsSubstring(R"("level":"notice","message":"plain")") && ContainsSubstring(R"("level":"warning","message":"[WARN] y")") &&
                      ContainsSubstring(R"("app":"pump")"));
}

#ifdef __linux__
TEST_CASE("a copy of the input that cannot be written is told, and the input posted") {
  const scratch_folder folder;
  reading r({"-o", "cat", "-c", "2"});
  const auto sent = run({"/bin/sh", "-c", "printf 'a\\nb\\n' | \"$0\" send \"$1\" --tee > /dev/full", command({}).front(), r.name()});
  CHECK(sent.code == 3);
  CHECK_THAT(sent.err, ContainsSubstring("--tee") && ContainsSubstring("No space left on device"));
  CHECK(r.rest() == "a\nb\n");
}
#endif

TEST_CASE("what was read as JSON is posted again as it was") {
  const scratch_folder folder;
  const auto file = folder / "f.json";
  auto record = record_of("one\n\"two\"", mailslog::level::error);
  record.logger = "net";
  record.thread = 7;
  record.source = {"a.cpp", 3, "f"};
  record.attributes = {{"ms", std::int64_t{812}}, {"path", "/x"}};
  reading first({"-c", "2", "--json"});
  post(first.name() + "?app=pump", {record, record_of("plain")});
  const auto lines = first.rest();

  reading second({"-c", "2", "--json"});
  CHECK(run(command({"send", second.name(), "--json"}), lines).code == 0);
  const auto again = second.rest();
  const auto until_sender = [](const std::string& text) { return text.substr(0, text.find(",\"host\"")); };
  CHECK(until_sender(again) == until_sender(lines));
  CHECK_THAT(again, ContainsSubstring(R"("app":"pump")") && ContainsSubstring(R"("thread":7)") &&
                        ContainsSubstring(R"("source":{"file":"a.cpp","line":3,"function":"f"})") && ContainsSubstring(R"({"ms":812,"path":"/x")"));
}

TEST_CASE("lines that are no JSON of slotcat's are told") {
  const scratch_folder folder;
  const auto r = run(command({"send", scratch_name(), "--json"}), "x\n{}\n");
  CHECK(r.code == 4);
  CHECK_THAT(r.err, ContainsSubstring("no JSON of slotcat's: 2\n"));
}

#ifndef _WIN32
TEST_CASE("send runs a command, posts its outputs and how it ended, and leaves with its code") {
  const scratch_folder folder;
  reading r({"-c", "4", "--json"});
  const auto sent = run(command({"send", r.name(), "--tee", "--", "sh", "-c", "echo fine; echo bad >&2; cat; exit 7"}), "from input");
  CHECK(sent.code == 7);
  CHECK(sent.out == "fine\nfrom input");
  CHECK(sent.err == "bad\n");
  const auto out = r.rest();
  CHECK_THAT(out, ContainsSubstring(R"("level":"info","message":"fine")") && ContainsSubstring(R"("level":"warning","message":"bad")") &&
                      ContainsSubstring(R"("message":"from input")") && ContainsSubstring(R"("app":"sh")") &&
                      ContainsSubstring(R"("level":"error","message":"sh ended with code 7")") && ContainsSubstring(R"("attributes":{"exit_code":7})"));
}

TEST_CASE("a command gets the signals that send gets") {
  const scratch_folder folder;
  const int number = GENERATE(SIGINT, SIGTERM, SIGHUP, SIGUSR1);
  reading r({"-o", "cat", "--until-match", "ended with"});
  process sending(command({"send", r.name(), "--", "sh", "-c", "trap 'echo caught; exit 9' INT TERM HUP USR1; echo ready; while :; do sleep 0.01; done"}));
  REQUIRE(r.slotcat().wait_for_output("ready\n"));
  sending.signal(number);
  CHECK(sending.wait() == 9);
  CHECK(r.rest() == "ready\ncaught\nsh ended with code 9\n");
}

TEST_CASE("a command that ends by a signal, or leaves its outputs to others, has ended") {
  const scratch_folder folder;
  CHECK(run(command({"send", scratch_name(), "--", "sh", "-c", "kill -KILL $$"})).code == 137);
  const auto left = run(command({"send", scratch_name(), "--tee", "--", "sh", "-c", "sleep 1000 & echo $!; exit 3"}));
  CHECK(left.code == 3);
  CHECK(::kill(std::stoi(left.out), SIGKILL) == 0);
}

TEST_CASE("a command that is not there is 127") {
  const scratch_folder folder;
  const auto r = run(command({"send", scratch_name(), "--", "/no/such/program"}));
  CHECK(r.code == 127);
  CHECK_THAT(r.err, ContainsSubstring("cannot run \"/no/such/program\": No such file or directory"));
}
#endif

TEST_CASE("a line that is longer than a record arrives whole or is told") {
  const scratch_folder folder;
  reading r({"-o", "cat", "--until-match", "^last$", "--fail-on-loss"});
  const std::string input = std::string(20'000'000, 'x') + "\nlast\n";
  const auto sent = run(command({"send", r.name()}), input);
  CHECK_THAT(sent.err, ContainsSubstring("lines longer than a record (16 MiB) were cut, 1 times"));
  const auto out = r.rest();
  const auto arrived = static_cast<std::size_t>(std::count(out.begin(), out.end(), 'x'));
  CHECK((arrived >= 20'000'000 || sent.code == 4 || r.slotcat().wait() == 4));
}

TEST_CASE("a slot called send is read as ./send") {
  const scratch_folder folder;
  process r(command({"./send", "-c", "1", "-o", "cat"}));
  CHECK(wait_until([&] {
    run(command({"send", "send", "x"}));
    return r.ended();
  }));
  CHECK(r.wait() == 0);
  CHECK(r.out() == "x\n");
}

TEST_CASE("help explains slotcat and its commands") {
  CHECK(run(command({"help"})).out == run(command({"--help"})).out);
  const auto send = run(command({"help", "send"}));
  CHECK(send.code == 0);
  CHECK(send.out == run(command({"send", "--help"})).out);
  CHECK_THAT(run(command({"help", "top"})).err, ContainsSubstring("not in this version"));
  CHECK(run(command({"help", "lab"})).code == 2);
}

TEST_CASE("words kept for later are no slots, and neither is a command with swapped letters") {
  const scratch_folder folder;
  const auto later = run(command({"top"}));
  CHECK(later.code == 2);
  CHECK(later.err == "slotcat: top: not in this version; the slot \"top\" is read with ./top\n");
  CHECK(run(command({"./ls", "--timeout", "1ms"})).code == 1);
  const auto mistyped = run(command({"sned", "lab", "x"}));
  CHECK(mistyped.code == 2);
  CHECK_THAT(mistyped.err, ContainsSubstring("did you mean send? The slot of that name is read with ./sned"));
}

TEST_CASE("defaults come from a file, from the environment above it, and from the command line above both") {
  const scratch_folder folder;
  const auto file = folder / "config";
  std::ofstream(file) << "output = \"cat\"\ncount = 1\nlevel = \"warning\"\n";
  const process::variables by_variable = {{"SLOTCAT_CONFIG", file}, {"SLOTCAT_COUNT", "2"}};
  const auto posted = [](reading& r) {
    post(r.name(), {record_of("i1"), record_of("w1", mailslog::level::warning), record_of("i2"),
                    record_of("w2", mailslog::level::warning)});
    return r.rest();
  };
  SECTION("file") {
    reading r({"--config", file});
    CHECK(posted(r) == "w1\n");
  }
  SECTION("file and environment") {
    reading r({}, by_variable);
    CHECK(posted(r) == "w1\nw2\n");
  }
  SECTION("file, environment and command line") {
    reading r({"-l", "info"}, by_variable);
    CHECK(posted(r) == "i1\nw1\n");
  }
}

TEST_CASE("help and version go to standard output with 0") {
  for (const auto* option : {"--help", "-h", "--version"}) {
    const auto r = run(command({option}));
    CHECK(r.code == 0);
    CHECK_THAT(r.out, ContainsSubstring("slotcat "));
    CHECK(r.err.empty());
  }
  CHECK_THAT(run(command({"send", "--help"})).out, ContainsSubstring("--field KEY=VALUE"));
#ifdef __linux__
  for (const auto* option : {"--help", "--version", "--completion=bash", "help"}) {
    const auto r = run({"sh", "-c", "\"$0\" \"$1\" >/dev/full", program("slotcat"), option});
    CHECK(r.code == 3);
    CHECK_THAT(r.err, ContainsSubstring("cannot write to standard output: No space left on device"));
  }
#endif
}

#ifndef _WIN32
TEST_CASE("the completion scripts work in their shells") {
  const scratch_folder folder;
  for (const auto* slot : {"older", "./builds/linux"}) post(slot, {record_of("x")});  // is remembered
  SECTION("bash") {
    const auto r = run({"bash", "-c", R"sh(
      eval "$("$0" --completion bash)" &&
      slotcat=$0 &&
      complete() { COMP_WORDS=(slotcat "$@"); COMP_CWORD=$#; _slotcat "$slotcat"; echo "${COMPREPLY[*]}"; } &&
      complete -o js && complete --time && complete --fail- && complete se && complete send lab --st && complete send -l n &&
      complete -S y && complete old && complete send ./build && complete --if l)sh", program("slotcat")});
    CHECK(r.err.empty());
    CHECK(r.out == "json json-pretty\n--time --timeout\n--fail-match --fail-on-loss --fail-on-crash\nsend\n--stderr-level\nnotice\n"
                   "yesterday\nolder\n./builds/linux\nlo\n");
  }
  SECTION("zsh") {
    if (run({"sh", "-c", "command -v zsh"}).code != 0) return;
    CHECK(run({"zsh", "-n"}, run(command({"--completion", "zsh"})).out).err.empty());
  }
  SECTION("fish") {
    if (run({"sh", "-c", "command -v fish"}).code != 0) return;
    const auto r = run({"fish", "--no-config", "-c", "$argv[1] --completion fish | source; complete -C 'slotcat -o js'",
                        program("slotcat")});
    CHECK_THAT(r.out, ContainsSubstring("json") && ContainsSubstring("json-pretty"));
    const auto in_path = run({"fish", "--no-config", "-c", "set -x PATH (path dirname $argv[1]) $PATH; slotcat --completion fish | source; complete -C 'slotcat old'",
                              program("slotcat")});
    CHECK_THAT(in_path.out, StartsWith("older"));
  }
}

TEST_CASE("lnav reads the default line and JSON with the format file that is shipped") {
  const scratch_folder folder;
  if (run({"sh", "-c", "command -v lnav"}).code != 0) return;
  const process::variables home = {{"HOME", folder.path()}, {"XDG_CONFIG_HOME", ""}, {"TERM", "xterm"}};
  REQUIRE(run({"lnav", "-i", SLOTCAT_LNAV_FORMAT}, {}, home).code == 0);
  const auto check = run({"lnav", "-C"}, {}, home);
  CHECK(check.code == 0);

  const auto read_by_lnav = [&](const char* form, const char* query) {
    const auto file = folder / form;
    reading r({"-c", "3", "-o", form, "-w", file});
    auto record = record_of("took too long", mailslog::level::warning);
    record.logger = "net.http";
    post(r.name(), {record, record_of("one\ntwo"), record_of("broken", mailslog::level::critical)});
    r.rest();
    return run({"lnav", "-n", "-c", std::string(";select ") + query, "-c", ":write-csv-to -", file}, {}, home).out;
  };
  CHECK_THAT(read_by_lnav("short", "log_level, logger, log_body from slotcat_log"),
             ContainsSubstring("warning,net.http,took too long\n") && ContainsSubstring("info,,\"one\n") &&
                 ContainsSubstring("critical,,broken"));
  CHECK_THAT(read_by_lnav("json", "log_level, logger, log_body from slotcat_json_log"),
             ContainsSubstring("warning,net.http,took too long\n") && ContainsSubstring("\"one\ntwo\"\n") &&
                 ContainsSubstring("critical,"));
}
#endif

TEST_CASE("the manual page explains every option that help names, and the shells complete it") {
  const auto manual = read_file(SLOTCAT_MANUAL);
  const auto script = [](const char* shell) { return run(command({"--completion", shell})).out; };
  const std::string bash = script("bash"), zsh = script("zsh"), fish = script("fish");
  const auto of_reading = GENERATE(true, false);
  std::istringstream help(run(command(of_reading ? texts{"--help"} : texts{"help", "send"})).out);
  const auto names_at = of_reading ? bash.find("names='") : bash.rfind("names='");
  REQUIRE(names_at != std::string::npos);
  const auto bash_names = bash.substr(names_at, bash.find('\n', names_at) - names_at);
  const auto other_at = zsh.find("\n  else\n");
  REQUIRE(other_at != std::string::npos);
  const auto zsh_part = of_reading ? zsh.substr(other_at) : zsh.substr(0, other_at);
  const std::string fish_end = of_reading ? "-n 'not __fish_seen_subcommand_from send'" : "-n '__fish_seen_subcommand_from send'";
  const std::regex option("^  (?:-(.), )?--([a-z-]+).*");
  std::size_t options = 0;
  for (std::string line; std::getline(help, line);) {
    std::smatch found;
    if (!std::regex_match(line, found, option)) continue;
    const auto name = found[2].str();
    CAPTURE(name);
    ++options;
    CHECK_THAT(manual, ContainsSubstring("*--" + name + "*"));
    CHECK(std::regex_search(bash_names, std::regex("[' ]--" + name + "[' ]")));
    CHECK_THAT(zsh_part, ContainsSubstring("'*--" + name + "["));
    std::istringstream lines(fish);
    bool completed = false;
    for (std::string each; std::getline(lines, each);) {
      completed |= each.find(" -l " + name + " ") != std::string::npos && each.size() > fish_end.size() &&
                   each.compare(each.size() - fish_end.size(), fish_end.size(), fish_end) == 0;
    }
    CHECK(completed);
    if (found[1].matched) CHECK_THAT(zsh_part, ContainsSubstring("'*-" + found[1].str() + "["));
  }
  CHECK(options > (of_reading ? 40U : 12U));
}
