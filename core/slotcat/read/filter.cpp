#include "read/filter.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <type_traits>
#include <variant>

#include <fmt/format.h>

#include "format/clean_text.hpp"
#include "read/foreign.hpp"
#include "format/value_text.hpp"
#include "read/source_table.hpp"

namespace slotcat {
namespace {

constexpr std::size_t max_known_loggers = 10000;
constexpr std::size_t longest_known = 256;  // bytes of a name

level_range parse_levels_or_off(std::string_view text) {
  if (text == "off") {
    level_range range;
    range.none = true;
    return range;
  }
  return parse_levels(text);
}

using number = std::variant<std::int64_t, std::uint64_t, double>;

// Whole numbers as such: a double has no room for all digits of an id of 64 bits.
std::optional<number> number_in(std::string_view text) {
  const auto whole = [&](auto value) -> std::optional<number> {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() ? std::optional<number>(value) : std::nullopt;
  };
  if (const auto value = whole(std::int64_t{})) return value;
  if (const auto value = whole(std::uint64_t{})) return value;
  double value = 0;
  if (!to_number(text, value)) return std::nullopt;
  // A whole number below the least one is rounded to it.
  constexpr double least = -9223372036854775808.0;
  if (value == least && text.find_first_of(".eE") == std::string_view::npos) value = std::nextafter(value, -HUGE_VAL);
  return value;
}

std::optional<number> number_in(const mailslog::attribute_value& value, std::string_view text) {
  const auto* const real = std::get_if<double>(&value);
  if (real == nullptr) return number_in(text);
  return std::isnan(*real) ? std::nullopt : std::optional<number>(*real);
}

template <class T>
int sign_of_difference(T a, T b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

// Negative, 0 or positive, as `a` is less than, equal to or greater than `b`.
int compare(std::int64_t a, std::int64_t b) { return sign_of_difference(a, b); }
int compare(std::uint64_t a, std::uint64_t b) { return sign_of_difference(a, b); }
int compare(double a, double b) { return sign_of_difference(a, b); }
int compare(std::int64_t a, std::uint64_t b) { return a < 0 ? -1 : compare(static_cast<std::uint64_t>(a), b); }
template <class Whole>
int compare(Whole a, double b) {
  if (b >= std::ldexp(1.0, std::numeric_limits<Whole>::digits)) return -1;
  if (b < static_cast<double>(std::numeric_limits<Whole>::min())) return 1;
  const auto floor = std::floor(b);
  const auto difference = compare(a, static_cast<Whole>(floor));
  return difference != 0 || floor == b ? difference : -1;
}
template <class A, class B>
int compare(A a, B b) {
  return -compare(b, a);
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

std::optional<level_range> logger_levels::find(std::string_view logger) {
  if (logger.size() > longest_known) return look_up(logger);
  auto known = known_.find(logger);
  if (known == known_.end()) {
    if (known_.size() >= max_known_loggers) known_.clear();
    known = known_.emplace(logger, look_up(logger)).first;
  }
  return known->second;
}

std::optional<level_range> logger_levels::look_up(std::string_view logger) const {
  const auto first = std::find_if(rules_.begin(), rules_.end(), [&](const rule& r) { return glob_match(r.glob, logger); });
  return first == rules_.end() ? std::nullopt : std::optional(first->range);
}

source_glob::source_glob(std::string_view text) : text_(text) {
  if (text_.empty()) throw usage_error("\"\" can never match: sources look like host/app[pid]; write pump, '*/pump' or 'host/*'");
}

bool source_glob::matches(std::string_view name) const {
  if (glob_match(text_, name)) return true;
  const auto slash = text_.find('/') == std::string::npos ? name.find('/') : std::string_view::npos;
  return slash != std::string_view::npos && glob_match(text_, name.substr(slash + 1));
}

bool source_glob::matches(const mailslog::sender_info& sender) const {
  const auto name = source_name(sender);
  if (matches(name)) return true;
  return sender.process != 0 && matches(std::string_view(name).substr(0, name.rfind('[')));
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
  if (relation_ == relation::equal && value_.compare(0, 1, "=") == 0) {
    throw usage_error(fmt::format("\"{}\": one = says equal; write {}{}, or '{}~=^=' for a text that begins with =", text, key_, value_, key_));
  }
  const auto misspelt = [&](std::string_view sign) {
    const auto value = std::string_view(value_).substr(1);
    throw usage_error(fmt::format("\"{}\": this sign is {}; write {}{}{}, or '{}~=^{}' for a text that begins with {}", text, sign, key_, sign, value,
                                  key_, value_.front(), value_.front()));
  };
  if (relation_ == relation::equal && value_.size() > 1) {
    const auto value = std::string_view(value_).substr(1);
    const bool ordered = number_in(value) || (key_ == "level" && mailslog::parse_level(value));
    if (value_.front() == '>' && ordered) misspelt(">=");
    if (value_.front() == '<' && ordered) misspelt("<=");
    if (value_.front() == '~' && value.find('/') == std::string_view::npos) misspelt("~=");  // ~/x is a path
  }
  if (relation_ == relation::found) regex_.emplace(value_);
  number_ = number_in(value_);
  const bool compares = relation_ == relation::equal || relation_ == relation::unequal || relation_ >= relation::less;
  if (key_ == "level" && compares) level_ = mailslog::parse_level(value_);
  const bool wants_number = relation_ >= relation::less && !level_;
  if (wants_number && !number_ && key_ == "level") (void)parse_one_level(value_);  // says what there is
  if (wants_number && !number_) throw usage_error(fmt::format("\"{}\" can never match: \"{}\" is not a number", text, value_));
}

bool attribute_match::any_holds(const std::vector<mailslog::attribute>& attributes) const {
  return std::any_of(attributes.begin(), attributes.end(),
                     [&](const auto& attribute) { return attribute.name == key_ && holds(attribute.value); });
}

bool attribute_match::matches(const std::vector<mailslog::attribute>& attributes) const {
  return any_holds(attributes) != (relation_ == relation::unequal);
}

bool attribute_match::matches(const mailslog::received_record& record) const {
  return (any_holds(record.attributes) || holds_for_field(record)) != (relation_ == relation::unequal);
}

bool attribute_match::holds_for_field(const mailslog::received_record& record) const {
  const auto text = [&](std::string_view value) { return !value.empty() && holds(value); };
  const auto number = [&](std::uint64_t value) { return value != 0 && holds(value); };
  if (key_ == "level") return holds_for_level(record.level);
  if (key_ == "logger") return text(record.logger);
  if (key_ == "thread") return number(record.thread);
  if (key_ == "host") return text(record.from->host);
  if (key_ == "app") return text(record.from->app);
  if (key_ == "pid") return number(record.from->process);
  if (key_ == "line") return number(record.source.line);
  if (key_ == "function") return text(record.source.function);
  if (key_ == "file") {
    const auto& file = record.source.file;
    const auto folder = file.find_last_of("/\\");
    return text(file) || (folder != std::string_view::npos && text(file.substr(folder + 1)));
  }
  return false;
}

bool attribute_match::holds_for_level(mailslog::level level) const {
  if (!level_) return holds(mailslog::to_string(level));
  switch (relation_) {
    case relation::less: return level < *level_;
    case relation::less_equal: return level <= *level_;
    case relation::greater: return level > *level_;
    case relation::greater_equal: return level >= *level_;
    default: return level == *level_;
  }
}

bool attribute_match::holds(const mailslog::attribute_value& value) const {
  if (relation_ == relation::exists) return true;

  value_text scratch;
  const auto text = to_text(value, scratch);
  if (relation_ == relation::found) return regex_->found_in(text);
  if (text == value_ && !(relation_ >= relation::less)) return true;
  if (!number_) return false;

  const auto its = number_in(value, text);
  if (!its) return false;
  const int difference = std::visit([](auto a, auto b) { return compare(a, b); }, *its, *number_);
  switch (relation_) {
    case relation::less: return difference < 0;
    case relation::less_equal: return difference <= 0;
    case relation::greater: return difference > 0;
    case relation::greater_equal: return difference >= 0;
    default: return difference == 0 && !std::holds_alternative<std::string_view>(value);
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
    if (!match.matches(record)) return verdict::match;
  }
  return judge_text(record.text, grep_in_all ? &record : nullptr);
}

verdict filter::judge(const mailslog::foreign_message& message) {
  if (!show_foreign) return verdict::foreign;
  if (!level_passes(mailslog::level::info, {})) return verdict::level;
  const auto origin = origin_of(message);
  const auto fits = [&](const source_glob& glob) { return glob.matches(std::string_view(origin)); };
  if (!sources.empty() && std::none_of(sources.begin(), sources.end(), fits)) return verdict::source;
  if (std::any_of(excluded_sources.begin(), excluded_sources.end(), fits)) return verdict::source;
  for (const auto& match : matches) {
    if (!match.matches(std::vector<mailslog::attribute>())) return verdict::match;
  }
  return judge_text(message.bytes, nullptr);
}

bool filter::level_passes(mailslog::level value, std::string_view logger) {
  if (levels) {
    if (const auto range = levels->find(logger)) return range->has(value);
  }
  return level.has(value);
}

verdict filter::judge_text(std::string_view text, const mailslog::received_record* all) {
  if (grep.empty() && exclude.empty()) return verdict::shown;
  const auto plain = plain_text(text, scratch_, more_scratch_);
  if (!grep.empty() && !found_in(grep, plain, all)) return verdict::grep;
  if (found_in(exclude, plain, all)) return verdict::exclude;
  return verdict::shown;
}

bool filter::found_in(const regexes& patterns, std::string_view text, const mailslog::received_record* all) {
  if (patterns.empty()) return false;
  if (any_found_in(patterns, text)) return true;
  if (all == nullptr) return false;
  if (any_found_in(patterns, all->logger)) return true;
  std::string pair;
  value_text scratch;
  return std::any_of(all->attributes.begin(), all->attributes.end(), [&](const auto& attribute) {
    pair.assign(attribute.name).append("=").append(to_text(attribute.value, scratch));
    return any_found_in(patterns, pair);
  });
}

}  // namespace slotcat
