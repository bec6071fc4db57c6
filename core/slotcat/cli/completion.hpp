// Scripts that complete slotcat's options in a shell, and what they ask slotcat for.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command_line.hpp"

namespace slotcat {

enum class shell { bash, zsh, fish };

std::optional<shell> find_shell(std::string_view name);

std::string completion(shell target, const std::vector<command_line::option>& options,
                       const std::vector<command_line::option>& of_send = {});

/// What scripts list by `slotcat --completion WHAT`: "slots", those of this machine that this user has, and "interfaces". Null for others.
using lister = std::vector<std::string> (*)();
lister find_list(std::string_view what);

}  // namespace slotcat
