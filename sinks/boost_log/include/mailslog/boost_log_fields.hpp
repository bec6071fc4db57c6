// From the attribute values of a Boost.Log record to the fields of ours. Not for users; see boost_log.hpp.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <type_traits>
#include <variant>
#include <vector>

#include <boost/date_time/gregorian/gregorian.hpp>
#include <boost/date_time/posix_time/posix_time.hpp>
#include <boost/log/attributes/attribute_name.hpp>
#include <boost/log/attributes/attribute_value.hpp>
#include <boost/log/attributes/attribute_value_set.hpp>
#include <boost/log/attributes/current_process_id.hpp>
#include <boost/log/attributes/current_thread_id.hpp>
#include <boost/log/attributes/named_scope.hpp>
#include <boost/log/attributes/value_extraction.hpp>
#include <boost/log/trivial.hpp>
#include <boost/log/utility/formatting_ostream.hpp>
#include <boost/log/utility/string_literal.hpp>
#include <boost/log/utility/type_dispatch/dynamic_type_dispatcher.hpp>

#include <mailslog/boost_log_severity.hpp>
#include <mailslog/boost_log_time.hpp>
#include <mailslog/record.hpp>

namespace mailslog::detail {

using thread_id = boost::log::attributes::current_thread_id::value_type;
using process_id = boost::log::attributes::current_process_id::value_type;

/// Fills in one record after another, and keeps the memory that this took. For one thread at a time.
class record_fields {
 public:
  record_fields() {
    add_types<bool, char, signed char, unsigned char, wchar_t, char16_t, char32_t, short, unsigned short, int, unsigned, long,
              unsigned long, long long, unsigned long long, float, double, long double>();
    add_types<std::string, std::string_view, const char*, boost::log::string_literal, std::wstring, boost::log::wstring_literal>();
    add_types<boost::posix_time::ptime, boost::posix_time::time_duration, boost::posix_time::time_period, boost::gregorian::date>();
    add_types<thread_id, process_id, std::thread::id, boost::log::trivial::severity_level, boost::log::attributes::named_scope_list,
              std::error_code>();
  }
  record_fields(const record_fields&) = delete;
  record_fields& operator=(const record_fields&) = delete;

  template <class T>
  void add_type() {
    types_.register_type<T>(value_taker{this});
  }

  /// Everything but the text. Valid until the next call, and no longer than the values.
  record& read(const boost::log::attribute_value_set& values, stamp_zone zone, process_id process) {
    clear();
    bool stamped = false;
    for (auto it = values.begin(), end = values.end(); it != end; ++it) {
      const auto& name = it->first;
      const auto& value = it->second;
      if (name == message_ || !value) continue;
      if (name == severity_) {
        take_severity(name, value);
      } else if (name == time_stamp_) {
        stamped = take_time_stamp(name, value, zone);
      } else if (name == channel_) {
        take_channel(name, value);
      } else if (name == thread_id_) {
        take_thread_id(name, value);
      } else if (const auto id = name == process_id_ ? value.extract<process_id>() : nothing_; !id || *id != process) {
        take(name, value);
      }
    }
    if (!stamped) record_.time = present();
    return record_;
  }

 private:
  struct value_taker {
    record_fields* to;
    template <class T>
    void operator()(const T& value) const {
      to->put(value);
    }
  };

  template <class... T>
  void add_types() {
    (add_type<T>(), ...);
  }

  void clear() {
    record_.level = level::info;
    record_.thread = 0;
    record_.logger = {};
    record_.source = {};
    record_.attributes.clear();
    texts_used_ = 0;
  }

  // ---- attributes that Boost.Log has a name for

  void take_severity(const boost::log::attribute_name& name, const boost::log::attribute_value& value) {
    if (const auto severity = value.extract<boost::log::trivial::severity_level>()) {
      record_.level = to_level(*severity);
    } else if (const auto* number = take(name, value)) {
      if (const auto* i = std::get_if<std::int64_t>(number)) {
        record_.level = to_level(*i);
        record_.attributes.pop_back();
      } else if (const auto* u = std::get_if<std::uint64_t>(number)) {
        record_.level = to_level(*u);
        record_.attributes.pop_back();
      }
    }
  }

  bool take_time_stamp(const boost::log::attribute_name& name, const boost::log::attribute_value& value, stamp_zone zone) {
    if (const auto stamp = value.extract<boost::posix_time::ptime>()) {
      record_.time = stamps_.read(*stamp, zone);
    } else if (const auto time = value.extract<std::chrono::system_clock::time_point>()) {
      record_.time = *time;
    } else {
      take(name, value);
      return false;
    }
    return true;
  }

  void take_channel(const boost::log::attribute_name& name, const boost::log::attribute_value& value) {
    if (const auto channel = value.extract<std::string>()) {
      record_.logger = *channel;
    } else if (const auto* taken = take(name, value)) {
      if (const auto* text = std::get_if<std::string_view>(taken)) {
        record_.logger = *text;
        record_.attributes.pop_back();
      }
    }
  }

  void take_thread_id(const boost::log::attribute_name& name, const boost::log::attribute_value& value) {
    if (const auto id = value.extract<thread_id>()) {
      record_.thread = id->native_id();
    } else if (const auto* number = take(name, value)) {
      if (const auto* i = std::get_if<std::int64_t>(number)) {
        record_.thread = static_cast<std::uint64_t>(*i);
        record_.attributes.pop_back();
      } else if (const auto* u = std::get_if<std::uint64_t>(number)) {
        record_.thread = *u;
        record_.attributes.pop_back();
      }
    }
  }

  // ---- all others

  // Adds an attribute and returns its value, or null if there was nothing to tell.
  const attribute_value* take(const boost::log::attribute_name& name, const boost::log::attribute_value& value) {
    const auto before = record_.attributes.size();
    name_ = text_of(name);
    if (!value.dispatch(types_)) add(text_of_unknown(value.get_type()));
    return record_.attributes.size() == before ? nullptr : &record_.attributes.back().value;
  }

  void add(attribute_value value) { record_.attributes.push_back({name_, value}); }

  template <class T>
  void put(const T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      add(value);
    } else if constexpr (std::is_same_v<T, char>) {
      add(std::string_view(&value, 1));
    } else if constexpr (std::is_floating_point_v<T>) {
      add(static_cast<double>(value));
    } else if constexpr (std::is_integral_v<T>) {
      add(static_cast<std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>>(value));
    } else if constexpr (std::is_same_v<T, const char*>) {
      add(value == nullptr ? std::string_view() : std::string_view(value));
    } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
      add(std::string_view(value));
    } else if constexpr (std::is_same_v<T, boost::log::string_literal>) {
      add(std::string_view(value.c_str(), value.size()));
    } else if constexpr (std::is_same_v<T, thread_id> || std::is_same_v<T, process_id>) {
      add(static_cast<std::uint64_t>(value.native_id()));
    } else if constexpr (std::is_same_v<T, boost::log::attributes::named_scope_list>) {
      put_scopes(value);
    } else {
      put_streamed(value);
    }
  }

  void put_scopes(const boost::log::attributes::named_scope_list& scopes) {
    if (scopes.empty()) return;
    auto& text = next_text();
    for (const auto& scope : scopes) {
      if (!text.empty()) text += "->";
      text.append(scope.scope_name.c_str(), scope.scope_name.size());
    }
    add(std::string_view(text));
    const auto& top = scopes.back();
    record_.source.file = {top.file_name.c_str(), top.file_name.size()};
    record_.source.line = top.line;
    record_.source.function = {top.scope_name.c_str(), top.scope_name.size()};
  }

  template <class T>
  void put_streamed(const T& value) {
    auto& text = next_text();
    stream_.attach(text);
    try {
      stream_ << value;
      stream_.flush();
    } catch (...) {
      // The user's operator failed: what it wrote so far is all there is to tell.
    }
    stream_.detach();
    stream_.flags(plain_.flags);
    stream_.precision(plain_.precision);
    stream_.width(0);
    stream_.fill(plain_.fill);
    add(std::string_view(text));
  }

  // ---- text that outlives the reading of its value

  std::string& next_text() {
    if (texts_used_ == texts_.size()) texts_.emplace_back();
    auto& text = texts_[texts_used_++];
    text.clear();
    return text;
  }

  // Boost.Log looks names up under a lock; they stay where they are.
  std::string_view text_of(const boost::log::attribute_name& name) {
    const auto id = name.id();
    if (id >= names_.size()) names_.resize(id + 1);
    if (names_[id].data() == nullptr) names_[id] = name.string();
    return names_[id];
  }

  std::string_view text_of_unknown(const boost::typeindex::type_index& type) {
    auto& text = unknown_[type];
    if (text.empty()) text = '(' + type.pretty_name() + ')';
    return text;
  }

  struct stream_state {
    std::ios_base::fmtflags flags;
    std::streamsize precision;
    char fill;
  };

  const boost::log::attribute_name message_{"Message"};
  const boost::log::attribute_name severity_{"Severity"};
  const boost::log::attribute_name time_stamp_{"TimeStamp"};
  const boost::log::attribute_name channel_{"Channel"};
  const boost::log::attribute_name thread_id_{"ThreadID"};
  const boost::log::attribute_name process_id_{"ProcessID"};
  const boost::log::value_ref<process_id> nothing_;

  boost::log::dynamic_type_dispatcher types_;
  stamp_reader stamps_;
  record record_;
  std::string_view name_;
  std::vector<std::string_view> names_;  // by id
  std::deque<std::string> texts_;        // a deque: views into short strings must stay valid
  std::size_t texts_used_ = 0;
  std::map<boost::typeindex::type_index, std::string> unknown_;
  boost::log::formatting_ostream stream_;
  const stream_state plain_{stream_.flags(), stream_.precision(), stream_.fill()};
};

/// Lends a `record_fields` to each thread that logs, without a lock and without anything of a thread's that could end before the
/// last log call does. Keeps a few of them.
class record_fields_pool {
 public:
  record_fields_pool() = default;
  record_fields_pool(const record_fields_pool&) = delete;
  record_fields_pool& operator=(const record_fields_pool&) = delete;
  ~record_fields_pool() { clear(); }

  /// Not while any are lent.
  template <class T>
  void add_type() {
    added_.push_back([](record_fields& fields) { fields.add_type<T>(); });
    clear();
  }

  struct give_back {
    record_fields_pool* pool;
    std::size_t place;
    void operator()(record_fields* fields) const noexcept { pool->put(fields, place); }
  };
  using lent = std::unique_ptr<record_fields, give_back>;

  lent get() {
    const auto place = std::hash<std::thread::id>()(std::this_thread::get_id());
    for (std::size_t i = 0; i < kept_.size(); ++i) {
      auto& slot = kept_[(place + i) % kept_.size()].fields;
      if (slot.load(std::memory_order_relaxed) == nullptr) continue;
      if (auto* fields = slot.exchange(nullptr, std::memory_order_acquire)) return lent(fields, {this, place + i});
    }
    auto fresh = std::make_unique<record_fields>();
    for (const auto add : added_) add(*fresh);
    return lent(fresh.release(), {this, place});
  }

 private:
  // A cache line each, so that threads do not take theirs from one another.
  struct alignas(64) kept {
    std::atomic<record_fields*> fields{nullptr};
  };

  void put(record_fields* fields, std::size_t place) noexcept {
    for (std::size_t i = 0; i < kept_.size(); ++i) {
      record_fields* empty = nullptr;
      if (kept_[(place + i) % kept_.size()].fields.compare_exchange_strong(empty, fields, std::memory_order_release,
                                                                           std::memory_order_relaxed)) {
        return;
      }
    }
    delete fields;
  }

  void clear() noexcept {
    for (auto& each : kept_) delete each.fields.exchange(nullptr, std::memory_order_acquire);
  }

  std::array<kept, 16> kept_;
  std::vector<void (*)(record_fields&)> added_;
};

}  // namespace mailslog::detail
