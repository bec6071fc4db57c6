#include "cli/options.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdlib>
#include <initializer_list>
#include <iterator>
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
#include "cli/config_file.hpp"
#include "cli/point_in_time.hpp"
#include "cli/values.hpp"
#include "command.hpp"
#include "read/tally.hpp"

namespace slotcat {
namespace {

using texts = std::vector<std::string>;

constexpr const char* read_heading =
    R"(  slotcat '*/lab' -s pump -l warn                      one program's warnings
  slotcat '*/lab' --json | jq 'select(.thread==4712)'  one thread's records
  slotcat '*/lab' -n 100                               the last 100, then go on
  slotcat '*/lab' --until-match ready --timeout 60s    in a script: 0, or 124
  slotcat '*/lab' -w lab.log --max-size 10M            keep a rotating copy
Usage: slotcat [OPTION]... ADDRESS...  (x: here; '*/x': LAN; '\\*\mailslot\x')
       slotcat send ADDRESS [OPTION]... [TEXT]...      (slotcat help send)
       slotcat ls [OPTION]... [NAME]     which slots this machine has
)";

constexpr const char* send_heading =
    R"(  slotcat send lab 'pump is dry' -l error -f pump=7      one record
  some-program 2>&1 | slotcat send '*/lab' -t some-program
  slotcat send '*/lab' -- make -j4         a command's two outputs, and how it ended
  slotcat send lab --json < f              again what slotcat --json > f has read
Usage: slotcat send ADDRESS [OPTION]... [TEXT]...     (no text: each line of standard input,
       slotcat send ADDRESS [OPTION]... -- COMMAND... of the level that <3> at its start says)
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

// As far as the empty text, each one of one character, and a longer one tell.
bool found_in_any_text(const regex& pattern) {
  std::string all;
  for (char c = 1; c < 127; ++c) {
    if (!pattern.found_in(std::string(1, c))) return false;
    all += c;
  }
  return pattern.found_in("") && pattern.found_in(all);
}

std::uint64_t parse_lines(const std::string& text) {
  if (text == "all") return mailslog::all_of_history;
  try {
    return parse_number(text, 0, UINT64_MAX - 1);
  } catch (const usage_error&) {
    throw usage_error(fmt::format("\"{}\" is not accepted; accepted are whole numbers, and all", text));
  }
}

texts level_names() { return {"trace", "debug", "info", "notice", "warning", "error", "critical"}; }

texts split_at_commas(const texts& all) {
  texts parts;
  for (const auto& text : all) {
    for (std::size_t from = 0; from <= text.size();) {
      const auto to = std::min(text.find(',', from), text.size());
      parts.push_back(text.substr(from, to - from));
      from = to + 1;
    }
  }
  return parts;
}

// Everything that the options set, before it is looked at as a whole.
struct reading {
  read_options result;
  mailslog::slot_options slot;
  texts addresses;
  texts grep, exclude, sources, excluded_sources;  // as they were given
  bool utc = false;
  bool raw = false;
  bool has_template = false;
  std::optional<bool> foreign;
  std::optional<ansi> sequences;
  std::optional<form> write_form;
  std::optional<std::uint64_t> lines;
  std::string since, until;
  std::string config;
  bool help = false;
  bool version = false;
  std::string completion;
};

void add_network_options(command_line& line, mailslog::slot_options& slot) {
  line.value("--if", "NAME", "network interface, besides loopback", [&](const std::string& text) {
    if (text.empty()) throw usage_error("\"\" is not the name of a network interface");
    slot.if_ = text;
  });
  line.offer_listed("interfaces");
  line.value("--port", "N", "UDP port (4424)",
             [&](const std::string& text) { slot.port = static_cast<std::uint16_t>(parse_number(text, 1, 65535)); });
}

void add_ttl(command_line& line, mailslog::slot_options& slot) {
  line.value("--ttl", "N", "how many routers multicast passes (1)",
             [&](const std::string& text) { slot.ttl = static_cast<int>(parse_number(text, 0, 255)); });
}

void define(command_line& line, reading& r) {
  auto& o = r.result;
  const std::vector<std::pair<std::string, bool>> show_or_hide = {{"show", true}, {"hide", false}};

  line.group("Show");
  const std::vector<std::pair<std::string, form>> forms = {
      {"short", form::brief},         {"short-iso", form::brief_iso},     {"full", form::full},    {"cat", form::cat}, {"template", form::by_template}, {"json", form::json},
      {"json-pretty", form::json_pretty}, {"logfmt", form::logfmt}};
  line.choice("-o,--output", "FORM", "short[-iso] full cat template json[-pretty] logfmt", forms, o.format.output);
  line.flag_value("--json", "", "the same as -o json", [&](const std::string& text) {
    if (parse_flag(text)) o.format.output = form::json;
  });
  line.value("--template", "TEXT", "of -o template: '{time} {level:8} {text} {path}'", [&](const std::string& text) {
    o.format.line = line_template(text);
    r.has_template = true;
  });
  line.list("--fields", "LIST", "show these alone: 'time,text,path' (man)", [&](const texts& all) { o.format.fields.show_only(split_at_commas(all)); });
  line.list("--hide", "LIST", "show all but these: 'source,attributes'", [&](const texts& all) { o.format.fields.hide(split_at_commas(all)); });
  line.list("--count-by", "LIST", "show how many records there are by 'app,level'", [&](const texts& all) {
    o.count_by = split_at_commas(all);
    tally check(o.count_by);
  });
  line.value("--every", "T", "--count-by shows them so often (terminal: 1s)", [&](const std::string& text) { o.every = parse_duration(text); });
  line.value("--time", "FMT", "local, iso, unix, delta or strftime's, with %f",
             [&](const std::string& text) { o.format.time = parse_time_style(text); });
  line.offer({"local", "iso", "unix", "delta"});
  line.flag("--utc", "times in UTC", r.utc);
  line.choice("--color", "WHEN", "auto, always or never",
              {{"auto", colour::mode::automatic}, {"always", colour::mode::always}, {"never", colour::mode::never}}, o.colour);
  line.value("--theme", "COLORS", "error=1;31:warning=33:gap=35:key=2:sources=36,32",
             [&](const std::string& text) { o.format.theme = colour::theme(text); });
  line.choice("--wrap", "HOW", "long lines on a terminal: indent, none or chop",
              {{"indent", wrap::indent}, {"none", wrap::none}, {"chop", wrap::chop}}, o.format.long_lines);
  line.list("-H,--highlight", "RE", "mark what matches in the text",
            [&](const texts& all) { o.format.highlight = parse_all<regex>(all); });
  line.choice("--ansi", "WHAT", "colours in texts: strip, keep or show (strip)",
              {{"strip", std::optional(ansi::strip)}, {"keep", std::optional(ansi::keep)}, {"show", std::optional(ansi::show)}}, r.sequences);
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

  std::vector<std::pair<std::string, std::optional<form>>> write_forms;
  std::copy_if(forms.begin(), forms.end(), std::back_inserter(write_forms), [](const auto& f) { return f.second != form::by_template; });
  line.choice("--write-output", "FORM", "its form (short-iso, or that of -o for programs)", write_forms, r.write_form);
  line.choice("--write-errors", "WHAT", "stop or go-on when it cannot be written (go-on)", {{"stop", true}, {"go-on", false}}, o.stop_on_write_error);

  line.group("Select (RE: without a capital letter it ignores case)");
  line.value("-l,--level", "L[..L]", "this level and worse, or from one to the other",
             [&](const std::string& text) { o.shown.level = parse_levels(text); });
  line.offer(level_names());
  line.list("--levels", "LIST", "by logger: 'net.*:debug,db:error,*:off'",
            [&](const texts& all) { o.shown.levels.emplace(fmt::format("{}", fmt::join(all, ","))); });
  line.list("-s,--source", "GLOB", "by app, host/app or host/app[pid]; a,b: any", [&](const texts& all) {
    r.sources = split_at_commas(all);
    o.shown.sources = parse_all<source_glob>(r.sources);
  });
  line.list("-x,--exclude-source", "GLOB", "not these", [&](const texts& all) {
    r.excluded_sources = split_at_commas(all);
    o.shown.excluded_sources = parse_all<source_glob>(r.excluded_sources);
    for (const auto& glob : r.excluded_sources) {
      if (glob.find_first_not_of('*') == std::string::npos) throw usage_error(fmt::format("\"{}\" excludes everything", glob));
    }
  });
  line.list("-g,--grep", "RE", "text that matches", [&](const texts& all) {
    o.shown.grep = parse_all<regex>(all);
    r.grep = all;
  });
  line.list("-G,--exclude", "RE", "text that does not match", [&](const texts& all) {
    o.shown.exclude = parse_all<regex>(all);
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (found_in_any_text(o.shown.exclude[i])) throw usage_error(fmt::format("\"{}\" excludes everything", all[i]));
    }
    r.exclude = all;
  });
  line.choice("--grep-in", "WHAT", "-g and -G in: text, or all (also attributes)",
              {{"text", false}, {"all", true}}, o.shown.grep_in_all);
  line.list("-m,--match", "KEY=VALUE", "by attribute or field (man); also != ~= (RE) < >",
            [&](const texts& all) { o.shown.matches = parse_all<attribute_match>(all); });
  line.choice("--partial", "WHAT", "show or hide incomplete records (show)", show_or_hide, o.shown.show_partial);
  line.choice("--foreign", "WHAT", "show or hide what others post (classic: show)", {{"show", std::optional(true)}, {"hide", std::optional(false)}}, r.foreign);

  line.group("Look back (to what this machine's programs remember; then what arrives)");
  line.value("-n,--lines", "N", "the last N of what the filters pass, or all", [&](const std::string& text) { r.lines = parse_lines(text); });
  line.offer({"all"});
  line.value("-S,--since", "TIME", "since 12:30, '10 min ago', today or 2026-11-24", [&](const std::string& text) {
    (void)parse_point_in_time(text, {}, zone::utc);
    r.since = text;
  });
  line.offer({"-10m", "-1h", "today", "yesterday"});
  line.value("-U,--until", "TIME", "up to then, and leave", [&](const std::string& text) {
    (void)parse_point_in_time(text, {}, zone::utc);
    r.until = text;
  });
  line.offer({"-10m", "-1h", "today", "yesterday"});
  line.flag("-e,--end", "leave when that is shown (alone: all of it)", o.end);
  line.value("--cursor-file", "FILE", "what the last run with FILE has not shown", [&](const std::string& text) {
    if (text.empty()) throw usage_error("\"\" is not the name of a file");
    o.cursor_file = text;
  });

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
  line.flag("--fail-on-crash", "with code 7 when a local sender crashes", o.fail_on_crash);
  line.flag_value("--stats", "[=T]", "counters to standard error at the end, or every T", [&](const std::string& text) {
    o.stats = text != "false";
    o.stats_every.reset();
    if (o.stats && text != "true") o.stats_every = parse_duration(text);
  });

  line.group("Set up (also SLOTCAT_PORT=4500 and so on in the environment)");
  line.value("--rcvbuf", "SIZE", "receive buffer (16M)", [&](const std::string& text) { r.slot.rcvbuf = parse_size(text); });
  line.value("--max-memory", "SIZE", "bound on what is held in memory (64M)",
             [&](const std::string& text) {
               r.slot.max_memory = parse_size(text);
               if (r.slot.max_memory < std::size_t{1024} * 1024) throw usage_error(fmt::format("\"{}\" is too small a size; accepted is 1M or more", text));
             });
  add_network_options(line, r.slot);
  line.flag("-q,--quiet", "no hints on a terminal", o.quiet);
  line.value("--ready-fd", "N", "write a newline to it when the slots are open",
             [&](const std::string& text) { o.ready_descriptor = static_cast<int>(parse_number(text, 0, 65535)); });
  line.value("--ready-file", "FILE", "write to it when the slots are open", [&](const std::string& text) {
    if (text.empty()) throw usage_error("\"\" is not the name of a file");
    o.ready_file = text;
  });
  line.value("--config", "FILE", "lines such as level = warning",
             [&](const std::string& text) { r.config = text; });
  line.value("--completion", "SHELL", "print a script for bash, zsh or fish", [&](const std::string& text) {
    if (find_list(text) == nullptr && !find_shell(text)) command_line::refuse_choice(text, {"bash", "zsh", "fish"});
    r.completion = text;
  });
  line.offer({"bash", "zsh", "fish"});
  line.flag("-h,--help", "print this and leave", r.help);
  line.flag("--version", "print versions and leave", r.version);
  line.group(command_line::hidden);
  add_ttl(line, r.slot);  // to say whom it is for; in the environment and in files it may stand for send
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
  texts arguments;
  for (const auto& one : read_config(file)) {
    const auto where = fmt::format("{}:{}", file, one.number);
    if (command_line_only.count(one.name) != 0) {
      throw usage_error(fmt::format("{}: \"{}\" is not accepted in a file", where, one.name));
    }
    // Alone first: so that an error says where.
    reading alone;
    command_line line("");
    define(line, alone);
    parse_from(where, line, one.arguments);
    arguments.insert(arguments.end(), one.arguments.begin(), one.arguments.end());
  }
  command_line line("");
  define(line, r);
  parse_from(file, line, arguments);
}

std::vector<mailslog::address> parse_addresses(const texts& all, const mailslog::slot_options& slot) {
  if (all.empty()) throw usage_error("no address; write for instance slotcat lab, or slotcat '*/lab'; see --help");
  std::vector<mailslog::address> addresses;
  for (const auto& text : all) {
    if (const auto* word = find_command(text)) {
      throw usage_error(word->run != nullptr ? fmt::format("\"{0}\" is a command and comes first; the slot of that name is ./{0}", text)
                                             : fmt::format("{0}: not in this version; the slot \"{0}\" is read with ./{0}", text));
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
  const bool clocked = output == form::brief || output == form::full || output == form::by_template;
  const bool to_programs = for_programs(output);

  if (has("json") && has("output")) refuse("json", "--output is given, too");
  if (has("time") && !clocked) refuse("time", "only the forms short, full and template have a choice of times");
  if (has("utc") && !clocked && output != form::brief_iso) refuse("utc", "only short, short-iso, full and template have local times");
  if (has("utc") && clocked && (o.format.time.how == time_style::kind::unix || o.format.time.how == time_style::kind::delta)) {
    refuse("utc", "these times are the same everywhere");
  }
  for (const char* name : {"time", "utc"}) {
    const bool shown = output == form::by_template || o.format.fields.shows(field::time, true);
    if (has(name) && !shown && o.write_file.empty()) refuse(name, "no times are shown");
  }
  if (has("highlight")) {
    if (to_programs || output == form::by_template) refuse("highlight", "only short, short-iso, full and cat can mark text");
    if (o.colour == colour::mode::never) refuse("highlight", "it needs colours, and --color is never");
  }
  if (has("color") && o.colour == colour::mode::always && (to_programs || output == form::by_template)) refuse("color", "only short, short-iso, full and cat have colours");
  if (has("theme") && (to_programs || output == form::by_template)) refuse("theme", "only short, short-iso, full and cat have colours");
  if (has("theme") && o.colour == colour::mode::never) refuse("theme", "--color is never");
  if (has("raw") && to_programs) refuse("raw", "only short, short-iso, full and cat can pass control characters on");
  if (has("ansi") && r.sequences == ansi::keep && to_programs) refuse("ansi", "JSON and logfmt have no colours to keep");
  if (has("ansi") && r.sequences == ansi::keep && output == form::by_template) refuse("ansi", "a template has no colours to keep");
  if (has("ansi") && r.sequences == ansi::keep && o.colour == colour::mode::never) refuse("ansi", "--color is never");
  if (has("ansi") && r.raw) refuse("ansi", "--raw leaves everything as it is");
  if (has("wrap") && (to_programs || output == form::cat || output == form::by_template)) refuse("wrap", "only short, short-iso and full are made for a screen");
  for (const char* name : {"fields", "hide"}) {
    if (has(name) && (output == form::cat || output == form::by_template)) refuse(name, "the forms cat and template say themselves what they show");
  }
  if (has("fields") && has("hide")) refuse("hide", "--fields says already what is shown");
  if (has("template") && output != form::by_template) refuse("template", "it belongs to -o template");
  if (has("count-by")) {
    for (const char* name : {"output", "json", "template", "fields", "hide", "time", "utc", "color", "theme", "highlight", "wrap", "ansi", "raw", "no-gaps", "order", "wait"}) {
      if (has(name) && o.write_file.empty()) refuse(name, "--count-by shows counts, and no records");
    }
  }
  if (has("every") && o.count_by.empty()) refuse("every", "it belongs to --count-by");
  if (has("ttl")) refuse("ttl", "it is for those who post: slotcat send --ttl");
  if (has("grep-in") && o.shown.grep.empty() && o.shown.exclude.empty()) refuse("grep-in", "it belongs to --grep and --exclude");
  if (has("wait") && !o.order_by_time) refuse("wait", "it belongs to --order time");
  for (const char* name : {"max-size", "max-files", "write-output", "write-errors"}) {
    if (has(name) && o.write_file.empty()) refuse(name, "it belongs to --write");
  }
  const auto& all = o.addresses;
  const bool any_lan = std::any_of(all.begin(), all.end(), [](const auto& a) { return a.scope() == mailslog::slot_scope::lan; });
  for (const char* name : {"if", "port"}) {
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

void look_back(reading& r) {
  auto& o = r.result;
  const mailslog::timestamp now = std::chrono::system_clock::now();
  if (!r.since.empty()) o.past.since = parse_point_in_time(r.since, now, o.format.where);
  if (!r.until.empty()) o.past.until = parse_point_in_time(r.until, now, o.format.where);
  if (o.past.until < o.past.since) throw usage_error(fmt::format("nothing is after \"{}\" and before \"{}\"", r.since, r.until));
  const bool any = !r.since.empty() || !r.until.empty() || o.end || !o.cursor_file.empty();
  o.past.last = r.lines.value_or(any ? mailslog::all_of_history : 0);
  if (!r.until.empty()) o.end = true;
}

std::vector<command_line::option> options_of_send();

// A script, or what such a script asks for.
std::string completion_of(const std::string& what, const std::vector<command_line::option>& options) {
  if (const auto target = find_shell(what)) return completion(*target, options, options_of_send());
  std::string lines;
  for (const auto& name : find_list(what)()) lines += name + '\n';
  return lines;
}

// Empty: none. An empty name asks for none.
std::string config_to_read(const std::set<std::string>& given, const std::string& named) {
  if (given.count("config") != 0) return named;
  const char* by_variable = std::getenv("SLOTCAT_CONFIG");
  return by_variable != nullptr ? by_variable : default_config();
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
  if (!alone.completion.empty()) return print_only{completion_of(alone.completion, first.options())};

  reading all;
  if (const auto file = config_to_read(first.given(), alone.config); !file.empty()) parse_config(file, all);
  if (const char* colours = std::getenv("SLOTCAT_COLORS"); colours != nullptr && *colours != '\0') {
    command_line line("");
    define(line, all);
    parse_from("SLOTCAT_COLORS", line, {fmt::format("--theme={}", colours)});
  }
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
  o.format.sequences = all.sequences.value_or(default_sequences(o.format.output));
  o.write_form = all.write_form.value_or(for_programs(o.format.output) ? o.format.output : form::brief_iso);
  if (o.format.output == form::by_template && !all.has_template) {
    throw usage_error("-o template needs a --template, such as '{time} {level:8} {text}'");
  }
  o.max_memory = all.slot.max_memory;
  look_back(all);
  o.addresses = parse_addresses(all.addresses, all.slot);
  // Other programs are what classic slots are there for.
  o.shown.show_foreign = all.foreign.value_or(has_classic(o.addresses));
  check_applicable(last.given(), all);
  check_contradictions(all);
  return std::move(o);
}

namespace {

// Everything that the options of send set, before it is looked at as a whole.
struct sending {
  send_options result;
  mailslog::slot_options slot;
  texts words;
  bool help = false;
};

void define(command_line& line, sending& s) {
  auto& o = s.result;
  line.group("Options");
  line.value("-l,--level", "LEVEL", "trace debug info notice warning error critical (info)",
             [&](const std::string& text) { o.level = parse_one_level(text); });
  line.offer(level_names());
  line.flag("--detect-level", "from the text: ERROR, [warn], level=, JSON's \"level\"", o.detect_level);
  line.value("--stderr-level", "LEVEL", "of a COMMAND's standard error (warning)",
             [&](const std::string& text) { o.error_level = parse_one_level(text); });
  line.offer(level_names());
  line.value("--app", "NAME", "name of the program (LOGGER, COMMAND or slotcat)", [&](const std::string& text) {
    if (text.empty()) throw usage_error("\"\" is not the name of a program");
    s.slot.app = text;
  });
  line.value("-t,--logger", "LOGGER", "name of the logger", [&](const std::string& text) { o.logger = text; });
  line.list("-f,--field", "KEY=VALUE", "an attribute; numbers, true and false are typed", [&](const texts& all) {
    for (const auto& text : all) {
      const auto equals = text.find('=');
      if (equals == std::string::npos || equals == 0) {
        throw usage_error(fmt::format("\"{}\" is not accepted; accepted is key=value", text));
      }
      o.fields.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
  });
  line.flag("--tee", "pass on what is read", o.tee);
  line.flag("--json", "the input is what slotcat --json wrote", o.json);
  line.flag("--plain", "the text alone, for programs that know no records", o.plain);
  add_network_options(line, s.slot);
  add_ttl(line, s.slot);
  line.flag("-h,--help", "print this and leave", s.help);
  line.positionals("ADDRESS", s.words);
}

std::vector<command_line::option> options_of_send() {
  sending s;
  command_line line("");
  define(line, s);
  return line.options();
}

void check_applicable(const std::set<std::string>& given, const sending& s) {
  const auto& o = s.result;
  const auto refuse_if_given = [&](std::initializer_list<const char*> names, const char* why) {
    for (const char* name : names) {
      if (given.count(name) != 0) refuse(name, why);
    }
  };
  if (o.plain) refuse_if_given({"level", "detect-level", "stderr-level", "app", "logger", "field", "json"}, "--plain sends the text alone");
  if (o.json) {
    refuse_if_given({"level", "detect-level", "stderr-level", "app", "logger", "field"}, "with --json the records say so themselves");
    if (o.text || !o.command.empty()) refuse("json", "it reads standard input");
  }
  if (o.text) refuse_if_given({"tee"}, "there is no input to pass on: the text is given");
  if (o.command.empty()) refuse_if_given({"stderr-level"}, "no command is given; it comes last, after --");
  if (o.address->scope() == mailslog::slot_scope::local) {
    refuse_if_given({"if", "ttl", "port"}, "the address is not on the network; those look like '*/name'");
  }
}

std::string name_of_program(const std::string& command) {
  const auto folder = command.find_last_of("/\\");
  return command.substr(folder == std::string::npos ? 0 : folder + 1);
}

}  // namespace

std::variant<send_options, print_only> parse_send_options(const texts& arguments) {
  sending s;
  s.slot.overflow = mailslog::overflow_policy::block;  // what feeds a pipe can wait
  command_line last(send_heading);
  define(last, s);
  for (const auto& option : last.options()) {
    // The other variables are defaults of reading.
    if (option.long_name != "if" && option.long_name != "ttl" && option.long_name != "port") continue;
    command_line line("");
    define(line, s);
    parse_environment(line, option);
  }

  // Before the address "--" ends the options, after it a command follows.
  auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  if (dashes != arguments.end()) {
    sending before;
    command_line line("");
    define(line, before);
    line.parse({arguments.begin(), dashes});
    if (before.words.empty()) dashes = arguments.end();
  }
  last.parse({arguments.begin(), dashes});

  if (s.help) return print_only{last.help()};
  auto& o = s.result;
  if (s.words.empty()) throw usage_error("no address; write for instance slotcat send lab 'it works'; see slotcat send --help");
  if (s.words.size() > 1) o.text = fmt::format("{}", fmt::join(s.words.begin() + 1, s.words.end(), " "));
  if (dashes != arguments.end()) {
    o.command.assign(dashes + 1, arguments.end());
    if (o.command.empty()) throw usage_error("no command after --; write for instance slotcat send lab -- make");
    if (o.text) throw usage_error("both a text and a command; a text that begins with a dash is sent by slotcat send -- ADDRESS TEXT");
  }
  if (s.slot.app.empty()) s.slot.app = o.logger;
  if (s.slot.app.empty() && !o.command.empty()) s.slot.app = name_of_program(o.command.front());
  o.address.emplace(s.words.front(), s.slot);
  check_applicable(last.given(), s);
  return std::move(o);
}

}  // namespace slotcat
