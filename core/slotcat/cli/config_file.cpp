#include "cli/config_file.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <system_error>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <fmt/format.h>

#include "cli/values.hpp"
#include "command.hpp"

namespace slotcat {
namespace {

namespace fs = std::filesystem;

std::string trimmed(const std::string& text) {
  const auto from = text.find_first_not_of(" \t\r");
  return from == std::string::npos ? std::string() : text.substr(from, text.find_last_not_of(" \t\r") + 1 - from);
}

bool is_heading(const std::string& line) { return !line.empty() && line.front() == '['; }

// "grep = [" and no "]" yet.
bool goes_on(const std::string& entry) {
  const auto equals = entry.find('=');
  if (equals == std::string::npos) return false;
  const auto value = trimmed(entry.substr(equals + 1));
  return !value.empty() && value.front() == '[' && value.back() != ']';
}

fs::path home_of_configs() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return fs::u8path(value == nullptr ? "" : value);
  };
#ifdef _WIN32
  return variable("APPDATA");
#else
  if (const auto folder = variable("XDG_CONFIG_HOME"); folder.is_absolute()) return folder;
  const auto home = variable("HOME");
  return home.is_absolute() ? home / ".config" : fs::path();
#endif
}

}  // namespace

std::vector<config_line> read_config(const std::string& file) {
  const auto path = fs::u8path(file);
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) throw usage_error(fmt::format("--config: \"{}\" is a folder; accepted is a file", file));
  std::ifstream in(path, std::ios::binary);
  if (!in) throw usage_error(fmt::format("--config: \"{}\" cannot be read", file));

  std::vector<config_line> lines;
  bool of_a_command = false;
  std::size_t number = 0;
  for (std::string text; std::getline(in, text);) {
    if (++number == 1 && text.compare(0, 3, "\xef\xbb\xbf") == 0) text.erase(0, 3);  // a byte order mark
    auto entry = trimmed(text);
    if (is_heading(entry)) {
      of_a_command = find_command(entry.substr(1, entry.find(']') - 1)) != nullptr;
      continue;
    }
    const auto first = number;
    while (goes_on(entry) && std::getline(in, text)) {
      ++number;
      entry += ' ' + trimmed(text);
    }
    if (of_a_command) continue;
    std::istringstream one(entry);
    for (const auto& item : CLI::ConfigTOML().from_config(one)) {
      config_line line;
      line.number = first;
      line.name = item.fullname();
      for (const auto& input : item.inputs) line.arguments.push_back(fmt::format("--{}={}", line.name, input));
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

std::string default_config() {
  const auto folder = home_of_configs();
  if (folder.empty()) return {};
  const auto file = folder / "slotcat" / "config";
  std::error_code ignored;
  return fs::is_regular_file(file, ignored) ? file.u8string() : std::string();
}

}  // namespace slotcat
