// The commands of slotcat: what the first word of its command line may be. Anything else is an address to read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/exit_code.hpp"

namespace slotcat {

struct command {
  std::string_view name;
  std::string_view summary;  ///< one line of help
  /// `arguments` come after the name. Null: the word is kept for a later version.
  exit_code (*run)(const std::vector<std::string>& arguments);
};

/// All of them, those to come, too.
const std::vector<command>& commands();

/// Null: no command is called so.
const command* find_command(std::string_view name);

/// Runs what the command line asks for; `arguments` are without the program's name. Throws `usage_error`,
/// `mailslog::address_error`, and what cannot be opened as `std::runtime_error`.
exit_code run(const std::vector<std::string>& arguments);

}  // namespace slotcat
