#include "cli/options.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "support/catch.hpp"
#include "support/scratch.hpp"
#include "support/system.hpp"
#include "cli/values.hpp"

using namespace slotcat;
using namespace std::chrono_literals;
using mailslog::level;

namespace {

using texts = std::vector<std::string>;

read_options read_of(texts arguments) { return std::get<read_options>(parse_read_options(arguments)); }
send_options send_of(texts arguments) { return std::get<send_options>(parse_send_options(arguments)); }
std::string printed(texts arguments) { return std::get<print_only>(parse_read_options(arguments)).text; }

// An environment variable for as long as it lives.
struct variable {
  variable(const char* name, const std::string& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    mailslog::test::set_variable(name, value);
  }
  ~variable() {
    if (before_) {
      mailslog::test::set_variable(name_, *before_);
    } else {
      mailslog::test::unset_variable(name_);
    }
  }
  const char* name_;
  std::optional<std::string> before_;
};

}  // namespace

TEST_CASE("without options the defaults are those of the documentation") {
  const auto o = read_of({"x"});
  CHECK(o.addresses.size() == 1);
  CHECK(o.format.output == form::brief);
  CHECK(o.format.time.how == time_style::kind::clock);
  CHECK(o.format.where == zone::local);
  CHECK(o.colour == colour::mode::automatic);
  CHECK(o.shown.level.has(level::trace));
  CHECK(o.shown.show_partial);
  CHECK_FALSE(o.shown.show_foreign);
  CHECK_FALSE(o.order_by_time);
  CHECK(o.wait == 100ms);
  CHECK(o.count == 0);
  CHECK_FALSE(o.timeout);
  CHECK_FALSE(o.stats);
  CHECK(o.write_file.empty());
}

TEST_CASE("every option of reading is understood") {
  const auto o = read_of({"x", "y", "-o", "full", "--time", "iso", "--utc", "-l", "warn..error", "--levels", "net.*:debug,*:off",
                          "-s", "*/pump", "-s", "*/valve", "-x", "*[1]", "-g", "a", "-g", "b", "-G", "c", "-H", "d", "-m", "k=v",
                          "-m", "n>1", "-c", "7", "--timeout", "10s", "--idle", "500ms", "--until-match", "ready", "--fail-match",
                          "fail", "--fail-on-loss", "--order", "time", "--wait", "1s", "--no-gaps", "--partial", "hide",
                          "--foreign", "show", "--stats=5s", "--color", "always", "--raw", "-w", "f.log", "--max-size", "1M",
                          "--max-files", "2", "--rcvbuf", "1M", "--max-memory", "8M"});
  CHECK(o.addresses.size() == 2);
  CHECK(o.format.output == form::full);
  CHECK(o.format.time.how == time_style::kind::iso);
  CHECK(o.format.where == zone::utc);
  CHECK(o.format.mode == neutral::no);
  CHECK(o.format.highlight.size() == 1);
  CHECK_FALSE(o.shown.level.has(level::critical));
  CHECK(o.shown.levels);
  CHECK(o.shown.sources.size() == 2);
  CHECK(o.shown.excluded_sources.size() == 1);
  CHECK(o.shown.grep.size() == 2);
  CHECK(o.shown.exclude.size() == 1);
  CHECK(o.shown.matches.size() == 2);
  CHECK_FALSE(o.shown.show_partial);
  CHECK(o.shown.show_foreign);
  CHECK(o.count == 7);
  CHECK(*o.timeout == 10s);
  CHECK(*o.idle == 500ms);
  CHECK(o.until_match.size() == 1);
  CHECK(o.fail_match.size() == 1);
  CHECK(o.fail_on_loss);
  CHECK(o.order_by_time);
  CHECK(o.wait == 1s);
  CHECK(o.hide_gaps);
  CHECK(o.stats);
  CHECK(*o.stats_every == 5s);
  CHECK(o.colour == colour::mode::always);
  CHECK(o.write_file == "f.log");
  CHECK(o.max_size == 1048576);
  CHECK(o.max_files == 2);
  CHECK(o.max_memory == 8 * 1048576);
  CHECK(o.addresses[0].options().rcvbuf == 1048576);
  CHECK(o.addresses[0].options().max_memory == 8 * 1048576);
}

TEST_CASE("each form has its name") {
  const std::vector<std::pair<const char*, form>> forms = {
      {"short", form::brief}, {"short-iso", form::brief_iso},     {"full", form::full},    {"cat", form::cat},
      {"json", form::json},   {"json-pretty", form::json_pretty}, {"logfmt", form::logfmt}};
  for (const auto& [name, expected] : forms) CHECK(read_of({"x", "-o", name}).format.output == expected);
  CHECK(read_of({"x", "--json"}).format.output == form::json);
}

TEST_CASE("network options are defaults under the address's own") {
  const auto o = read_of({"*/a", "*/b?port=5000", "--port", "4500", "--if", "lo"});
  CHECK(o.addresses[0].options().port == 4500);
  CHECK(o.addresses[0].options().if_ == "lo");
  CHECK(o.addresses[1].options().port == 5000);
}

TEST_CASE("option --stats takes a time only with an equals sign") {
  const auto o = read_of({"--stats", "x"});
  CHECK(o.stats);
  CHECK_FALSE(o.stats_every);
  CHECK(o.addresses.front().name() == "x");
}

TEST_CASE("an option that takes a list takes one value each time") {
  const auto o = read_of({"-g", "a", "x"});
  CHECK(o.shown.grep.size() == 1);
  CHECK(o.addresses.size() == 1);
  CHECK(read_of({"x", "-g", "-dash"}).shown.grep.size() == 1);
}

TEST_CASE("bad values are refused, quoted, with the option's name and what is accepted") {
  struct bad {
    texts arguments;
    const char* message;
  };
  const auto b = GENERATE(values<bad>({
      {{"-o", "xml"}, "--output: \"xml\" is not accepted; accepted are short, short-iso, full, cat, template, json, json-pretty, logfmt"},
      {{"--color", "blue"}, "--color: \"blue\" is not accepted; accepted are auto, always, never"},
      {{"--order", "size"}, "--order: \"size\" is not accepted; accepted are source, time"},
      {{"--partial", "x"}, "--partial: \"x\" is not accepted; accepted are show, hide"},
      {{"--foreign", ""}, "--foreign: \"\" is not accepted; accepted are show, hide"},
      {{"-l", "loud"}, "--level: \"loud\" is not a level"},
      {{"--levels", "net"}, "--levels: \"net\" is not logger:level"},
      {{"-s", ""}, "--source: \"\" can never match"},
      {{"-x", "pump,,valve"}, "--exclude-source: \"\" can never match"},
      {{"-g", "("}, "--grep: \"(\" is not a regular expression"},
      {{"-G", "("}, "--exclude: \"(\" is not a regular expression"},
      {{"-G", ""}, "--exclude: \"\" excludes everything"},
      {{"-G", "a", "-G", ".*"}, "--exclude: \".*\" excludes everything"},
      {{"-x", "*"}, "--exclude-source: \"*\" excludes everything"},
      {{"-H", "("}, "--highlight: \"(\" is not a regular expression"},
      {{"--until-match", "("}, "--until-match: \"(\" is not a regular expression"},
      {{"--fail-match", "("}, "--fail-match: \"(\" is not a regular expression"},
      {{"-m", "n==3"}, "--match: \"n==3\": one = says equal; write n=3,"},
      {{"-m", "n=>3"}, "--match: \"n=>3\": this sign is >=; write n>=3,"},
      {{"-m", "n=<-1.5"}, "--match: \"n=<-1.5\": this sign is <=; write n<=-1.5,"},
      {{"-m", "level=>warn"}, "--match: \"level=>warn\": this sign is >=; write level>=warn,"},
      {{"-m", "n=~x"}, "--match: \"n=~x\": this sign is ~=; write n~=x,"},
      {{"-m", "level>=foo"}, "--match: \"foo\" is not a level; accepted are trace, debug,"},
      {{"-m", "n<x"}, "--match: \"n<x\" can never match"},
      {{"-c", "0"}, "--count: \"0\" is not accepted"},
      {{"--timeout", "soon"}, "--timeout: \"soon\" is not a time"},
      {{"--idle", "0"}, "--idle: \"0\" is not a time"},
      {{"--wait", "x"}, "--wait: \"x\" is not a time"},
      {{"--stats=x"}, "--stats: \"x\" is not a time"},
      {{"--time", "lcoal"}, "--time: \"lcoal\" is not a time format"},
      {{"--max-size", "big"}, "--max-size: \"big\" is not a size"},
      {{"--max-files", "0"}, "--max-files: \"0\" is not accepted; accepted are whole numbers from 1"},
      {{"--rcvbuf", "0"}, "--rcvbuf: \"0\" is not a size"},
      {{"--max-memory", "x"}, "--max-memory: \"x\" is not a size"},
      {{"--max-memory", "1.5k"}, "--max-memory: \"1.5k\" is too small a size; accepted is 1M or more"},
      {{"--port", "65536"}, "--port: \"65536\" is not accepted; accepted are whole numbers from 1 to 65535"},
      {{"--ttl", "256"}, "--ttl: \"256\" is not accepted; accepted are whole numbers from 0 to 255"},
      {{"--if", ""}, "--if: \"\" is not the name"},
      {{"-w", ""}, "--write: \"\" is not the name of a file"},
      {{"--fields", "text,"}, "--fields: \"\" is not the name of a field"},
      {{"--hide", ""}, "--hide: \"\" is not the name of a field"},
      {{"--template", "{text"}, "--template: \"{text\" is no template"},
      {{"--count-by", "time"}, "--count-by: \"time\" cannot be counted by"},
      {{"--every", "x"}, "--every: \"x\" is not a time"},
      {{"-w", "f", "--write-output", "template"}, "--write-output: \"template\" is not accepted"},
      {{"-o", "template"}, "-o template needs a --template"},
      {{"--theme", "eror=31"}, "--theme: \"eror=31\" sets no colour"},
      {{"--theme", "error=31:gap=red"}, "--theme: \"red\" is no colour"},
      {{"--utc=maybe"}, "--utc: \"maybe\" is not accepted; accepted are true, false"},
      {{"--quiet=2"}, "--quiet: \"2\" is not accepted; accepted are true, false"},
      {{"--json=maybe"}, "--json: \"maybe\" is not accepted; accepted are true, false"},
      {{"--completion", "tcsh"}, "--completion: \"tcsh\" is not accepted; accepted are bash, zsh, fish"},
      {{"--config", "/does/not/exist"}, "--config: \"/does/not/exist\" cannot be read"},
  }));
  auto arguments = b.arguments;
  arguments.push_back("x");
  CHECK_THROWS_MATCHES(parse_read_options(arguments), usage_error, Catch::Matchers::Predicate<usage_error>([&](const auto& e) {
                         return std::string_view(e.what()).substr(0, std::string_view(b.message).size()) == b.message;
                       }, b.message));
}

TEST_CASE("options that do not exist or lack their value are refused") {
  CHECK_THROWS_WITH(read_of({"x", "--bogus"}), StartsWith("no option is called \"--bogus\"; see --help"));
  CHECK_THROWS_WITH(read_of({"x", "--colour=always"}), ContainsSubstring("\"--colour\"; did you mean --color?"));
  CHECK_THROWS_WITH(read_of({"x", "--untl-match", "y"}), ContainsSubstring("did you mean --until-match?"));
  CHECK_THROWS_WITH(read_of({"x", "--high"}), ContainsSubstring("did you mean --highlight?"));
  CHECK_THROWS_WITH(send_of({"x", "--felid", "a=b"}), ContainsSubstring("did you mean --field?"));
  CHECK_THROWS_WITH(read_of({"x", "-o"}), ContainsSubstring("--output"));
}

TEST_CASE("options that cannot apply are refused") {
  const auto arguments = GENERATE(values<texts>({{"--wait", "1s"},
                                                 {"--grep-in", "all"},
                                                 {"--wrap", "chop", "--json"},
                                                 {"--max-size", "1M"},
                                                 {"--max-files", "3"},
                                                 {"--json", "-o", "cat"},
                                                 {"--json", "--time", "iso"},
                                                 {"--json", "--utc"},
                                                 {"-o", "short-iso", "--time", "unix"},
                                                 {"--time", "unix", "--utc"},
                                                 {"--json", "-H", "a"},
                                                 {"-H", "a", "--color", "never"},
                                                 {"--port", "4500"},
                                                 {"--if", "lo"},
                                                 {"--ttl", "2"},
                                                 {"--fields", "text", "-o", "cat"},
                                                 {"--hide", "text", "-o", "template", "--template", "{text}"},
                                                 {"--fields", "text", "--hide", "text"},
                                                 {"--template", "{text}"},
                                                 {"--every", "1s"},
                                                 {"-o", "template", "--template", "{text}", "--ansi", "keep"},
                                                 {"--theme", "error=31", "--json"},
                                                 {"--hide", "time", "--time", "iso"},
                                                 {"--fields", "text", "--utc"},
                                                 {"--ansi", "keep", "--color", "never"},
                                                 {"--count-by", "app", "--no-gaps"},
                                                 {"--count-by", "app", "--order", "time"},
                                                 {"--count-by", "app", "--json"},
                                                 {"--count-by", "app", "--fields", "text"},
                                                 {"--color=always", "--json"},
                                                 {"--color", "always", "-o", "logfmt"},
                                                 {"--raw", "--json"},
                                                 {"--raw", "-o", "json-pretty"}}));
  auto all = arguments;
  all.push_back("local-slot");
  CAPTURE(arguments);
  CHECK_THROWS_WITH(read_of(all), ContainsSubstring("cannot apply: "));
}

TEST_CASE("filters that contradict each other are refused") {
  CHECK_THROWS_WITH(read_of({"x", "-g", "a", "-G", "a"}), ContainsSubstring("can never match"));
  CHECK_THROWS_WITH(read_of({"x", "-s", "*/a", "-x", "*/a"}), ContainsSubstring("can never match"));
  CHECK_NOTHROW(read_of({"x", "-g", "a", "-g", "b", "-G", "a"}));
  for (const char* some : {"^$", "^$|#", "^.*$", "."}) CHECK_NOTHROW(read_of({"x", "-G", some}));
  CHECK_NOTHROW(read_of({"x", "-x", "*/*"}));
}

TEST_CASE("a classic slot is there for what other programs post") {
  CHECK(read_of({R"(\\*\mailslot\x)"}).shown.show_foreign);
  CHECK(read_of({"x", "y?classic=1"}).shown.show_foreign);
  CHECK_FALSE(read_of({"//*/mailslot/x", "--foreign", "hide"}).shown.show_foreign);
  CHECK_NOTHROW(read_of({"//*/mailslot/x", "--if", "lo"}));
  CHECK_THROWS_WITH(read_of({"//*/mailslot/x", "--port", "4500"}), StartsWith("--port cannot apply"));
}

TEST_CASE("addresses that cannot be read are refused") {
  CHECK_THROWS_WITH(read_of({}), StartsWith("no address"));
  CHECK_THROWS_WITH(read_of({"x", "send"}), ContainsSubstring("./send"));
  CHECK_THROWS_WITH(read_of({"example.org/x"}), ContainsSubstring("slots of other hosts cannot be read"));
  CHECK_THROWS_WITH(read_of({R"(\\WINBOX\mailslot\x)"}),
                    StartsWith(R"("\\WINBOX\mailslot\x")") && ContainsSubstring(R"('\\*\mailslot\x')"));
  CHECK_THROWS_AS(read_of({"x*"}), mailslog::address_error);
  CHECK(read_of({"./send"}).addresses.front().name() == "send");
}

TEST_CASE("the environment is under the command line, and the file under the environment") {
  const mailslog::test::scratch_folder folder;
  const auto file = folder / "slotcat.toml";
  std::ofstream(file) << "# defaults\noutput = \"logfmt\"\nlevel = \"error\"\ncount = 3\nutc = true\n"
                         "grep = [\"a, b\", \"c\"]\nlevels = \"net.*:debug,*:off\"\n";

  SECTION("the file alone") {
    const auto o = read_of({"x", "--config", file});
    CHECK(o.format.output == form::logfmt);
    CHECK_FALSE(o.shown.level.has(level::warning));
    CHECK(o.count == 3);
    CHECK(o.shown.grep.size() == 2);
    CHECK(o.shown.grep[0].found_in("a, b"));
    CHECK(o.shown.levels);
  }
  SECTION("by its variable, which the command line overrides") {
    const variable config("SLOTCAT_CONFIG", file);
    CHECK(read_of({"x"}).count == 3);
    std::ofstream(folder / "other") << "count = 5\n";
    CHECK(read_of({"x", "--config", folder / "other"}).count == 5);
  }
  SECTION("all three") {
    const variable count("SLOTCAT_COUNT", "4");
    const variable level_variable("SLOTCAT_LEVEL", "warning");
    const auto o = read_of({"x", "--config", file, "-l", "info", "-g", "d"});
    CHECK(o.format.output == form::logfmt);
    CHECK(o.count == 4);
    CHECK(o.shown.level.has(level::info));
    CHECK(o.shown.grep.size() == 1);
  }
}

TEST_CASE("flags can be set and unset at each stage") {
  const variable utc("SLOTCAT_UTC", "1");
  CHECK(read_of({"x"}).format.where == zone::utc);
  CHECK(read_of({"x", "--utc=false"}).format.where == zone::local);
  for (const char* yes : {"true", "on", "yes", "1", "True"}) CHECK(read_of({"x", "--quiet=false", "--quiet=" + std::string(yes)}).quiet);
  for (const char* no : {"false", "off", "no", "0", "NO"}) CHECK_FALSE(read_of({"x", "--quiet=" + std::string(no)}).quiet);
  CHECK(read_of({"x", "-qe"}).end);
  const variable fail("SLOTCAT_FAIL_ON_LOSS", "true");
  CHECK(read_of({"x"}).fail_on_loss);
  const variable stats("SLOTCAT_STATS", "5s");
  CHECK(*read_of({"x"}).stats_every == 5s);
}

TEST_CASE("habits from the environment that cannot apply are no error") {
  const variable time("SLOTCAT_TIME", "iso");
  const variable port("SLOTCAT_PORT", "4500");
  CHECK(read_of({"x", "--json"}).format.output == form::json);
}

TEST_CASE("errors say where they come from") {
  const mailslog::test::scratch_folder folder;
  const auto file = folder / "c";
  const auto complaint_about = [&](const std::string& text) {
    std::ofstream(file) << text;
    try {
      read_of({"x", "--config", file});
    } catch (const usage_error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  SECTION("a variable") {
    const variable level_variable("SLOTCAT_LEVEL", "loud");
    CHECK_THROWS_WITH(read_of({"x"}), StartsWith("SLOTCAT_LEVEL: --level: \"loud\""));
  }
  SECTION("a value in the file, by its line") {
    CHECK_THAT(complaint_about("# mine\n\nutc = true\nlevel = loud\n"), StartsWith(file + ":4: --level: \"loud\""));
    CHECK_THAT(complaint_about("grep = [\n  \"a\",\n  \"b\"\n]\nlevel = loud\n"), StartsWith(file + ":5: "));
    CHECK_THAT(complaint_about("max-size = 1Q\r\n"), StartsWith(file + ":1: --max-size: \"1Q\" is not a size"));
  }
  SECTION("an unknown name in the file") {
    CHECK_THAT(complaint_about("\ncolour = always\n"), StartsWith(file + ":2: no option is called") && ContainsSubstring("--color?"));
  }
  SECTION("a name that has no place in the file") {
    CHECK_THAT(complaint_about("config = other\n"), StartsWith(file + ":1: \"config\" is not accepted"));
  }
  SECTION("a folder") {
    CHECK_THROWS_WITH(read_of({"x", "--config", folder.path()}), ContainsSubstring("is a folder"));
  }
}

TEST_CASE("a byte order mark, headings and lists over several lines do no harm in a file") {
  const mailslog::test::scratch_folder folder;
  const auto file = folder / "c";
  std::ofstream(file) << "\xef\xbb\xbflevel = error\r\n[display]\r\noutput = cat\r\n[send]\r\nlevel = loud\r\n[other.part]\r\ngrep = [\r\n \"a\",\r\n \"b\" ]\r\n";
  const auto o = read_of({"x", "--config", file});
  CHECK_FALSE(o.shown.level.has(level::warning));
  CHECK(o.format.output == form::cat);
  CHECK(o.shown.grep.size() == 2);
}

TEST_CASE("sizes and times in a file are those of the command line") {
  const mailslog::test::scratch_folder folder;
  const auto file = folder / "c";
  std::ofstream(file) << "rcvbuf = 1.5M\nidle = 5\ntimeout = \"1.5m\"\n";
  const auto o = read_of({"x", "--config", file});
  CHECK(o.addresses[0].options().rcvbuf == 1572864);
  CHECK(*o.idle == 5s);
  CHECK(*o.timeout == 90s);
}

#ifndef _WIN32
TEST_CASE("where no file is named, that of the user is read") {
  const mailslog::test::scratch_folder folder;
  std::filesystem::create_directories(folder / "config/slotcat");
  std::filesystem::create_directories(folder / "home/.config/slotcat");
  std::ofstream(folder / "config/slotcat/config") << "count = 3\n";
  std::ofstream(folder / "home/.config/slotcat/config") << "count = 4\n";
  const variable home("HOME", folder / "home");
  SECTION("in XDG_CONFIG_HOME") {
    const variable xdg("XDG_CONFIG_HOME", folder / "config");
    CHECK(read_of({"x"}).count == 3);
    CHECK(read_of({"x", "--config", ""}).count == 0);
    const variable none("SLOTCAT_CONFIG", "");
    CHECK(read_of({"x"}).count == 0);
  }
  SECTION("or in .config") {
    const variable xdg("XDG_CONFIG_HOME", "");
    CHECK(read_of({"x"}).count == 4);
  }
}
#endif

TEST_CASE("the copy's form has dates, or is what programs read") {
  CHECK(read_of({"x", "-w", "f"}).write_form == form::brief_iso);
  CHECK(read_of({"x", "-w", "f", "-o", "cat"}).write_form == form::brief_iso);
  CHECK(read_of({"x", "-w", "f", "--json"}).write_form == form::json);
  CHECK(read_of({"x", "-w", "f", "--json", "--write-output", "full"}).write_form == form::full);
  CHECK_FALSE(read_of({"x", "-w", "f"}).stop_on_write_error);
  CHECK(read_of({"x", "-w", "f", "--write-errors", "stop"}).stop_on_write_error);
  CHECK_THROWS_WITH(read_of({"x", "--write-output", "cat"}), ContainsSubstring("it belongs to --write"));
}

TEST_CASE("colours in texts are taken out for people, and left for programs") {
  CHECK(read_of({"x"}).format.sequences == ansi::strip);
  CHECK(read_of({"x", "--json"}).format.sequences == ansi::show);
  CHECK(read_of({"x", "--json", "--ansi", "strip"}).format.sequences == ansi::strip);
  CHECK(read_of({"x", "--ansi", "keep"}).format.sequences == ansi::keep);
  CHECK_THROWS_WITH(read_of({"x", "--json", "--ansi", "keep"}), ContainsSubstring("no colours to keep"));
  CHECK_THROWS_WITH(read_of({"x", "--raw", "--ansi", "strip"}), ContainsSubstring("--raw leaves everything"));
}

TEST_CASE("help opens with five lines to paste, names every option, and fits two screens of 35 lines") {
  const auto help = printed({"--help"});
  std::istringstream in(help);
  texts lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  CHECK(lines.size() <= 70);
  for (const auto& line : lines) {
    CAPTURE(line);
    CHECK(line.size() <= 80);
  }
  for (std::size_t i = 0; i < 5; ++i) CHECK_THAT(lines[i], StartsWith("  slotcat '*/lab' "));
  for (const auto* option :
       {"--output", "--json", "--time", "--utc", "--level", "--levels", "--source", "--exclude-source", "--grep", "--exclude",
        "--highlight", "--match", "--count", "--timeout", "--idle", "--until-match", "--fail-match", "--fail-on-loss", "--fail-on-crash", "--lines", "--since", "--until", "--end", "--cursor-file", "--order",
        "--wait", "--no-gaps", "--partial", "--foreign", "--stats", "--color", "--raw", "--write", "--write-output", "--write-errors", "--ansi", "--max-size", "--max-files",
        "--rcvbuf", "--max-memory", "--if", "--port", "--quiet", "--ready-fd", "--ready-file", "--grep-in", "--wrap", "--fields", "--hide", "--template",
        "--count-by", "--every", "--theme", "--config", "--completion", "--help", "--version"}) {
    CHECK_THAT(help, ContainsSubstring(std::string(option) + ' ') || ContainsSubstring(std::string(option) + '['));
  }
}

TEST_CASE("version says version, wire version and what was built in") {
  CHECK_THAT(printed({"--version"}), StartsWith("slotcat ") && ContainsSubstring("wire format 1") && ContainsSubstring("CLI11 ") &&
                                         ContainsSubstring("fmt ") && ContainsSubstring("RapidJSON ") &&
                                         ContainsSubstring("RE2") && ContainsSubstring("spdlog "));
}

TEST_CASE("completion is printed for the shell that was asked for") {
  CHECK_THAT(printed({"--completion", "bash"}), ContainsSubstring("complete -F _slotcat slotcat"));
  CHECK_THAT(printed({"--completion", "zsh"}), StartsWith("#compdef slotcat"));
  CHECK_THAT(printed({"--completion", "fish"}), StartsWith("complete -c slotcat"));
}

TEST_CASE("send takes an address, a level, a logger, fields and a text") {
  const auto o = send_of({"lab", "-l", "warn", "-t", "net", "-f", "a=1", "-f", "b=x=y", "two", "words"});
  CHECK(o.address->name() == "lab");
  CHECK(o.level == level::warning);
  CHECK(o.logger == "net");
  CHECK(o.fields == std::vector<std::pair<std::string, std::string>>{{"a", "1"}, {"b", "x=y"}});
  CHECK(o.text == "two words");
  CHECK_FALSE(send_of({"lab"}).text);
  CHECK(send_of({"lab", ""}).text == "");
  CHECK(send_of({"--", "lab", "-l"}).text == "-l");
  CHECK(send_of({"example.org/lab", "x"}).address->host() == "example.org");
}

TEST_CASE("send's program is called as it is told, as the logger, or as the command") {
  CHECK(send_of({"lab"}).address->options().app.empty());
  CHECK(send_of({"lab", "-t", "net"}).address->options().app == "net");
  CHECK(send_of({"lab", "-t", "net", "--app", "pump"}).address->options().app == "pump");
  CHECK(send_of({"lab", "--app", "pump"}).logger.empty());
  CHECK(send_of({"lab", "--", "/usr/bin/make", "-j4"}).address->options().app == "make");
  CHECK(send_of({"lab?app=own", "-t", "net"}).address->options().app == "own");
}

TEST_CASE("what follows the address and two dashes is a command") {
  const auto o = send_of({"lab", "-l", "debug", "--stderr-level", "error", "--", "make", "-l", "--", "x"});
  CHECK(o.command == texts{"make", "-l", "--", "x"});
  CHECK(o.level == level::debug);
  CHECK(o.error_level == level::error);
  CHECK_FALSE(o.text);
  CHECK_THROWS_WITH(send_of({"lab", "--"}), StartsWith("no command after --"));
  CHECK_THROWS_WITH(send_of({"lab", "text", "--", "make"}), StartsWith("both a text and a command"));
}

TEST_CASE("send waits for room, unless its address says otherwise") {
  CHECK(send_of({"lab"}).address->options().overflow == mailslog::overflow_policy::block);
  CHECK(send_of({"lab?overflow=drop_newest"}).address->options().overflow == mailslog::overflow_policy::drop_newest);
}

TEST_CASE("send heeds only the network's variables") {
  const variable level_variable("SLOTCAT_LEVEL", "warn..error");
  const variable port("SLOTCAT_PORT", "4500");
  const auto o = send_of({"*/lab"});
  CHECK(o.level == level::info);
  CHECK(o.address->options().port == 4500);
  CHECK(send_of({"*/lab", "--port", "4600"}).address->options().port == 4600);
}

TEST_CASE("send refuses what makes no sense") {
  for (const auto* option : {"--if", "--ttl", "--port"}) {
    CHECK_THROWS_WITH(send_of({"lab", option, option == std::string_view("--if") ? "lo" : "2"}), ContainsSubstring("cannot apply: "));
  }
  CHECK_THROWS_WITH(send_of({}), StartsWith("no address"));
  for (const auto& arguments : std::vector<texts>{{"--plain", "-t", "net"}, {"--plain", "--detect-level"}, {"--plain", "--json"}, {"--json", "-l", "warn"},
                                                  {"--json", "text"}, {"--json", "--", "make"}, {"--tee", "text"}, {"--stderr-level", "error"}}) {
    CAPTURE(arguments);
    auto all = arguments;
    all.insert(all.begin(), "lab");
    CHECK_THROWS_WITH(send_of(all), ContainsSubstring(" cannot apply: "));
  }
  CHECK_THROWS_WITH(send_of({"lab", "--app", ""}), ContainsSubstring("is not the name of a program"));
  CHECK_THROWS_WITH(send_of({"lab", "-l", "warn..error"}), ContainsSubstring("is not a level"));
  CHECK_THROWS_WITH(send_of({"lab", "-f", "novalue"}), ContainsSubstring("accepted is key=value"));
  CHECK_THROWS_WITH(send_of({"lab", "-f", "=v"}), ContainsSubstring("accepted is key=value"));
  CHECK_THROWS_AS(send_of({"x*"}), mailslog::address_error);
}
