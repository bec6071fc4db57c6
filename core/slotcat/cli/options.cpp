#include "cli/options.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <set>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <re2/re2.h>
#include <rapidjson/rapidjson.h>
#include <spdlog/version.h>

#include <mailslog/version.hpp>

#include "cli/command_line.hpp"
#include "cli/completion.hpp"
#include "cli/values.hpp"

namespace slotcat {
namespace {

using texts = std::vector<std::string>;

constexpr const char* read_heading =
    R"(  slotcat '*/lab' -s '*/pump' -l warn                  one program's warnings
  slotcat '*/lab' --json | jq 'select(.thread==4712)'  one thread's records
  slotcat '*/lab' --until-match ready --timeout 60s    in a script: 0, or 124
  slotcat '*/lab' -w lab.log --max-size 10M            keep a rotating copy
Usage: slotcat [OPTION]... ADDRESS...  (x: here; '*/x': LAN; '\\*\mailslot\x')
       slotcat send ADDRESS [-l LEVEL] [-t LOGGER] [-f KEY=VALUE]... [TEXT]...
)";

constexpr const char* send_heading =
    R"(  slotcat send lab 'pump is dry' -l error -f pump=7      one record
  some-program 2>&1 | slotcat send '*/lab' -t some-program
Usage: slotcat send ADDRESS [OPTION]... [TEXT]...   (no text: each line of standard input)
)";

std::string version_text() {
  return fmt::format("slotcat {} (wire format {}; CLI11 {}, fmt {}.{}.{}, RapidJSON {}, RE2, spdlog {}.{}.{})\n",
                     MAILSLOG_VERSION, mailslog::wire_version, CLI11_VERSION, FMT_VERSION / 10000, FMT_VERSION / 100 % 100,
                     FMT_VERSION % 100, RAPIDJSON_VERSION_STRING, SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH);
}

template <class T>
std::vector<T> parse_all(const texts& all) {
  std::vector<T> values;
  for (const auto& text : all) values.emplace_back(text);
  return values;
}

// Everything that the options set, before it is looked at as a whole.
struct reading {
  read_options result;
  mailslog::slot_options slot;
  texts addresses;
  texts grep, exclude, sources, excluded_sources;  // as they were given
  bool utc = false;
  bool raw = false;
  std::optional<bool> foreign;
  std::string config;
  bool help = false;
  bool version = false;
  std::optional<shell> script;
};

void add_network_options(command_line& line, mailslog::slot_options& slot) {
  line.value("--if", "NAME", "network interface, besides loopback", [&](const std::string& text) {
    if (text.empty()) throw usage_error("\"\" is not the name of a network interface");
    slot.if_ = text;
  });
  line.value("--ttl", "N", "how many routers multicast passes (1)",
             [&](const std::string& text) { slot.ttl = static_cast<int>(parse_number(text, 0, 255)); });
  line.value("--port", "N", "UDP port (4424)",
             [&](const std::string& text) { slot.port = static_cast<std::uint16_t>(parse_number(text, 1, 65535)); });
}

void define(command_line& line, reading& r) {
  auto& o = r.result;
  const std::vector<std::pair<std::string, bool>> show_or_hide = {{"show", true}, {"hide", false}};

  line.group("Show");
  line.choice("-o,--output", "FORM", "short short-iso full cat json json-pretty logfmt",
              {{"short", form::brief},
               {"short-iso", form::brief_iso},
               {"full", form::full},
               {"cat", form::cat},
               {"json", form::json},
               {"json-pretty", form::json_pretty},
               {"logfmt", form::logfmt}},
              o.format.output);
  line.flag_value("--json", "", "the same as -o json", [&](const std::string& text) {
    if (CLI::detail::to_flag_value(text) > 0) o.format.output = form::json;
  });
  line.value("--time", "FMT", "local, iso, unix, delta or strftime's, with %f",
             [&](const std::string& text) { o.format.time = parse_time_style(text); });
  line.flag("--utc", "times in UTC", r.utc);
  line.choice("--color", "WHEN", "auto, always or never",
              {{"auto", colour::mode::automatic}, {"always", colour::mode::always}, {"never", colour::mode::never}}, o.colour);
  line.list("-H,--highlight", "RE", "mark what matches in the text",
            [&](const texts& all) { o.format.highlight = parse_all<regex>(all); });
  line.flag("--raw", "do not neutralise control characters", r.raw);
  line.flag("--no-gaps", "no notices of missing records", o.hide_gaps);
  line.choice("--order", "WHAT", "source: as sent; time: merge sources by time",
              {{"source", false}, {"time", true}}, o.order_by_time);
  line.value("--wait", "T", "--order time holds records back so long (100ms)",
             [&](const std::string& text) { o.wait = parse_duration(text); });
  line.value("-w,--write", "FILE", "write to a rotating file, too", [&](const std::string& text) {
    if (text.empty()) throw usage_error("\"\" is not the name of a file");
    o.write_file = text;
  });
  line.value("--max-size", "SIZE", "its size before it rotates (100M)",
             [&](const std::string& text) { o.max_size = parse_size(text); });
  line.value("--max-files", "N", "how many such files are kept (5)",
             [&](const std::string& text) { o.max_files = static_cast<std::size_t>(parse_number(text, 1, 10000)); });

  line.group("Select (RE: without a capital letter it ignores case)");
  line.value("-l,--level", "L[..L]", "this level and worse, or from one to the other",
             [&](const std::string& text) { o.shown.level = parse_levels(text); });
  line.list("--levels", "LIST", "by logger: 'net.*:debug,db:error,*:off'",
            [&](const texts& all) { o.shown.levels.emplace(fmt::format("{}", fmt::join(all, ","))); });
  line.list("-s,--source", "GLOB", "by host/app[pid] or host/app", [&](const texts& all) {
    o.shown.sources = parse_all<source_glob>(all);
    r.sources = all;
  });
  line.list("-x,--exclude-source", "GLOB", "not these", [&](const texts& all) {
    o.shown.excluded_sources = parse_all<source_glob>(all);
    r.excluded_sources = all;
  });
  line.list("-g,--grep", "RE", "text that matches", [&](const texts& all) {
    o.shown.grep = parse_all<regex>(all);
    r.grep = all;
  });
  line.list("-G,--exclude", "RE", "text that does not match", [&](const texts& all) {
    o.shown.exclude = parse_all<regex>(all);
    r.exclude = all;
  });
  line.list("-m,--match", "KEY=VALUE", "by attribute; also KEY, and != ~= (RE) < >",
            [&](const texts& all) { o.shown.matches = parse_all<attribute_match>(all); });
  line.choice("--partial", "WHAT", "show or hide incomplete records (show)", show_or_hide, o.shown.show_partial);
  line.choice("--foreign", "WHAT", "show or hide what others post (classic: show)", {{"show", std::optional(true)}, {"hide", std::optional(false)}}, r.foreign);

  line.group("Leave (code 0; 1: nothing shown; 2: usage; 3: cannot open; Ctrl-C: 130)");
  line.value("-c,--count", "N", "after N shown records",
             [&](const std::string& text) { o.count = parse_number(text, 1, UINT64_MAX); });
  line.value("--timeout", "T", "after T, such as 500ms, 10s or 5m (124: no match)",
             [&](const std::string& text) { o.timeout = parse_duration(text); });
  line.value("--idle", "T", "after T without a record (124: no match)",
             [&](const std::string& text) { o.idle = parse_duration(text); });
  line.list("--until-match", "RE", "at the first shown text that matches",
            [&](const texts& all) { o.until_match = parse_all<regex>(all); });
  line.list("--fail-match", "RE", "the same, with code 5",
            [&](const texts& all) { o.fail_match = parse_all<regex>(all); });
  line.flag("--fail-on-loss", "with code 4 if anything was lost", o.fail_on_loss);
  line.flag_value("--stats", "[=T]", "counters to standard error at the end, or every T", [&](const std::string& text) {
    o.stats = text != "false";
    o.stats_every.reset();
    if (o.stats && text != "true") o.stats_every = parse_duration(text);
  });

  line.group("Set up (also SLOTCAT_PORT=4500 and so on in the environment)");
  line.value("--rcvbuf", "SIZE", "receive buffer (16M)", [&](const std::string& text) { r.slot.rcvbuf = parse_size(text); });
  line.value("--max-memory", "SIZE", "bound on what is held in memory (64M)",
             [&](const std::string& text) { r.slot.max_memory = parse_size(text); });
  add_network_options(line, r.slot);
  line.value("--config", "FILE", "lines such as level = warning",
             [&](const std::string& text) { r.config = text; });
  line.choice("--completion", "SHELL", "print a script for bash, zsh or fish",
              {{"bash", std::optional(shell::bash)}, {"zsh", std::optional(shell::zsh)}, {"fish", std::optional(shell::fish)}},
              r.script);
  line.flag("-h,--help", "print this and leave", r.help);
  line.flag("--version", "print versions and leave", r.version);
  line.positionals("ADDRESS", r.addresses);
}

const std::set<std::string> command_line_only = {"config", "completion", "help", "version"};

std::string variable_of(const std::string& long_name) {
  std::string name = "SLOTCAT_";
  for (const char c : long_name) name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

// Parses arguments that did not come from the command line.
void parse_from(const std::string& origin, command_line& line, const texts& arguments) {
  try {
    line.parse(arguments);
  } catch (const usage_error& e) {
    throw usage_error(fmt::format("{}: {}", origin, e.what()));
  }
}

void parse_environment(command_line& line, const command_line::option& option) {
  if (command_line_only.count(option.long_name) != 0) return;
  const auto name = variable_of(option.long_name);
  const char* value = std::getenv(name.c_str());
  if (value != nullptr && *value != '\0') parse_from(name, line, {fmt::format("--{}={}", option.long_name, value)});
}

void parse_config(const std::string& file, reading& r) {
  std::vector<CLI::ConfigItem> items;
  try {
    items = CLI::ConfigTOML().from_file(file);
  } catch (const CLI::Error&) {
    throw usage_error(fmt::format("--config: \"{}\" cannot be read", file));
  }
  texts arguments;
  for (const auto& item : items) {
    if (!item.parents.empty() || command_line_only.count(item.name) != 0) {
      throw usage_error(fmt::format("{}: \"{}\" is not accepted; accepted are the long names of options, such as level = \"info\"",
                                    file, item.fullname()));
    }
    for (const auto& input : item.inputs) arguments.push_back(fmt::format("--{}={}", item.name, input));
  }
  command_line line("");
  define(line, r);
  parse_from(file, line, arguments);
}

std::vector<mailslog::address> parse_addresses(const texts& all, const mailslog::slot_options& slot) {
  if (all.empty()) throw usage_error("no address; write for instance slotcat lab, or slotcat '*/lab'; see --help");
  std::vector<mailslog::address> addresses;
  for (const auto& text : all) {
    if (text == "send") {
      throw usage_error("\"send\" is a command and comes first; the slot of that name is ./send");
    }
    addresses.emplace_back(text, slot);
    const auto& a = addresses.back();
    if (a.scope() == mailslog::slot_scope::host || (a.scope() == mailslog::slot_scope::classic && a.host() != "*")) {
      throw usage_error(fmt::format("\"{0}\": slots of other hosts cannot be read; accepted are {1}, '*/{1}' and "
                                    "'\\\\*\\mailslot\\{1}'",
                                    text, a.name()));
    }
  }
  return addresses;
}

bool has_classic(const std::vector<mailslog::address>& all) {
  return std::any_of(all.begin(), all.end(), [](const auto& a) { return a.classic(); });
}

void refuse(const std::string& option, std::string_view why) {
  throw usage_error(fmt::format("--{} cannot apply: {}", option, why));
}

// Options that were given on the command line and can have no effect. Those from the environment and a file are habits.
void check_applicable(const std::set<std::string>& given, const reading& r) {
  const auto& o = r.result;
  const auto has = [&](const char* name) { return given.count(name) != 0; };
  const auto output = o.format.output;
  const bool clocked = output == form::brief || output == form::full;

  if (has("json") && has("output")) refuse("json", "--output is given, too");
  if (has("time") && !clocked) refuse("time", "only the forms short and full have a choice of times");
  if (has("utc") && !clocked && output != form::brief_iso) refuse("utc", "only short, short-iso and full have local times");
  if (has("utc") && clocked && (o.format.time.how == time_style::kind::unix || o.format.time.how == time_style::kind::delta)) {
    refuse("utc", "these times are the same everywhere");
  }
  if (has("highlight")) {
    if (output == form::json || output == form::json_pretty || output == form::logfmt) {
      refuse("highlight", "only short, short-iso, full and cat can mark text");
    }
    if (o.colour == colour::mode::never) refuse("highlight", "it needs colours, and --color is never");
  }
  if (has("wait") && !o.order_by_time) refuse("wait", "it belongs to --order time");
  for (const char* name : {"max-size", "max-files"}) {
    if (has(name) && o.write_file.empty()) refuse(name, "it belongs to --write");
  }
  const auto& all = o.addresses;
  const bool any_lan = std::any_of(all.begin(), all.end(), [](const auto& a) { return a.scope() == mailslog::slot_scope::lan; });
  for (const char* name : {"if", "ttl", "port"}) {
    const bool applies = any_lan || (has_classic(all) && name == std::string_view("if"));
    if (has(name) && !applies) refuse(name, "no address is on the network; those look like '*/name'");
  }
}

// Every filter may match something; together some of them cannot.
void check_contradictions(const reading& r) {
  const auto refuse_common = [](const texts& wanted, const texts& unwanted, const char* in, const char* out) {
    const auto also_unwanted = [&](const auto& text) { return std::find(unwanted.begin(), unwanted.end(), text) != unwanted.end(); };
    if (!wanted.empty() && std::all_of(wanted.begin(), wanted.end(), also_unwanted)) {
      throw usage_error(fmt::format("{} \"{}\" can never match: {} excludes it", in, wanted.front(), out));
    }
  };
  refuse_common(r.grep, r.exclude, "--grep", "--exclude");
  refuse_common(r.sources, r.excluded_sources, "--source", "--exclude-source");
}

}  // namespace

std::variant<read_options, print_only> parse_read_options(const texts& arguments) {
  // First alone: it names the configuration file, which the environment and then itself override.
  reading alone;
  command_line first(read_heading);
  define(first, alone);
  first.parse(arguments);
  if (alone.help) return print_only{first.help()};
  if (alone.version) return print_only{version_text()};
  if (alone.script) return print_only{completion(*alone.script, first.options())};
  if (const char* file = std::getenv("SLOTCAT_CONFIG"); alone.config.empty() && file != nullptr) alone.config = file;

  reading all;
  if (!alone.config.empty()) parse_config(alone.config, all);
  for (const auto& option : first.options()) {
    command_line line("");
    define(line, all);
    parse_environment(line, option);
  }
  command_line last("");
  define(last, all);
  last.parse(arguments);

  auto& o = all.result;
  o.format.where = all.utc ? zone::utc : zone::local;
  o.format.mode = all.raw ? neutral::no : neutral::yes;
  o.max_memory = all.slot.max_memory;
  o.addresses = parse_addresses(all.addresses, all.slot);
  // Other programs are what classic slots are there for.
  o.shown.show_foreign = all.foreign.value_or(has_classic(o.addresses));
  check_applicable(last.given(), all);
  check_contradictions(all);
  return std::move(o);
}

std::variant<send_options, print_only> parse_send_options(const texts& arguments) {
  send_options o;
  mailslog::slot_options slot;
  slot.overflow = mailslog::overflow_policy::block;  // what feeds a pipe can wait
  texts words;
  const char* of_a_record = nullptr;
  bool help = false;

  const auto define_all = [&](command_line& line) {
    line.group("Options");
    line.value("-l,--level", "LEVEL", "trace debug info notice warning error critical (info)", [&](const std::string& text) {
      o.level = parse_one_level(text);
      of_a_record = "--level";
    });
    line.value("-t,--logger", "LOGGER", "name of the logger", [&](const std::string& text) {
      o.logger = text;
      of_a_record = "--logger";
    });
    line.list("-f,--field", "KEY=VALUE", "an attribute; numbers, true and false are typed", [&](const texts& all) {
      for (const auto& text : all) {
        const auto equals = text.find('=');
        if (equals == std::string::npos || equals == 0) {
          throw usage_error(fmt::format("\"{}\" is not accepted; accepted is key=value", text));
        }
        o.fields.emplace_back(text.substr(0, equals), text.substr(equals + 1));
        of_a_record = "--field";
      }
    });
    line.flag("--plain", "the text alone, for programs that know no records", o.plain);
    add_network_options(line, slot);
    line.flag("-h,--help", "print this and leave", help);
    line.positionals("ADDRESS", words);
  };
  command_line last(send_heading);
  define_all(last);
  for (const auto& option : last.options()) {
    // The other variables are defaults of reading.
    if (option.long_name != "if" && option.long_name != "ttl" && option.long_name != "port") continue;
    command_line line("");
    define_all(line);
    parse_environment(line, option);
  }
  last.parse(arguments);
  if (help) return print_only{last.help()};
  if (o.plain && of_a_record != nullptr) throw usage_error(fmt::format("--plain sends the text alone, without {}", of_a_record));
  if (words.empty()) throw usage_error("no address; write for instance slotcat send lab 'it works'; see slotcat send --help");
  o.address.emplace(words.front(), slot);
  if (words.size() > 1) o.text = fmt::format("{}", fmt::join(words.begin() + 1, words.end(), " "));
  return o;
}

}  // namespace slotcat
