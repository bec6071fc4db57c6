// json and json-pretty: one object for each record, gap and foreign message, keys always in the same order.
#include <cmath>
#include <string_view>
#include <type_traits>
#include <variant>

// Not with RAPIDJSON_SSE2: release 1.1.0 then leaves the control characters U+001A to U+001F as they are.
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "format/formatter.hpp"
#include "cli/key_value.hpp"

namespace slotcat {
namespace {

using line_writer = rapidjson::Writer<rapidjson::StringBuffer>;
using pretty_writer = rapidjson::PrettyWriter<rapidjson::StringBuffer>;

template <class Writer>
class json_formatter final : public formatter {
 public:
  explicit json_formatter(const format_options& options) : mode_(options.mode) {
    if constexpr (std::is_same_v<Writer, pretty_writer>) writer_.SetIndent(' ', 2);
  }

  void record(std::string& out, const mailslog::received_record& record, const source& from, bool late) override {
    begin("record");
    time(record.time);
    field("level", to_string(record.level));
    known_text("logger", record.logger);
    text_field("message", record.text);
    sender(from.info);
    if (record.thread != 0) number("thread", record.thread);
    key("sender");
    plain(sender_id(from.info.id));
    number("seq", record.number);
    location(record.source);
    attributes(record.attributes);
    if (!record.missing.empty()) {
      key("missing");
      writer_.StartArray();
      for (const auto& hole : record.missing) {
        writer_.StartArray();
        writer_.Uint64(hole.offset);
        writer_.Uint64(hole.length);
        writer_.EndArray();
      }
      writer_.EndArray();
    }
    if (late) {
      key("late");
      writer_.Bool(true);
    }
    end(out);
  }

  void gap(std::string& out, const mailslog::gap& gap, const source& from) override {
    begin("gap");
    sender(from.info);
    key("sender");
    plain(sender_id(from.info.id));
    number("first", gap.first);
    number("last", gap.last);
    number("lost", gap.lost);
    number("dropped", gap.dropped);
    end(out);
  }

  void foreign(std::string& out, const mailslog::foreign_message& message) override {
    begin("foreign");
    time(message.time);
    known_text("from", message.from);
    known_text("claimed_name", message.claimed_name);
    text_field("message", message.bytes);
    end(out);
  }

 private:
  void begin(std::string_view type) {
    buffer_.Clear();
    writer_.Reset(buffer_);
    dangerous_ = false;
    writer_.StartObject();
    field("type", type);
  }

  void end(std::string& out) {
    writer_.EndObject();
    const auto start = out.size();
    out.append(buffer_.GetString(), buffer_.GetSize());
    if (dangerous_ && mode_ == neutral::yes) escape_dangerous_json(out, start);
    out += '\n';
  }

  void key(std::string_view name) { writer_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size())); }
  void plain(std::string_view text) { writer_.String(text.data(), static_cast<rapidjson::SizeType>(text.size())); }

  // Text from a stranger.
  std::string_view checked(std::string_view text) {
    const auto utf8 = to_utf8(text, scratch_);
    dangerous_ |= utf8.dangerous;
    return utf8.text;
  }

  void field(std::string_view name, std::string_view value) {
    key(name);
    plain(value);
  }

  void text_field(std::string_view name, std::string_view value) {
    key(name);
    plain(checked(value));
  }

  void known_text(std::string_view name, std::string_view value) {
    if (!value.empty()) text_field(name, value);
  }

  void number(std::string_view name, std::uint64_t value) {
    key(name);
    writer_.Uint64(value);
  }

  void time(mailslog::timestamp value) {
    time_scratch_.clear();
    time_.append(time_scratch_, value);
    field("time", time_scratch_);
  }

  void sender(const mailslog::sender_info& sender) {
    known_text("host", sender.host);
    known_text("app", sender.app);
    if (sender.process != 0) number("pid", sender.process);
  }

  void location(const mailslog::source_location& where) {
    if (where.file.empty()) return;
    key("source");
    writer_.StartObject();
    text_field("file", where.file);
    if (where.line != 0) number("line", where.line);
    known_text("function", where.function);
    writer_.EndObject();
  }

  void attributes(const std::vector<mailslog::attribute>& all) {
    if (all.empty()) return;
    key("attributes");
    writer_.StartObject();
    for (const auto& attribute : all) {
      key(checked(attribute.name));
      std::visit([&](const auto& value) { put(value); }, attribute.value);
    }
    writer_.EndObject();
  }

  void put(std::string_view value) { plain(checked(value)); }
  void put(std::int64_t value) { writer_.Int64(value); }
  void put(std::uint64_t value) { writer_.Uint64(value); }
  void put(bool value) { writer_.Bool(value); }
  void put(double value) {
    if (std::isfinite(value)) {
      writer_.Double(value);
    } else {  // JSON has no number for it
      value_text text;
      plain(to_text(value, text));
    }
  }

  neutral mode_;
  utc_time_text time_;
  std::string time_scratch_;
  std::string scratch_;
  bool dangerous_ = false;
  rapidjson::StringBuffer buffer_;
  Writer writer_{buffer_};
};

}  // namespace

std::unique_ptr<formatter> make_json_formatter(const format_options& options) {
  if (options.output == form::json_pretty) return std::make_unique<json_formatter<pretty_writer>>(options);
  return std::make_unique<json_formatter<line_writer>>(options);
}

}  // namespace slotcat
