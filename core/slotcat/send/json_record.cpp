#include "send/json_record.hpp"

#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include <rapidjson/document.h>

namespace slotcat {
namespace {

using value = rapidjson::Value;

std::string_view text_of(const value& v) { return v.IsString() ? std::string_view(v.GetString(), v.GetStringLength()) : std::string_view(); }

const value* find(const value& object, const char* name) {
  const auto found = object.FindMember(name);
  return found == object.MemberEnd() ? nullptr : &found->value;
}

std::string_view text(const value& object, const char* name) {
  const auto* found = find(object, name);
  return found == nullptr ? std::string_view() : text_of(*found);
}

std::uint64_t number(const value& object, const char* name) {
  const auto* found = find(object, name);
  return found != nullptr && found->IsUint64() ? found->GetUint64() : 0;
}

bool take(std::string_view& text, std::size_t digits, std::int64_t& out) {
  if (text.size() < digits) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, out);
  if (error != std::errc() || end != text.data() + digits) return false;
  text.remove_prefix(digits);
  return true;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

// Days since 1970-01-01 in the Gregorian calendar.
std::int64_t days(std::int64_t year, std::int64_t month, std::int64_t day) {
  year -= month <= 2 ? 1 : 0;
  const auto era = (year >= 0 ? year : year - 399) / 400;
  const auto of_era = year - era * 400;
  const auto of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

// "2026-11-24T10:41:07.123456789Z".
std::optional<mailslog::timestamp> time_of(std::string_view text) {
  std::int64_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, fraction = 0;
  if (!(take(text, 4, year) && take(text, '-') && take(text, 2, month) && take(text, '-') && take(text, 2, day) && take(text, 'T') &&
        take(text, 2, hour) && take(text, ':') && take(text, 2, minute) && take(text, ':') && take(text, 2, second))) {
    return std::nullopt;
  }
  if (take(text, '.')) {
    const auto digits = text.find_first_not_of("0123456789");
    if (digits == std::string_view::npos || digits == 0 || digits > 9 || !take(text, digits, fraction)) return std::nullopt;
    for (auto i = digits; i < 9; ++i) fraction *= 10;
  }
  if (text != "Z") return std::nullopt;
  const auto is_in = [](std::int64_t number, std::int64_t least, std::int64_t most) { return number >= least && number <= most; };
  if (!is_in(month, 1, 12) || !is_in(day, 1, days(year + month / 12, month % 12 + 1, 1) - days(year, month, 1)) || !is_in(hour, 0, 23) ||
      !is_in(minute, 0, 59) || !is_in(second, 0, 60)) {
    return std::nullopt;
  }
  const std::chrono::seconds seconds(((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second);
  constexpr auto most = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::nanoseconds::max()).count() - 1;
  if (!is_in(seconds.count(), -most, most)) return std::nullopt;
  return mailslog::timestamp(std::chrono::nanoseconds(seconds) + std::chrono::nanoseconds(fraction));
}

std::optional<mailslog::attribute_value> typed(const value& v) {
  if (v.IsString()) return text_of(v);
  if (v.IsBool()) return v.GetBool();
  if (v.IsInt64()) return v.GetInt64();
  if (v.IsUint64()) return v.GetUint64();
  if (v.IsDouble()) return v.GetDouble();
  return std::nullopt;
}

}  // namespace

struct json_record::impl {
  rapidjson::Document document;
  mailslog::record record;
  std::string app;

  void add(std::string_view name, const value& v) {
    if (v.IsArray()) {  // a name that was given more than once
      for (const auto& each : v.GetArray()) add(name, each);
    } else if (const auto known = typed(v)) {
      record.attributes.push_back({name, *known});
    }
  }
};

json_record::json_record() : impl_(std::make_unique<impl>()) {}
json_record::~json_record() = default;

const mailslog::record& json_record::record() const noexcept { return impl_->record; }
const std::string& json_record::app() const noexcept { return impl_->app; }

json_record::kind json_record::read(std::string_view line) {
  auto& d = impl_->document;
  d = rapidjson::Document();
  d.Parse<rapidjson::kParseFullPrecisionFlag | rapidjson::kParseIterativeFlag>(line.data(), line.size());
  if (d.HasParseError() || !d.IsObject()) return kind::none;
  const auto type = text(d, "type");
  if (type == "gap" || type == "ended") return kind::notice;
  if (type != "record" && type != "foreign") return kind::none;

  auto& r = impl_->record;
  r = mailslog::record();
  const auto time = time_of(text(d, "time"));
  const auto* message = find(d, "message");
  if (!time || message == nullptr || !message->IsString()) return kind::none;
  r.time = *time;
  r.text = text_of(*message);
  r.level = mailslog::parse_level(text(d, "level")).value_or(mailslog::level::info);
  r.logger = text(d, "logger");
  r.thread = number(d, "thread");
  impl_->app = text(d, "app");
  if (const auto* source = find(d, "source"); source != nullptr && source->IsObject()) {
    r.source = {text(*source, "file"), static_cast<std::uint32_t>(number(*source, "line")), text(*source, "function")};
  }
  if (const auto* all = find(d, "attributes"); all != nullptr && all->IsObject()) {
    for (const auto& each : all->GetObject()) impl_->add(text_of(each.name), each.value);
  }
  for (const char* name : {"host", "pid", "from"}) {
    if (const auto* found = find(d, name)) impl_->add(name, *found);
  }
  return kind::record;
}

}  // namespace slotcat
