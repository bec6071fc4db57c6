// A thin layer over CLI11 that gives every option the same manners: the last value of several counts, lists take one value
// each time they are named, errors quote the value and name the option.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace slotcat {

class command_line {
 public:
  /// `heading` opens the help.
  explicit command_line(std::string heading);
  command_line(const command_line&) = delete;
  command_line& operator=(const command_line&) = delete;

  /// Options that follow are listed under this heading; under `hidden`, they are not listed.
  static constexpr const char* hidden = "";
  void group(std::string heading) { group_ = std::move(heading); }

  // `names` are "-o,--output" or "--output". A setter may throw `usage_error`.
  using setter = std::function<void(const std::string&)>;
  using list_setter = std::function<void(const std::vector<std::string>&)>;

  void value(const std::string& names, const std::string& type, const std::string& description, const setter& set);
  void list(const std::string& names, const std::string& type, const std::string& description, const list_setter& set);
  void flag(const std::string& names, const std::string& description, bool& target);
  /// A flag that may have a value: "--stats" (then "true") or "--stats=5s", never "--stats 5s".
  void flag_value(const std::string& names, const std::string& type, const std::string& description, const setter& set);
  void positionals(const std::string& name, std::vector<std::string>& target) { app_.add_option(name, target); }

  /// One of some words.
  template <class T>
  void choice(const std::string& names, const std::string& type, const std::string& description,
              const std::vector<std::pair<std::string, T>>& words, T& target) {
    std::vector<std::string> accepted;
    for (const auto& word : words) accepted.push_back(word.first);
    value(names, type, description, [words, accepted, &target](const std::string& text) {
      for (const auto& word : words) {
        if (word.first == text) return void(target = word.second);
      }
      refuse_choice(text, accepted);
    });
    choices_[app_.get_options().back()] = accepted;
  }

  /// What a shell may offer as value of the option defined last.
  void offer(std::vector<std::string> words) { choices_[app_.get_options().back()] = std::move(words); }

  /// The same, of words that `slotcat --completion WHAT` prints when the shell asks.
  void offer_listed(std::string what) { listed_[app_.get_options().back()] = std::move(what); }

  /// Throws `usage_error`.
  [[noreturn]] static void refuse_choice(const std::string& text, const std::vector<std::string>& accepted);

  /// Throws `usage_error`.
  void parse(std::vector<std::string> arguments);

  /// Long names of the options that `parse` met.
  std::set<std::string> given() const;

  std::string help() const { return app_.help(); }

  struct option {
    std::vector<std::string> names;  ///< with their dashes
    std::string long_name;           ///< without
    std::string description;
    bool takes_value = false;        ///< as the next argument
    bool file = false;               ///< the value is one
    std::vector<std::string> choices;
    std::string listed;              ///< what `slotcat --completion` lists as values; empty: nothing
  };
  std::vector<option> options() const;

 private:
  [[noreturn]] void refuse_unknown(const std::string& argument) const;
  CLI::Option* add(const std::string& names, const std::string& type, const std::string& description, const setter& set);

  CLI::App app_;
  std::string group_;
  std::map<const CLI::Option*, std::vector<std::string>> choices_;
  std::map<const CLI::Option*, std::string> listed_;
};

}  // namespace slotcat
