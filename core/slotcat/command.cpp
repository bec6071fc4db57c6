#include "command.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "cli/options.hpp"
#include "cli/similar.hpp"
#include "cli/values.hpp"
#include "list/list.hpp"
#include "read/read.hpp"
#include "send/send.hpp"

namespace slotcat {
namespace {

using texts = std::vector<std::string>;

template <class Options, class Run>
exit_code run_or_print(std::variant<Options, print_only> asked, Run run) {
  if (const auto* print = std::get_if<print_only>(&asked)) {
    if (std::fputs(print->text.c_str(), stdout) == EOF || std::fflush(stdout) != 0) {
      throw std::system_error(errno, std::generic_category(), "cannot write to standard output");
    }
    return exit_code::ended;
  }
  return run(std::move(std::get<Options>(asked)));
}

exit_code run_read(const texts& arguments) {
  return run_or_print(parse_read_options(arguments), [](read_options options) { return read(std::move(options)); });
}

exit_code run_send(const texts& arguments) {
  return run_or_print(parse_send_options(arguments), [](const send_options& options) { return send(options); });
}

exit_code run_list(const texts& arguments) { return run_or_print(parse_list_options(arguments), list); }

[[noreturn]] void refuse_reserved(std::string_view name) {
  throw usage_error(fmt::format("{0}: not in this version; the slot \"{0}\" is read with ./{0}", name));
}

exit_code run_help(const texts& arguments) {
  if (arguments.size() > 1) throw usage_error("help explains one command; write for instance slotcat help send");
  if (arguments.empty()) return run_read({"--help"});
  if (arguments.front().empty()) throw usage_error("\"\" is not the name of a command; see slotcat help");
  const auto* command = find_command(arguments.front());
  if (command == nullptr) {
    throw usage_error(fmt::format("no command is called \"{}\"; see slotcat help", arguments.front()));
  }
  if (command->run == nullptr) refuse_reserved(command->name);
  return command->run == run_help ? run_help({}) : command->run({"--help"});
}

// A slot's name may be anything: with options alone it is a command only if two letters changed places.
void refuse_misspelt(const texts& arguments) {
  const auto& word = arguments.front();
  const bool as_command = arguments.size() == 1 || arguments[1].empty() || arguments[1].front() != '-';
  for (const auto& command : commands()) {
    const bool near = command.name.size() >= 4 && (swapped(word, command.name) || (as_command && distance(word, command.name) == 1));
    if (near || in_lower_case(word) == command.name) {
      throw usage_error(fmt::format("\"{}\" is no command; did you mean {}? The slot of that name is read with ./{}", word, command.name, word));
    }
  }
}

}  // namespace

const std::vector<command>& commands() {
  static const std::vector<command> all = {
      {"send", "post records, or each line of standard input", run_send},
      {"ls", "list the slots of this machine, who reads them and who writes", run_list},
      {"help", "explain a command", run_help},
      {"top", "show who posts how fast", nullptr},
      {"doctor", "find out why nothing arrives", nullptr},
      {"record", "keep datagrams in a file", nullptr},
      {"replay", "post them again", nullptr},
      {"keygen", "make a key", nullptr},
  };
  return all;
}

const command* find_command(std::string_view name) {
  const auto& all = commands();
  const auto found = std::find_if(all.begin(), all.end(), [&](const command& c) { return c.name == name; });
  return found == all.end() ? nullptr : &*found;
}

exit_code run(const texts& arguments) {
  if (arguments.empty()) return run_read(arguments);
  if (const auto* command = find_command(arguments.front())) {
    if (command->run == nullptr) refuse_reserved(command->name);
    return command->run({arguments.begin() + 1, arguments.end()});
  }
  refuse_misspelt(arguments);
  return run_read(arguments);
}

}  // namespace slotcat
