// The configuration file: defaults for the options of reading, one a line.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace slotcat {

struct config_line {
  std::size_t number = 0;               ///< in the file, from 1
  std::string name;                     ///< long name of an option
  std::vector<std::string> arguments;   ///< as on the command line: "--grep=a", "--grep=b"
};

/// Lines such as `level = warning` and `grep = ["a", "b"]` in TOML's syntax. `[headings]` part nothing, except that what stands under
/// the name of a command, `[send]`, is left to that. Throws `usage_error` if the file cannot be read.
std::vector<config_line> read_config(const std::string& file);

/// The file that is read where none is named: slotcat/config in $XDG_CONFIG_HOME, or in ~/.config; on Windows in %APPDATA%. Empty if
/// there is none.
std::string default_config();

}  // namespace slotcat
