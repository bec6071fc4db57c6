#include "read/filter.hpp"

#include <algorithm>
#include <type_traits>
#include <variant>

#include <fmt/format.h>

#include "read/foreign.hpp"
#include "cli/key_value.hpp"
#include "read/source_table.hpp"

namespace slotcat {
namespace {

constexpr std::size_t max_known_loggers = 10000;

level_range parse_levels_or_off(std::string_view text) {
  if (text == "off") {
    level_range range;
    range.none = true;
    return range;
  }
  return parse_levels(text);
}

}  // namespace

logger_levels::logger_levels(std::string_view text) {
  for (auto rest = text;;) {
    const auto comma = rest.find(',');
    const auto part = rest.substr(0, comma);
    const auto colon = part.rfind(':');
    if (colon == std::string_view::npos || colon == 0) {
      throw usage_error(fmt::format("\"{}\" is not logger:level; accepted is a list such as 'net.*:debug,db:error,*:off'", part));
    }
    rules_.push_back({std::string(part.substr(0, colon)), parse_levels_or_off(part.substr(colon + 1))});
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  const auto hides_all = [](const rule& r) { return r.range.none; };
  const auto matches_all = [](const rule& r) { return r.glob.find_first_not_of('*') == std::string::npos; };
  if (std::all_of(rules_.begin(), rules_.end(), hides_all) && std::any_of(rules_.begin(), rules_.end(), matches_all)) {
    throw usage_error(fmt::format("\"{}\" can never match: it switches every logger off", text));
  }
  // Longest first; of two that are equally long, the later one.
  std::reverse(rules_.begin(), rules_.end());
  std::stable_sort(rules_.begin(), rules_.end(), [](const rule& a, const rule& b) { return a.glob.size() > b.glob.size(); });
}

const std::optional<level_range>& logger_levels::find(std::string_view logger) {
  if (last_ != nullptr && last_logger_ == logger) return *last_;
  last_logger_ = logger;
  auto known = known_.find(last_logger_);
  if (known == known_.end()) {
    if (known_.size() >= max_known_loggers) known_.clear();
    const auto first = std::find_if(rules_.begin(), rules_.end(), [&](const rule& r) { return glob_match(r.glob, logger); });
    known = known_.emplace(last_logger_, first == rules_.end() ? std::nullopt : std::optional(first->range)).first;
  }
  last_ = &known->second;
  return *last_;
}

source_glob::source_glob(std::string_view text) : text_(text) {
  if (text_.find_first_of("*?/") == std::string::npos) {
    throw usage_error(
        fmt::format("\"{}\" can never match: sources look like host/app[pid]; write '*/{}' or '{}/*'", text, text, text));
  }
}

bool source_glob::matches(const mailslog::sender_info& sender) const {
  const auto name = source_name(sender);
  if (glob_match(text_, name)) return true;
  return sender.process != 0 && glob_match(text_, std::string_view(name).substr(0, name.rfind('[')));
}

attribute_match::attribute_match(std::string_view text) {
  const auto operation = text.find_first_of("=<>!~");
  key_ = text.substr(0, operation);
  if (key_.empty()) throw usage_error(fmt::format("\"{}\" names no attribute; accepted are key=value, key!=value, "
                                                  "key~=regex, key<number, key>number and key", text));
  if (operation == std::string_view::npos) return;

  const auto rest = text.substr(operation);
  const auto is = [&](std::string_view sign, relation r) {
    if (rest.substr(0, sign.size()) != sign) return false;
    relation_ = r;
    value_ = rest.substr(sign.size());
    return true;
  };
  if (!(is("!=", relation::unequal) || is("~=", relation::found) || is("<=", relation::less_equal) ||
        is(">=", relation::greater_equal) || is("=", relation::equal) || is("<", relation::less) ||
        is(">", relation::greater))) {
    throw usage_error(fmt::format("\"{}\": after the key \"{}\" accepted are =, !=, ~=, < and >", text, key_));
  }
  if (relation_ == relation::found) regex_.emplace(value_);
  if (double number = 0; to_number(value_, number)) number_ = number;
  const bool wants_number = relation_ >= relation::less;
  if (wants_number && !number_) throw usage_error(fmt::format("\"{}\" can never match: \"{}\" is not a number", text, value_));
}

bool attribute_match::matches(const std::vector<mailslog::attribute>& attributes) const {
  const bool any = std::any_of(attributes.begin(), attributes.end(),
                               [&](const auto& attribute) { return attribute.name == key_ && holds(attribute.value); });
  return relation_ == relation::unequal ? !any : any;
}

bool attribute_match::holds(const mailslog::attribute_value& value) const {
  if (relation_ == relation::exists) return true;

  value_text scratch;
  const auto text = to_text(value, scratch);
  if (relation_ == relation::found) return regex_->found_in(text);
  if (text == value_ && !(relation_ >= relation::less)) return true;
  if (!number_) return false;

  double number = 0;
  if (!to_number(text, number)) return false;
  switch (relation_) {
    case relation::less: return number < *number_;
    case relation::less_equal: return number <= *number_;
    case relation::greater: return number > *number_;
    case relation::greater_equal: return number >= *number_;
    default: return number == *number_ && !std::holds_alternative<std::string_view>(value);
  }
}

std::string_view to_string(verdict v) noexcept {
  switch (v) {
    case verdict::shown: return "shown";
    case verdict::partial: return "partial";
    case verdict::level: return "level";
    case verdict::source: return "source";
    case verdict::match: return "match";
    case verdict::grep: return "grep";
    case verdict::exclude: return "exclude";
    case verdict::foreign: return "foreign";
  }
  return "";
}

bool filter::source_passes(const mailslog::sender_info& sender) const {
  const auto fits = [&](const source_glob& glob) { return glob.matches(sender); };
  return (sources.empty() || std::any_of(sources.begin(), sources.end(), fits)) &&
         std::none_of(excluded_sources.begin(), excluded_sources.end(), fits);
}

verdict filter::judge(const mailslog::received_record& record, bool source_passes) {
  if (!show_partial && (record.start_missing || !record.missing.empty())) return verdict::partial;
  if (!level_passes(record.level, record.logger)) return verdict::level;
  if (!source_passes) return verdict::source;
  for (const auto& match : matches) {
    if (!match.matches(record.attributes)) return verdict::match;
  }
  return judge_text(record.text);
}

verdict filter::judge(const mailslog::foreign_message& message) {
  if (!show_foreign) return verdict::foreign;
  if (!level_passes(mailslog::level::info, {})) return verdict::level;
  const auto origin = origin_of(message);
  const auto fits = [&](const source_glob& glob) { return glob_match(glob.text(), origin); };
  if (!sources.empty() && std::none_of(sources.begin(), sources.end(), fits)) return verdict::source;
  if (std::any_of(excluded_sources.begin(), excluded_sources.end(), fits)) return verdict::source;
  for (const auto& match : matches) {
    if (!match.matches({})) return verdict::match;
  }
  return judge_text(message.bytes);
}

bool filter::level_passes(mailslog::level value, std::string_view logger) {
  if (levels) {
    if (const auto& range = levels->find(logger)) return range->has(value);
  }
  return level.has(value);
}

verdict filter::judge_text(std::string_view text) const {
  if (!grep.empty() && !any_found_in(grep, text)) return verdict::grep;
  if (any_found_in(exclude, text)) return verdict::exclude;
  return verdict::shown;
}

}  // namespace slotcat
