#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <mailslog/address.hpp>

#include "cli/command_line.hpp"
#include "cli/values.hpp"
#include "list/list.hpp"

namespace slotcat {
namespace {

constexpr const char* list_heading =
    R"(  slotcat ls                      the slots of this machine, who reads them and who writes
  slotcat ls lab                  one of them
  slotcat ls --json | jq -r 'select(.readers==0).slot'
Usage: slotcat ls [OPTION]... [NAME]
Nothing is sent: it is found in the readers' sockets and in what writers remember. RECORDS, PER S and
LAST are of a sender's records that are sent; PER S, of those that are remembered.
)";

struct listing {
  list_options result;
  bool help = false;
  bool json = false;
  std::vector<std::string> words;
};

void define(command_line& line, listing& l) {
  line.group("Options");
  using form = list_options::form;
  line.choice<form>("-o,--output", "FORM", "table; json, an object a line; or names, as addresses",
                    {{"table", form::table}, {"json", form::json}, {"names", form::names}}, l.result.output);
  line.flag("--json", "the same as -o json", l.json);
  line.flag("-a,--all", "all senders that ended, not the last few", l.result.all);
  line.flag("-h,--help", "print this and leave", l.help);
  line.positionals("NAME", l.words);
}

}  // namespace

std::vector<command_line::option> options_of_list() {
  listing l;
  command_line line("");
  define(line, l);
  return line.options();
}

std::variant<list_options, print_only> parse_list_options(const std::vector<std::string>& arguments) {
  listing l;
  command_line line(list_heading);
  define(line, l);
  line.parse(arguments);
  if (l.help) return print_only{line.help()};
  if (l.json) l.result.output = list_options::form::json;
  if (l.words.size() > 1) throw usage_error("ls lists all slots, or one; write for instance slotcat ls lab");
  if (!l.words.empty()) {
    const mailslog::address where(l.words.front() == "*" ? "*/x" : l.words.front());
    if (where.scope() != mailslog::slot_scope::local) {
      throw usage_error(fmt::format("\"{}\" is on the network; this version lists slots of this machine, such as {}", l.words.front(), where.name()));
    }
    l.result.slot = where.name();
  }
  return std::move(l.result);
}

}  // namespace slotcat
