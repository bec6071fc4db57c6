#include "format/fields.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "cli/values.hpp"

namespace slotcat {
namespace {

constexpr std::array<std::pair<std::string_view, field>, field_count + 1> names = {{
    {"time", field::time},
    {"level", field::level},
    {"slot", field::slot},
    {"host", field::host},
    {"app", field::app},
    {"pid", field::pid},
    {"logger", field::logger},
    {"text", field::text},
    {"message", field::text},  // as JSON calls it
    {"thread", field::thread},
    {"file", field::file},
    {"line", field::line},
    {"function", field::function},
    {"sender", field::sender},
    {"seq", field::seq},
    {"source", field::source},
}};

// Nothing for 0, which stands for what is not known.
std::string_view known(std::uint64_t value, value_text& scratch) {
  if (value != 0) fmt::format_to(std::back_inserter(scratch), "{}", value);
  return {scratch.data(), scratch.size()};
}

std::string_view own_text(field which, const mailslog::received_record& record, const source& from, std::string_view slot, value_text& scratch) {
  switch (which) {
    case field::time: break;
    case field::level: return to_string(record.level);
    case field::slot: return slot;
    case field::host: return from.info.host;
    case field::app: return from.info.app;
    case field::pid: return known(from.info.process, scratch);
    case field::logger: return record.logger;
    case field::text: return record.text;
    case field::thread: return known(record.thread, scratch);
    case field::file: return record.source.file;
    case field::line: return known(record.source.line, scratch);
    case field::function: return record.source.function;
    case field::sender: fmt::format_to(std::back_inserter(scratch), "{}", sender_id(from.info.id)); break;
    case field::seq: fmt::format_to(std::back_inserter(scratch), "{}", record.number); break;
    case field::source: return from.name;
  }
  return {scratch.data(), scratch.size()};
}

}  // namespace

field_name parse_field(std::string_view name) {
  if (name.empty()) throw usage_error("\"\" is not the name of a field; those are time, level, slot, host, app, pid, logger, text, thread, file, "
                                      "line, function, sender, seq, source, and the names of attributes");
  const auto known = std::find_if(names.begin(), names.end(), [&](const auto& each) { return each.first == name; });
  if (known != names.end()) return known->second;
  if (name == "attributes") throw usage_error("\"attributes\" stands for all of them, which --fields and --hide take; name one of them here");
  constexpr std::string_view prefix = "attributes.";
  if (name.substr(0, prefix.size()) == prefix && name.size() > prefix.size()) name.remove_prefix(prefix.size());
  return std::string(name);
}

std::string_view text_of(const field_name& which, const mailslog::received_record& record, const source& from, std::string_view slot,
                         value_text& scratch) {
  scratch.clear();
  if (const auto* own = std::get_if<field>(&which)) return own_text(*own, record, from, slot, scratch);
  const auto& name = std::get<std::string>(which);
  const auto found = std::find_if(record.attributes.begin(), record.attributes.end(), [&](const auto& a) { return a.name == name; });
  return found == record.attributes.end() ? std::string_view() : to_text(found->value, scratch);
}

field_choice::chosen field_choice::read(const std::vector<std::string>& given) {
  chosen c;
  for (const auto& name : given) {
    if (name == "attributes") {
      c.all_attributes = true;
    } else if (name == "source") {
      for (const auto part : {field::host, field::app, field::pid}) c.fields.set(static_cast<std::size_t>(part));
    } else {
      auto parsed = parse_field(name);
      if (const auto* own = std::get_if<field>(&parsed)) {
        c.fields.set(static_cast<std::size_t>(*own));
      } else {
        c.attributes.insert(std::get<std::string>(std::move(parsed)));
      }
    }
  }
  return c;
}

void field_choice::show_only(const std::vector<std::string>& given) {
  auto c = read(given);
  only_ = true;
  wanted_ = c.fields;
  wanted_attributes_ = std::move(c.attributes);
  all_attributes_ = c.all_attributes;
}

void field_choice::hide(const std::vector<std::string>& given) {
  auto c = read(given);
  hidden_ = c.fields;
  hidden_attributes_ = std::move(c.attributes);
  no_attributes_ = c.all_attributes;
}

bool field_choice::shows_attribute(std::string_view name) const {
  if (only_) return all_attributes_ || wanted_attributes_.find(name) != wanted_attributes_.end();
  return !no_attributes_ && hidden_attributes_.find(name) == hidden_attributes_.end();
}

}  // namespace slotcat
