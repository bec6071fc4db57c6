// `slotcat ls`: which slots this machine has, who reads them and who writes.
#pragma once

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include <mailslog/list_slots.hpp>

#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/options.hpp"

namespace slotcat {

struct list_options {
  enum class form {
    table,
    json,   ///< an object a line for each slot
    names,  ///< a line for each slot, as addresses take them
  };
  std::string slot;  ///< this one alone; empty: all
  form output = form::table;
  bool all = false;  ///< senders that have ended, too, however many
};

/// Reads the arguments of `slotcat ls`, without "ls". Throws `usage_error`, and `mailslog::address_error` for an address.
std::variant<list_options, print_only> parse_list_options(const std::vector<std::string>& arguments);
std::vector<command_line::option> options_of_list();

/// A line for each sender under a line of names. Of those that have ended, the last few of each slot, and how many more there are, unless
/// `all` is set. Lines are cut at `width` cells. `now` is the time that ages are counted from.
std::string list_as_table(const std::vector<mailslog::listed_slot>& slots, const list_options& options, mailslog::timestamp now, std::size_t width);

std::string list_as_json(const std::vector<mailslog::listed_slot>& slots);

std::string list_as_names(const std::vector<mailslog::listed_slot>& slots);

/// Prints the list. `nothing_shown` if there is none. Throws `std::runtime_error` if standard output does not take it.
exit_code list(const list_options& options);

}  // namespace slotcat
