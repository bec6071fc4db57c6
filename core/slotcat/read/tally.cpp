#include "read/tally.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <variant>

#include <fmt/format.h>

#include "cli/values.hpp"
#include "format/screen_layout.hpp"
#include "read/foreign.hpp"

namespace slotcat {
namespace {

constexpr std::size_t max_kinds = 10000;  // strangers may invent values
constexpr std::size_t longest_value = 64;

void append_padded(std::string& out, std::string_view text, std::size_t width) {
  out += text;
  out.append(width - std::min(width, columns(text)), ' ');
}

}  // namespace

tally::tally(const std::vector<std::string>& names) : names_(names) {
  for (const auto& name : names) {
    auto parsed = parse_field(name);
    if (parsed == field_name(field::time)) throw usage_error("\"time\" cannot be counted by: hardly two records have the same");
    fields_.push_back(std::move(parsed));
  }
  scratch_.values.resize(fields_.size());
}

void tally::record(std::string&, const mailslog::received_record& record, const source& from, bool) { count(record, from); }

void tally::gap(std::string&, const mailslog::gap&, const source&) {}

void tally::foreign(std::string&, const mailslog::foreign_message& message) {
  source from;
  from.name = from.info.host = origin_of(message);
  mailslog::received_record as_record;
  as_record.text = message.bytes;
  count(as_record, from);
}

void tally::count(const mailslog::received_record& record, const source& from) {
  std::string shorter;
  value_text text;
  scratch_.hash = 0;
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const auto whole = text_of(fields_[i], record, from, slot(), text);
    if (whole.size() > longest_value) scratch_.hash = 31 * scratch_.hash + std::hash<std::string_view>()(whole);
    scratch_.values[i].clear();
    append_safe(scratch_.values[i], shortened(whole, longest_value, shorter));
  }
  const auto known = counts_.find(scratch_);
  if (known != counts_.end()) {
    ++known->second;
  } else if (counts_.size() < max_kinds) {
    counts_.emplace(scratch_, 1);
  } else {
    ++others_;
  }
}

std::size_t tally::append_table(std::string& out, std::size_t most, std::size_t width) const {
  std::vector<const std::pair<const kind, std::uint64_t>*> rows;
  for (const auto& each : counts_) rows.push_back(&each);
  std::stable_sort(rows.begin(), rows.end(), [](const auto* a, const auto* b) { return a->second > b->second; });
  auto others = others_;
  for (; rows.size() > most; rows.pop_back()) others += rows.back()->second;

  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    auto widest = columns(names_[i]);
    for (const auto* row : rows) widest = std::max(widest, columns(row->first.values[i]));
    widths.push_back(widest);
  }
  const auto line = [&](std::string_view number, const std::vector<std::string>& values) {
    const auto start = out.size();
    fmt::format_to(std::back_inserter(out), "{:>10}", number);
    for (std::size_t i = 0; i < values.size(); ++i) {
      out += "  ";
      i + 1 == values.size() ? void(out += values[i]) : append_padded(out, values[i], widths[i]);
    }
    out += '\n';
    fit_lines(out, start, width, 0, wrap::chop);
  };
  line("records", names_);
  for (const auto* row : rows) line(fmt::format("{}", row->second), row->first.values);
  if (others != 0) line(fmt::format("{}", others), {"(others)"});
  return 1 + rows.size() + (others != 0 ? 1 : 0);
}

}  // namespace slotcat
