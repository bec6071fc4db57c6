#include "format/fields.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "cli/values.hpp"
#include "format/value_text.hpp"

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
}};

void append_number(std::string& out, std::uint64_t value) {
  if (value != 0) fmt::format_to(std::back_inserter(out), "{}", value);
}

void append_own(std::string& out, field which, const mailslog::received_record& record, const source& from, std::string_view slot,
                neutral mode) {
  switch (which) {
    case field::time: break;
    case field::level: out += to_string(record.level); break;
    case field::slot: append_safe(out, slot, mode); break;
    case field::host: append_safe(out, from.info.host, mode); break;
    case field::app: append_safe(out, from.info.app, mode); break;
    case field::pid: append_number(out, from.info.process); break;
    case field::logger: append_safe(out, record.logger, mode); break;
    case field::text: append_safe(out, record.text, mode); break;
    case field::thread: append_number(out, record.thread); break;
    case field::file: append_safe(out, record.source.file, mode); break;
    case field::line: append_number(out, record.source.line); break;
    case field::function: append_safe(out, record.source.function, mode); break;
    case field::sender: out += sender_id(from.info.id); break;
    case field::seq: fmt::format_to(std::back_inserter(out), "{}", record.number); break;
  }
}

}  // namespace

field_name parse_field(std::string_view name) {
  if (name.empty()) throw usage_error("\"\" is not the name of a field; those are time, level, slot, host, app, pid, logger, text, thread, file, "
                                      "line, function, sender, seq, and the names of attributes");
  const auto known = std::find_if(names.begin(), names.end(), [&](const auto& each) { return each.first == name; });
  if (known != names.end()) return known->second;
  constexpr std::string_view prefix = "attributes.";
  if (name.substr(0, prefix.size()) == prefix && name.size() > prefix.size()) name.remove_prefix(prefix.size());
  return std::string(name);
}

void append_field(std::string& out, const field_name& which, const mailslog::received_record& record, const source& from,
                  std::string_view slot, neutral mode) {
  if (const auto* own = std::get_if<field>(&which)) return append_own(out, *own, record, from, slot, mode);
  const auto& name = std::get<std::string>(which);
  const auto found = std::find_if(record.attributes.begin(), record.attributes.end(), [&](const auto& a) { return a.name == name; });
  if (found == record.attributes.end()) return;
  value_text scratch;
  append_safe(out, to_text(found->value, scratch), mode);
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
