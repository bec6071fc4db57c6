// Scripts that complete slotcat's options in a shell.
#pragma once

#include <string>
#include <vector>

#include "cli/command_line.hpp"

namespace slotcat {

enum class shell { bash, zsh, fish };

std::string completion(shell target, const std::vector<command_line::option>& options,
                       const std::vector<command_line::option>& of_send = {});

}  // namespace slotcat
