#include "cli/command_line.hpp"

#include <algorithm>
#include <memory>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/similar.hpp"
#include "cli/values.hpp"

namespace slotcat {
namespace {

// One line an option, no blank lines: all of it fits two screens.
class compact_help final : public CLI::Formatter {
 public:
  compact_help() { column_width(29); }

  std::string make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const override {
    std::ostringstream out;
    out << app->get_description();
    for (const auto& group : app->get_groups()) {
      const auto members = app->get_options(
          [&](const CLI::Option* option) { return option->get_group() == group && option->nonpositional(); });
      if (members.empty() || group == command_line::hidden) continue;
      out << group << ":\n";
      for (const auto* option : members) out << make_option(option, false);
    }
    return out.str();
  }

  std::string make_option_name(const CLI::Option* option, bool) const override {
    std::string names;
    for (const auto& name : option->get_snames()) names += '-' + name + ", ";
    for (const auto& name : option->get_lnames()) names += "--" + name;
    return names;
  }

  std::string make_option_opts(const CLI::Option* option) const override {
    const auto type = option->get_type_name();
    return type.empty() || type[0] == '[' ? type : ' ' + type;
  }
};

template <class Set>
void name_errors(const std::string& names, Set set) {
  try {
    set();
  } catch (const usage_error& e) {
    throw usage_error(fmt::format("{}: {}", names.substr(names.find("--")), e.what()));
  }
}

}  // namespace

command_line::command_line(std::string heading) : app_(std::move(heading)) {
  app_.formatter(std::make_shared<compact_help>());
  app_.set_help_flag();
  app_.allow_windows_style_options(false);  // "//*/mailslot/x" is an address
  app_.allow_extras();                      // `parse` says what might have been meant
}

CLI::Option* command_line::add(const std::string& names, const std::string& type, const std::string& description,
                               const setter& set) {
  const auto run = [names, set](const std::string& text) { name_errors(names, [&] { set(text); }); };
  return app_.add_option_function<std::string>(names, run, description)->type_name(type)->group(group_)->take_last();
}

void command_line::value(const std::string& names, const std::string& type, const std::string& description,
                         const setter& set) {
  add(names, type, description, set);
}

void command_line::flag_value(const std::string& names, const std::string& type, const std::string& description,
                              const setter& set) {
  add(names, type, description, set)->expected(0);
}

void command_line::list(const std::string& names, const std::string& type, const std::string& description,
                        const list_setter& set) {
  const auto run = [names, set](const std::vector<std::string>& texts) { name_errors(names, [&] { set(texts); }); };
  app_.add_option_function<std::vector<std::string>>(names, run, description)
      ->type_name(type)
      ->group(group_)
      ->allow_extra_args(false);
}

void command_line::flag(const std::string& names, const std::string& description, bool& target) {
  flag_value(names, "", description, [&target](const std::string& text) { target = parse_flag(text); });
}

void command_line::refuse_choice(const std::string& text, const std::vector<std::string>& accepted) {
  throw usage_error(fmt::format("\"{}\" is not accepted; accepted are {}", text, fmt::join(accepted, ", ")));
}

void command_line::parse(std::vector<std::string> arguments) {
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
  try {
    app_.parse(std::move(arguments));
  } catch (const CLI::ParseError& e) {
    const std::string what = e.what();
    const auto missing = what.find(": 1 required ");
    throw usage_error(fmt::format("{}; see --help", missing == std::string::npos ? what : what.substr(0, missing) + ": its value is missing"));
  }
  for (const auto& extra : app_.remaining()) {
    if (extra != "--") refuse_unknown(extra);
  }
}

void command_line::refuse_unknown(const std::string& argument) const {
  const auto name = argument.substr(0, argument.find('='));
  std::vector<std::string> known;
  for (const auto& o : options()) known.push_back("--" + o.long_name);
  const auto meant = nearest(name, known);
  throw usage_error(fmt::format("no option is called \"{}\"; {}see --help", name,
                                meant.empty() ? std::string() : fmt::format("did you mean {}? ", meant)));
}

std::set<std::string> command_line::given() const {
  std::set<std::string> names;
  for (const auto* o : app_.get_options()) {
    if (o->count() != 0 && o->nonpositional()) names.insert(o->get_lnames().front());
  }
  return names;
}

std::vector<command_line::option> command_line::options() const {
  std::vector<option> all;
  for (const auto* o : app_.get_options()) {
    if (!o->nonpositional() || o->get_group() == hidden) continue;
    option description;
    for (const auto& name : o->get_snames()) description.names.push_back('-' + name);
    for (const auto& name : o->get_lnames()) description.names.push_back("--" + name);
    description.long_name = o->get_lnames().front();
    description.description = o->get_description();
    description.takes_value = o->get_items_expected_max() != 0;
    description.file = o->get_type_name() == "FILE";
    if (const auto known = choices_.find(o); known != choices_.end()) description.choices = known->second;
    if (const auto known = listed_.find(o); known != listed_.end()) description.listed = known->second;
    all.push_back(std::move(description));
  }
  return all;
}

}  // namespace slotcat
