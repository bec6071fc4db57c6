// A Boost.Log sink backend that posts to a slot.
//
//   auto backend = boost::make_shared<mailslog::slot_backend>("*/build-farm");
//   boost::log::core::get()->add_sink(
//       boost::make_shared<boost::log::sinks::synchronous_sink<mailslog::slot_backend>>(backend));
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <boost/log/core/record_view.hpp>
#include <boost/log/exceptions.hpp>
#include <boost/log/sinks/basic_sink_backend.hpp>
#include <boost/log/sinks/frontend_requirements.hpp>

#include <mailslog/address.hpp>
#include <mailslog/boost_log_fields.hpp>
#include <mailslog/boost_log_frontend.hpp>
#include <mailslog/boost_log_severity.hpp>
#include <mailslog/boost_log_time.hpp>
#include <mailslog/record_writer.hpp>

namespace mailslog {

/// Posts each record to one slot. For `synchronous_sink`, `asynchronous_sink` and `unlocked_sink`; it needs no lock of theirs.
///
/// What becomes of a record's attribute values:
/// - `Message` is the text; if the sink has a formatter (`set_formatter`), what that writes is sent in its stead.
/// - `Severity` is the level: of type `trivial::severity_level`, or an integer with the numbers of `mailslog::level`. For other
///   types and names see `set_severity_mapper`; without one their records are `level::info`.
/// - `TimeStamp` is the time, see `set_stamp_zone`; a record without one has that of its posting.
/// - `Channel` is the logger, `ThreadID` the thread. `ProcessID` is not repeated: readers know it as the sender's.
/// - A stack of named scopes is sent under its name as text (`main->connect`), and its top is the source location.
/// - Every other value is an attribute of its name: all integers, floating point numbers (`long double` as `double`), `bool`,
///   characters and strings (wide ones as UTF-8), and ids of threads and processes as they are; times and dates of
///   Boost.DateTime, `std::thread::id` and `std::error_code` as the text that their stream operators make of them.
/// - Boost.Log lets nobody read a value whose type he does not name: of other types, tell the backend with `add_type`. Until
///   then, the attribute's value is the name of its type in parentheses.
///
/// Threads: `consume`, `flush` and `stats` may be called from any; set it up before it is given to a frontend. No log call
/// throws because of this backend, a formatter or a stream operator that fails, nor waits, but for `overflow_policy::block`. What could not be posted is counted in
/// `stats()` and told to the readers. No memory is allocated per record once as many records were posted as threads log at once.
class slot_backend
    : public boost::log::sinks::basic_formatted_sink_backend<
          char, boost::log::sinks::combine_requirements<boost::log::sinks::concurrent_feeding,
                                                        boost::log::sinks::flushing>::type> {
 public:
  /// Throws `boost::log::invalid_value` if the address makes no sense, and for nothing else: a slot that nobody reads, an unknown
  /// host and a network that is down are no errors. Options in the address override those in `options`.
  explicit slot_backend(std::string_view where, const slot_options& options = {}) : writer_(open(where, options)) {}

  /// The same for an address that was checked before. (A template, so that a text means the one above.)
  template <class Address, class = std::enable_if_t<std::is_same_v<Address, address>>>
  explicit slot_backend(const Address& where) : writer_(where) {}

  void set_severity_mapper(severity_mapper mapper) {
    mapper_ = std::move(mapper);
    how_.severity_is_mapped = static_cast<bool>(mapper_);
  }

  void set_stamp_zone(stamp_zone zone) noexcept { how_.zone = zone; }

  /// Values of type `T` are sent as the text that `operator<<` writes to a stream.
  template <class T>
  void add_type() {
    fields_.add_type<T>();
  }

  /// With the text that the frontend's formatter made.
  void consume(const boost::log::record_view& from, const string_type& text) noexcept { post(from, &text); }
  /// With the message.
  void consume(const boost::log::record_view& from) noexcept { post(from, nullptr); }

  /// Hands what was logged to the system, as far as it takes it now. See `record_writer::flush`.
  void flush() noexcept { writer_.flush(); }

  /// The same, and waits for at most `timeout` until the system has taken everything logged before. True if it has.
  bool flush(std::chrono::nanoseconds timeout) noexcept { return writer_.flush(timeout); }

  writer_stats stats() const noexcept { return writer_.stats(); }

 private:
  static record_writer open(std::string_view where, const slot_options& options) {
    try {
      return record_writer(where, options);
    } catch (const address_error& e) {
      throw boost::log::invalid_value(e.what());
    }
  }

  void post(const boost::log::record_view& from, const string_type* text) noexcept {
    try {
      const auto fields = fields_.get();
      auto& out = fields->read(from.attribute_values(), how_);
      if (mapper_) out.level = mapped(from);
      if (text != nullptr) out.text = *text;
      writer_.write(out);
    } catch (...) {  // no memory left
      record out;
      out.time = std::chrono::system_clock::now();
      if (text != nullptr) out.text = *text;
      writer_.write(out);
    }
  }

  level mapped(const boost::log::record_view& from) const noexcept {
    try {
      return mapper_(from);
    } catch (...) {
      return level::info;
    }
  }

  record_writer writer_;
  severity_mapper mapper_;
  detail::reading how_;
  detail::record_fields_pool fields_;
};

}  // namespace mailslog
