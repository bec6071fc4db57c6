// A Boost.Log sink backend that posts to a slot.
//
//   auto backend = boost::make_shared<mailslog::slot_backend>("*/build-farm");
//   boost::log::core::get()->add_sink(boost::make_shared<boost::log::sinks::unlocked_sink<mailslog::slot_backend>>(backend));
//
// For Boost.Log's settings files see boost_log_settings.hpp.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <boost/log/attributes/attribute_name.hpp>
#include <boost/log/core/record_view.hpp>
#include <boost/log/exceptions.hpp>
#include <boost/log/sinks/basic_sink_backend.hpp>
#include <boost/log/sinks/frontend_requirements.hpp>

#include <mailslog/boost_log_severity.hpp>
#include <mailslog/boost_log_time.hpp>
#include <mailslog/boost_log_values.hpp>
#include <mailslog/record_writer.hpp>

namespace mailslog {

/// Posts each record to one slot. Goes under `synchronous_sink`, `asynchronous_sink` and `unlocked_sink`; it needs no lock, so
/// `unlocked_sink` is the one to take when there is no reason for another.
///
/// | attribute          | arrives as                                                                                     |
/// |--------------------|------------------------------------------------------------------------------------------------|
/// | `Message`          | the text; what the frontend's formatter makes of the record instead, if one is set. One line   |
/// |                    | end at its end is not sent                                                                     |
/// | `Severity`         | the level, see `set_severity_mapper`                                                           |
/// | `Channel`          | the logger's name, if it is a string                                                           |
/// | `TimeStamp`        | the time, see `set_time_stamps`; without one, the time at which the backend got the record     |
/// | `ThreadID`         | the thread                                                                                     |
/// | `ProcessID`        | known to readers anyway; sent only if it is another process's                                  |
/// | `File`, `Line`     | the source location, with `Function`, if there are both, a string and an integer               |
/// | all others         | attributes of their names                                                                      |
///
/// Values of the arithmetic types arrive as such; characters, strings and wide strings as UTF-8; lists of named scopes, date
/// times and time durations as text. Boost.Log keeps a value's type to itself: what is of any other type can be sent only if
/// the backend is told of the type, see `add_type`. Otherwise it is left out.
///
/// The members that configure are to be called before the first record comes, or through `locked_backend()` of a
/// `synchronous_sink`.
class slot_backend
    : public boost::log::sinks::basic_formatted_sink_backend<
          char, boost::log::sinks::combine_requirements<boost::log::sinks::concurrent_feeding, boost::log::sinks::flushing>::type> {
 public:
  /// Throws `boost::log::invalid_value` if the address or an option makes no sense, and for nothing else: a slot that nobody
  /// reads, an unknown host and a network that is down are no errors. Options in the address override those in `options`.
  explicit slot_backend(std::string_view where, const slot_options& options = {}) : writer_(open(where, options)) {}

  /// The same for an address that was checked before. (A template, so that "name" means the one above.)
  template <class Address, class = std::enable_if_t<std::is_same_v<Address, address>>>
  explicit slot_backend(const Address& where) : writer_(where) {}

  /// How a record's level is found; `default_severity_mapping` if this is never called.
  /// `Severity` itself is sent as an attribute only if its type was given to `add_type`.
  void set_severity_mapper(std::function<level(const boost::log::record_view&)> mapper) { severity_ = std::move(mapper); }

  void set_time_stamps(time_stamps made_by) noexcept { time_stamps_ = made_by; }

  /// Sends attribute values of type `T` as what `operator<<` makes of them.
  template <class T>
  void add_type() {
    custom_types_.push_back(&detail::value_converter::stream<T>);
  }

  /// Never throws and never waits, but for `overflow_policy::block`.
  void consume(const boost::log::record_view& from, const std::string& text) noexcept {
    const timestamp now = std::chrono::system_clock::now();
    try {
      detail::per_thread<scratch> lent;
      auto& to = *lent;
      to.clear();
      to.out.time = now;
      to.out.level = severity_(from);
      for (const auto& [name, value] : from.attribute_values()) take(name, value, to);
      take_source(to.out);
      write(to.out, text);
    } catch (...) {  // the severity mapper failed, or there is no memory for attributes
      record out;
      out.time = now;
      write(out, text);
    }
  }

  /// Hands what was logged to the system, as far as it takes it now. See `record_writer::flush`.
  void flush() noexcept { writer_.flush(); }

  /// The same, and waits for at most `timeout` until the system has taken everything logged before. True if it has.
  bool flush(std::chrono::nanoseconds timeout) noexcept { return writer_.flush(timeout); }

  writer_stats stats() const noexcept { return writer_.stats(); }

 private:
  // What one record is put together in. Kept from record to record for its capacity.
  struct scratch {
    record out;
    detail::value_converter values;
    detail::local_offsets offsets;

    void clear() noexcept {
      auto attributes = std::move(out.attributes);
      attributes.clear();
      out = record{};
      out.attributes = std::move(attributes);
      values.clear();
    }
  };

  struct names {
    boost::log::attribute_name message{"Message"};
    boost::log::attribute_name severity{"Severity"};
    boost::log::attribute_name channel{"Channel"};
    boost::log::attribute_name time{"TimeStamp"};
    boost::log::attribute_name thread{"ThreadID"};
    boost::log::attribute_name process{"ProcessID"};
  };

  static record_writer open(std::string_view where, const slot_options& options) {
    try {
      return record_writer(where, options);
    } catch (const address_error& e) {
      BOOST_LOG_THROW_DESCR(boost::log::invalid_value, std::string(e.what()));
    }
  }

  // Puts a value where it belongs.
  void take(const boost::log::attribute_name& name, const boost::log::attribute_value& value, scratch& to) const {
    if (name == names_.message) return;
    if (name == names_.severity) {
      add(name, to.values.convert_custom(value, custom_types_), to.out);
      return;
    }
    if (name == names_.time) {
      const auto arrived = to.out.time;
      const auto take_time = [&](const boost::posix_time::ptime& stamp) {
        to.out.time = detail::to_timestamp(stamp, time_stamps_, arrived, to.offsets);
      };
      if (boost::log::visit<boost::posix_time::ptime>(value, take_time)) return;
    } else if (name == names_.thread) {
      const auto take_thread = [&](const boost::log::thread_id& id) { to.out.thread = id.native_id(); };
      if (boost::log::visit<boost::log::thread_id>(value, take_thread)) return;
    } else if (name == names_.process) {
      bool ours = false;
      boost::log::visit<boost::log::process_id>(value, [&](const boost::log::process_id& id) { ours = id == process_; });
      if (ours) return;
    }
    const auto converted = to.values.convert(value, custom_types_);
    if (name == names_.channel && converted && std::holds_alternative<std::string_view>(*converted)) {
      to.out.logger = std::get<std::string_view>(*converted);
      return;
    }
    add(name, converted, to.out);
  }

  static void add(const boost::log::attribute_name& name, const std::optional<attribute_value>& value, record& out) {
    if (value) out.attributes.push_back({name.string(), *value});
  }

  // Makes File, Line and Function the source location, if they are one.
  static void take_source(record& out) {
    const auto find = [&out](std::string_view name) {
      return std::find_if(out.attributes.begin(), out.attributes.end(), [&](const attribute& a) { return a.name == name; });
    };
    const auto take_text = [&](std::string_view name, std::string_view& to) {
      if (const auto found = find(name); found != out.attributes.end() && std::holds_alternative<std::string_view>(found->value)) {
        to = std::get<std::string_view>(found->value);
        out.attributes.erase(found);
      }
    };
    const auto file = find("File");
    const auto line = find("Line");
    if (file == out.attributes.end() || line == out.attributes.end()) return;
    if (!std::holds_alternative<std::string_view>(file->value)) return;
    if (const auto* number = std::get_if<std::int64_t>(&line->value)) {
      out.source.line = static_cast<std::uint32_t>(*number);
    } else if (const auto* unsigned_number = std::get_if<std::uint64_t>(&line->value)) {
      out.source.line = static_cast<std::uint32_t>(*unsigned_number);
    } else {
      return;
    }
    out.attributes.erase(line);
    take_text("File", out.source.file);
    take_text("Function", out.source.function);
  }

  void write(record& out, std::string_view text) noexcept {
    if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
    out.text = text;
    (void)writer_.write(out);  // counted in stats()
  }

  record_writer writer_;
  std::function<level(const boost::log::record_view&)> severity_{default_severity_mapping()};
  time_stamps time_stamps_ = time_stamps::recent;
  std::vector<detail::value_converter::custom_type> custom_types_;
  const names names_;
  // As its attribute gives it, so that the two are the same also in the child of a fork.
  const boost::log::process_id process_ = boost::log::attributes::current_process_id().get();
};

}  // namespace mailslog
