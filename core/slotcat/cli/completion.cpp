#include "cli/completion.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <mailslog/local_folder.hpp>

#include "os/interfaces.hpp"

namespace slotcat {
namespace {

// Those in use, and those of which something is remembered.
std::vector<std::string> slot_names() {
  std::vector<std::string> names;
  const auto folders = mailslog::local_folders(mailslog::address("any"));
  if (folders.empty()) return names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::u8path(folders.front().path).parent_path(), error)) {
    if (!entry.is_directory(error) || std::filesystem::is_empty(entry.path(), error)) continue;
    auto name = entry.path().filename().u8string();
    std::replace(name.begin(), name.end(), '%', '/');
    names.push_back(name.find('/') == std::string::npos ? name : "./" + name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

// For text inside single quotes of a shell, and for zsh's descriptions in brackets.
std::string quoted(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else if (c == '[' || c == ']') {
      out += '\\';
      out += c;
    } else {
      out += c;
    }
  }
  return out;
}

std::string cases_for_bash(const std::vector<command_line::option>& options) {
  std::string cases;
  for (const auto& option : options) {
    if (!option.takes_value) continue;
    const auto reply = !option.choices.empty() ? fmt::format("$(compgen -W '{}' -- \"$cur\")", fmt::join(option.choices, " "))
                       : option.file           ? std::string("$(compgen -f -- \"$cur\")")
                               : !option.listed.empty() ? fmt::format("$(compgen -W \"$(\"$1\" --completion {} 2>/dev/null)\" -- \"$cur\")", option.listed)
                                               : std::string();
    fmt::format_to(std::back_inserter(cases), "    {}) COMPREPLY=({}); return;;\n", fmt::join(option.names, "|"), reply);
  }
  return cases;
}

std::string names_for_bash(const std::vector<command_line::option>& options) {
  std::vector<std::string> names;
  for (const auto& option : options) names.insert(names.end(), option.names.begin(), option.names.end());
  return fmt::format("{}", fmt::join(names, " "));
}

std::string for_bash(const std::vector<command_line::option>& options, const std::vector<command_line::option>& of_send) {
  return fmt::format(R"sh(# bash completion for slotcat
_slotcat() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}} names='{}'
  COMPREPLY=()
  if [[ ${{COMP_WORDS[1]}} == send && $COMP_CWORD != 1 ]]; then
  names='{}'
  case $prev in
{}  esac
  else
  case $prev in
{}  esac
  fi
  if [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$names" -- "$cur"))
  elif [[ $COMP_CWORD == 1 ]]; then
    COMPREPLY=($(compgen -W "send ls help $("$1" --completion slots 2>/dev/null)" -- "$cur"))
  elif [[ ${{COMP_WORDS[1]}} == help ]]; then
    COMPREPLY=($(compgen -W 'send' -- "$cur"))
  elif [[ ${{COMP_WORDS[1]}} != send || $COMP_CWORD == 2 ]]; then
    COMPREPLY=($(compgen -W "$("$1" --completion slots 2>/dev/null)" -- "$cur"))
  fi
}}
complete -F _slotcat slotcat
)sh",
                     names_for_bash(options), names_for_bash(of_send), cases_for_bash(of_send), cases_for_bash(options));
}

std::string arguments_for_zsh(const std::vector<command_line::option>& options) {
  std::string lines;
  for (const auto& option : options) {
    const auto value = !option.takes_value       ? std::string()
                       : !option.choices.empty() ? fmt::format(":value:({})", fmt::join(option.choices, " "))
                       : option.file             ? std::string(":file:_files")
                       : !option.listed.empty()  ? fmt::format(":value:{{compadd - $(slotcat --completion {} 2>/dev/null)}}", option.listed)
                                                 : std::string(":value:");
    for (const auto& name : option.names) {
      fmt::format_to(std::back_inserter(lines), " \\\n  '*{}[{}]{}'", name, quoted(option.description), value);
    }
  }
  return lines;
}

std::string for_zsh(const std::vector<command_line::option>& options, const std::vector<command_line::option>& of_send) {
  return fmt::format(R"(#compdef slotcat
_slotcat() {{
  if (( CURRENT > 2 )) && [[ ${{words[2]}} == send ]]; then
    shift words
    (( CURRENT-- ))
    _arguments -s{} \
  '1:address:{{compadd - $(slotcat --completion slots 2>/dev/null)}}' '*:text:'
  else
    _arguments -s{} \
  '*:address:{{compadd - send ls help $(slotcat --completion slots 2>/dev/null)}}'
  fi
}}
_slotcat "$@"
)",
                     arguments_for_zsh(of_send), arguments_for_zsh(options));
}

std::string lines_for_fish(const std::vector<command_line::option>& options, std::string_view condition) {
  std::string lines;
  const auto out = std::back_inserter(lines);
  for (const auto& option : options) {
    fmt::format_to(out, "complete -c slotcat");
    for (const auto& name : option.names) {
      fmt::format_to(out, name[1] == '-' ? " -l {}" : " -s {}", name.substr(name[1] == '-' ? 2 : 1));
    }
    if (option.takes_value) fmt::format_to(out, option.file ? " -r -F" : " -x");
    if (!option.choices.empty()) fmt::format_to(out, " -a '{}'", fmt::join(option.choices, " "));
    if (!option.listed.empty()) fmt::format_to(out, " -a '(slotcat --completion {} 2>/dev/null)'", option.listed);
    std::string description;
    for (const char c : option.description) description += c == '\'' ? std::string("\\'") : std::string(1, c);
    fmt::format_to(out, " -d '{}' -n '{}'\n", description, condition);
  }
  return lines;
}

std::string for_fish(const std::vector<command_line::option>& options, const std::vector<command_line::option>& of_send) {
  return "complete -c slotcat -f\n"
         "complete -c slotcat -n __fish_is_first_arg -a send -d 'post records'\n"
         "complete -c slotcat -n __fish_is_first_arg -a ls -d 'list slots'\n"
         "complete -c slotcat -n __fish_is_first_arg -a help -d 'explain a command'\n"
         "complete -c slotcat -a '(slotcat --completion slots 2>/dev/null)' -d slot\n" +
         lines_for_fish(options, "not __fish_seen_subcommand_from send") + lines_for_fish(of_send, "__fish_seen_subcommand_from send");
}

}  // namespace

std::optional<shell> find_shell(std::string_view name) {
  if (name == "bash") return shell::bash;
  if (name == "zsh") return shell::zsh;
  if (name == "fish") return shell::fish;
  return std::nullopt;
}

lister find_list(std::string_view what) {
  if (what == "slots") return slot_names;
  if (what == "interfaces") return interface_names;
  return nullptr;
}

std::string completion(shell target, const std::vector<command_line::option>& options, const std::vector<command_line::option>& of_send) {
  switch (target) {
    case shell::bash: return for_bash(options, of_send);
    case shell::zsh: return for_zsh(options, of_send);
    case shell::fish: return for_fish(options, of_send);
  }
  return {};
}

}  // namespace slotcat
