// json and json-pretty: one object for each record, gap and foreign message, keys always in the same order.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include <rapidjson/prettywriter.h>
#include <rapidjson/writer.h>

#include "format/formatter.hpp"
#include "format/value_text.hpp"

namespace slotcat {
namespace {

// What RapidJSON writes to: the end of a string.
struct string_end {
  using Ch = char;
  void Put(char c) { to->push_back(c); }
  void Flush() {}
  std::string* to = nullptr;
};

using line_writer = rapidjson::Writer<string_end>;
using pretty_writer = rapidjson::PrettyWriter<string_end>;

template <class Writer>
class json_formatter final : public formatter {
 public:
  explicit json_formatter(const format_options& options)
      : mode_(options.mode), sequences_(options.sequences), fields_(options.fields) {
    if constexpr (std::is_same_v<Writer, pretty_writer>) writer_.SetIndent(' ', 2);
  }

  void record(std::string& out, const mailslog::received_record& record, const source& from, bool late) override {
    begin(out, "record");
    time(record.time);
    if (fields_.shows(field::level)) text("level", to_string(record.level));
    if (fields_.shows(field::logger)) known_text("logger", record.logger);
    message(record.text);
    sender(from.info);
    if (record.thread != 0 && fields_.shows(field::thread)) number("thread", record.thread);
    id(from.info);
    if (fields_.shows(field::seq)) number("seq", record.number);
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
    if (record.from_history) {
      key("history");
      writer_.Bool(true);
    }
    if (record.kept_back != 0) {
      key("kept_back");
      writer_.Bool(true);
    }
    if (late) {
      key("late");
      writer_.Bool(true);
    }
    end();
  }

  void gap(std::string& out, const mailslog::gap& gap, const source& from) override {
    begin(out, "gap");
    sender(from.info);
    id(from.info);
    number("first", gap.first);
    number("last", gap.last);
    number("lost", gap.lost);
    number("dropped", gap.dropped);
    end();
  }

  void crash(std::string& out, const mailslog::ended& e, const source& from) override {
    begin(out, "ended");
    sender(from.info);
    id(from.info);
    key("clean");
    writer_.Bool(e.well);
    number("records", e.records);
    end();
  }

  void foreign(std::string& out, const mailslog::foreign_message& message) override {
    begin(out, "foreign");
    time(message.time);
    known_text("from", message.from);
    known_text("claimed_name", message.claimed_name);
    this->message(message.bytes);
    end();
  }

 private:
  void begin(std::string& out, std::string_view type) {
    end_.to = &out;
    writer_.Reset(end_);
    writer_.StartObject();
    text("type", type);
    if (fields_.shows(field::slot)) known_text("slot", slot());
  }

  void end() {
    writer_.EndObject();
    *end_.to += '\n';
  }

  void key(std::string_view name) { writer_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size())); }
  void plain(std::string_view text) { writer_.String(text.data(), static_cast<rapidjson::SizeType>(text.size())); }

  // Text from a stranger, in pieces: RapidJSON writes what stands before it.
  void string(std::string_view text) {
    writer_.RawValue("\"", 1, rapidjson::kStringType);
    in_pieces(*end_.to, text, [&](std::string_view piece) { append_json(*end_.to, piece, mode_); });
    *end_.to += '"';
  }

  void text(std::string_view name, std::string_view value) {
    key(name);
    plain(value);
  }

  void text_field(std::string_view name, std::string_view value) {
    key(name);
    string(value);
  }

  void known_text(std::string_view name, std::string_view value) {
    if (!value.empty()) text_field(name, value);
  }

  void number(std::string_view name, std::uint64_t value) {
    key(name);
    writer_.Uint64(value);
  }

  void time(mailslog::timestamp value) {
    if (!fields_.shows(field::time)) return;
    time_scratch_.clear();
    time_.append(time_scratch_, value);
    text("time", time_scratch_);
  }

  void message(std::string_view text) {
    if (fields_.shows(field::text)) text_field("message", without_sequences(text, sequences_, scratch_));
  }

  void sender(const mailslog::sender_info& sender) {
    if (fields_.shows(field::host)) known_text("host", sender.host);
    if (fields_.shows(field::app)) known_text("app", sender.app);
    if (sender.process != 0 && fields_.shows(field::pid)) number("pid", sender.process);
  }

  void id(const mailslog::sender_info& sender) {
    if (fields_.shows(field::sender)) text("sender", sender_id(sender.id));
  }

  void location(mailslog::source_location where) {
    if (!fields_.shows(field::file)) where.file = {};
    if (!fields_.shows(field::line)) where.line = 0;
    if (!fields_.shows(field::function)) where.function = {};
    if (where.file.empty() && where.line == 0 && where.function.empty()) return;
    key("source");
    writer_.StartObject();
    known_text("file", where.file);
    if (where.line != 0) number("line", where.line);
    known_text("function", where.function);
    writer_.EndObject();
  }

  // Values of one name stand in an array, in the place of the first: many readers keep one of two equal keys, or refuse both.
  void attributes(const std::vector<mailslog::attribute>& all) {
    group_by_name(all);
    if (firsts_.empty()) return;
    key("attributes");
    writer_.StartObject();
    for (const auto first : firsts_) {
      string(all[first].name);
      const bool several = next_[first] != none;
      if (several) writer_.StartArray();
      for (auto i = first; i != none; i = next_[i]) std::visit([&](const auto& value) { put(value); }, all[i].value);
      if (several) writer_.EndArray();
    }
    writer_.EndObject();
  }

  // Names are the same if they are shown so.
  void group_by_name(const std::vector<mailslog::attribute>& all) {
    if (names_.size() < all.size()) names_.resize(all.size());
    next_.assign(all.size(), none);
    firsts_.clear();
    order_.clear();
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (!fields_.shows_attribute(all[i].name)) continue;
      names_[i].clear();
      append_json(names_[i], all[i].name, mode_);
      order_.push_back(i);
    }
    std::sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
      const int difference = names_[a].compare(names_[b]);
      return difference != 0 ? difference < 0 : a < b;
    });
    for (std::size_t i = 0; i < order_.size(); ++i) {
      if (i != 0 && names_[order_[i - 1]] == names_[order_[i]]) {
        next_[order_[i - 1]] = order_[i];
      } else {
        firsts_.push_back(order_[i]);
      }
    }
    std::sort(firsts_.begin(), firsts_.end());
  }

  void put(std::string_view value) { string(value); }
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
  ansi sequences_;
  field_choice fields_;
  std::string scratch_;
  utc_time_text time_;
  std::string time_scratch_;
  string_end end_;
  Writer writer_{end_};

  // Of the attributes of the present record.
  static constexpr auto none = static_cast<std::size_t>(-1);
  std::vector<std::string> names_;
  std::vector<std::size_t> order_;   // by name
  std::vector<std::size_t> next_;    // of the same name
  std::vector<std::size_t> firsts_;  // of each name
};

}  // namespace

std::unique_ptr<formatter> make_json_formatter(const format_options& options) {
  if (options.output == form::json_pretty) return std::make_unique<json_formatter<pretty_writer>>(options);
  return std::make_unique<json_formatter<line_writer>>(options);
}

}  // namespace slotcat
