// logfmt: key=value pairs, the fields of the JSON form in its order, then the attributes.
#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

#include <fmt/format.h>

#include "format/formatter.hpp"
#include "format/value_text.hpp"

namespace slotcat {
namespace {

constexpr std::array<std::string_view, 18> own_keys = {"type", "slot", "time",   "level",  "logger", "message",
                                                       "host", "app",    "pid",    "thread", "sender",
                                                       "seq",  "source", "function", "missing", "history", "kept_back", "late"};

class logfmt_formatter final : public formatter {
 public:
  explicit logfmt_formatter(const format_options& options)
      : mode_(options.mode), sequences_(options.sequences), fields_(options.fields) {}

  void record(std::string& out, const mailslog::received_record& record, const source& from, bool late) override {
    begin(out, "record");
    time(out, record.time);
    if (fields_.shows(field::level)) pair(out, "level", to_string(record.level));
    if (fields_.shows(field::logger)) known(out, "logger", record.logger);
    message(out, record.text);
    sender(out, from.info);
    if (record.thread != 0 && fields_.shows(field::thread)) number(out, "thread", record.thread);
    id(out, from.info);
    if (fields_.shows(field::seq)) number(out, "seq", record.number);
    auto place = fields_.shows(field::file) ? std::string(record.source.file) : std::string();
    if (record.source.line != 0 && fields_.shows(field::line)) fmt::format_to(std::back_inserter(place), ":{}", record.source.line);
    known(out, "source", place);
    if (fields_.shows(field::function)) known(out, "function", record.source.function);
    for (const auto& attribute : record.attributes) {
      if (!fields_.shows_attribute(attribute.name)) continue;
      value_text scratch;
      out += ' ';
      append_key(out, attribute.name);
      out += '=';
      value(out, to_text(attribute.value, scratch));
    }
    if (!record.missing.empty()) {
      std::string holes;
      for (const auto& hole : record.missing) {
        fmt::format_to(std::back_inserter(holes), "{}{}+{}", holes.empty() ? "" : ",", hole.offset, hole.length);
      }
      pair(out, "missing", holes);
    }
    if (record.from_history) pair(out, "history", "true");
    if (record.kept_back != 0) pair(out, "kept_back", "true");
    if (late) pair(out, "late", "true");
    out += '\n';
  }

  void gap(std::string& out, const mailslog::gap& gap, const source& from) override {
    begin(out, "gap");
    sender(out, from.info);
    id(out, from.info);
    number(out, "first", gap.first);
    number(out, "last", gap.last);
    number(out, "lost", gap.lost);
    number(out, "dropped", gap.dropped);
    out += '\n';
  }

  void crash(std::string& out, const mailslog::ended& e, const source& from) override {
    begin(out, "ended");
    sender(out, from.info);
    id(out, from.info);
    known(out, "clean", e.well ? "true" : "false");
    number(out, "records", e.records);
    out += '\n';
  }

  void foreign(std::string& out, const mailslog::foreign_message& message) override {
    begin(out, "foreign");
    time(out, message.time);
    known(out, "from", message.from);
    known(out, "claimed_name", message.claimed_name);
    this->message(out, message.bytes);
    out += '\n';
  }

 private:
  void begin(std::string& out, std::string_view type) const {
    out += "type=";
    out += type;
    if (fields_.shows(field::slot)) known(out, "slot", slot());
  }

  void time(std::string& out, mailslog::timestamp value) {
    if (!fields_.shows(field::time)) return;
    out += " time=";
    time_.append(out, value);
  }

  void message(std::string& out, std::string_view text) {
    if (fields_.shows(field::text)) pair(out, "message", without_sequences(text, sequences_, scratch_));
  }

  void id(std::string& out, const mailslog::sender_info& from) const {
    if (fields_.shows(field::sender)) pair(out, "sender", sender_id(from.id));
  }

  void pair(std::string& out, std::string_view key, std::string_view value) const {
    out += ' ';
    out += key;
    out += '=';
    this->value(out, value);
  }

  // As go-logfmt and hl read it: one plain word as it is, anything else as a JSON string.
  void value(std::string& out, std::string_view text) const {
    if (!text.empty() && is_plain_logfmt(text)) {
      in_pieces(out, text, [&](std::string_view piece) { out += piece; });
    } else {
      out += '"';
      in_pieces(out, text, [&](std::string_view piece) { append_json(out, piece, mode_); });
      out += '"';
    }
  }

  void known(std::string& out, std::string_view key, std::string_view value) const {
    if (!value.empty()) pair(out, key, value);
  }

  static void number(std::string& out, std::string_view key, std::uint64_t value) {
    fmt::format_to(std::back_inserter(out), " {}={}", key, value);
  }

  void sender(std::string& out, const mailslog::sender_info& from) const {
    if (fields_.shows(field::host)) known(out, "host", from.host);
    if (fields_.shows(field::app)) known(out, "app", from.app);
    if (from.process != 0 && fields_.shows(field::pid)) number(out, "pid", from.process);
  }

  // Keys cannot be quoted, and a sender's attribute must not look like one of our own fields.
  static void append_key(std::string& out, std::string_view name) {
    constexpr std::string_view ours = "attributes.";
    if (std::find(own_keys.begin(), own_keys.end(), name) != own_keys.end() || name.substr(0, ours.size()) == ours) out += ours;
    append_logfmt_key(out, name);
  }

  neutral mode_;
  ansi sequences_;
  field_choice fields_;
  std::string scratch_;
  utc_time_text time_;
};

}  // namespace

std::unique_ptr<formatter> make_logfmt_formatter(const format_options& options) {
  return std::make_unique<logfmt_formatter>(options);
}

}  // namespace slotcat
