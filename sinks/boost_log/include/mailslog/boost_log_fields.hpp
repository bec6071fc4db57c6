// From the attribute values of a Boost.Log record to the fields of ours. Not for users; see boost_log.hpp.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <ios>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <boost/date_time/gregorian/gregorian.hpp>
#include <boost/date_time/posix_time/posix_time.hpp>
#include <boost/locale/utf.hpp>
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
#include <boost/type_index.hpp>

#include <mailslog/boost_log_severity.hpp>
#include <mailslog/boost_log_time.hpp>
#include <mailslog/record.hpp>

namespace mailslog::detail {

using thread_id = boost::log::attributes::current_thread_id::value_type;
using process_id = boost::log::attributes::current_process_id::value_type;

class record_fields;

/// How values are read, by their types. Built once, then only looked at.
class value_types {
 public:
  /// False if the value is of another type.
  using reader = bool (*)(record_fields&, const boost::log::attribute_value&);

  value_types() {
    add<bool, char, signed char, unsigned char, wchar_t, char16_t, char32_t, short, unsigned short, int, unsigned, long,
        unsigned long, long long, unsigned long long, float, double, long double>();
    add<std::string, std::string_view, const char*, boost::log::string_literal, std::wstring, boost::log::wstring_literal>();
    add<boost::posix_time::ptime, boost::posix_time::time_duration, boost::posix_time::time_period, boost::gregorian::date>();
    add<thread_id, process_id, std::thread::id, boost::log::trivial::severity_level, boost::log::attributes::named_scope_list,
        std::error_code>();
  }

  template <class... T>
  void add();

  /// Null for a type that was not added.
  reader find(const boost::typeindex::type_index& type) const {
    const auto found = readers_.find(type);
    return found == readers_.end() ? nullptr : found->second;
  }

 private:
  std::map<boost::typeindex::type_index, reader> readers_;
};

/// The double nearest to the shortest decimal fraction that is `value` as a float: 0.1 for 0.1f, not 0.10000000149011612.
inline double as_written(float value) noexcept {
  const double wide = value;
  const double size = std::fabs(wide);
  // Beyond these a float is a whole number, or its fraction would need a power of ten that a double does not hold exactly.
  if (!(size >= 1e-12 && size < 8388608)) return wide;
  double power = 1;
  for (int digits = 0; digits <= 21; ++digits, power *= 10) {
    const double written = std::nearbyint(wide * power) / power;
    if (static_cast<float>(written) == value) return written;
  }
  return wide;
}

/// What a backend was told about its records.
struct reading {
  stamp_zone zone = stamp_zone::detect;
  // Boost.Log's attribute keeps its id across a fork, and so does this.
  process_id process = boost::log::aux::this_process::get_id();
  bool severity_is_mapped = false;
};

/// Fills in one record after another, and keeps the memory that this took. For one thread at a time.
class record_fields {
 public:
  explicit record_fields(const value_types& types) : types_(&types) {}
  record_fields(const record_fields&) = delete;
  record_fields& operator=(const record_fields&) = delete;

  /// Valid until the next call, and no longer than the values.
  record& read(const boost::log::attribute_value_set& values, const reading& how) {
    record_.time = {};
    record_.level = level::info;
    record_.thread = 0;
    record_.logger = {};
    record_.text = {};
    record_.source = {};
    record_.attributes.clear();
    texts_used_ = 0;
    for (auto it = values.begin(), end = values.end(); it != end; ++it) {
      if (it->second) take(known(it->first), it->second, how);
    }
    if (record_.time == timestamp{}) record_.time = std::chrono::system_clock::now();
    return record_;
  }

  template <class T>
  void put(const T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      add(value);
    } else if constexpr (std::is_same_v<T, char>) {
      add(std::string_view(&value, 1));
    } else if constexpr (std::is_same_v<T, wchar_t> || std::is_same_v<T, char16_t> || std::is_same_v<T, char32_t>) {
      put_wide(&value, 1);
    } else if constexpr (std::is_same_v<T, float>) {
      add(as_written(value));
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
    } else if constexpr (std::is_same_v<T, std::wstring> || std::is_same_v<T, boost::log::wstring_literal>) {
      put_wide(value.c_str(), value.size());
    } else if constexpr (std::is_same_v<T, thread_id> || std::is_same_v<T, process_id>) {
      add(static_cast<std::uint64_t>(value.native_id()));
    } else if constexpr (std::is_same_v<T, boost::log::attributes::named_scope_list>) {
      put_scopes(value);
    } else {
      put_streamed(value);
    }
  }

 private:
  enum class role { attribute, message, severity, time_stamp, channel, thread, process };

  // An attribute name, and what read its value the last time: types rarely change.
  struct known_name {
    std::string_view name;
    record_fields::role role = record_fields::role::attribute;
    value_types::reader reader = nullptr;
    boost::typeindex::type_index unknown_type;
    std::string unknown_text;
  };

  // Boost.Log looks names up under a lock; they stay where they are.
  known_name& known(const boost::log::attribute_name& name) {
    const auto id = name.id();
    if (id >= known_.size()) known_.resize(id + 1);
    if (known_[id] == nullptr) known_[id] = meet(name.string());
    return *known_[id];
  }

  static std::unique_ptr<known_name> meet(std::string_view name) {
    auto met = std::make_unique<known_name>();
    met->name = name;
    if (name == "Message") met->role = role::message;
    if (name == "Severity") met->role = role::severity;
    if (name == "TimeStamp") met->role = role::time_stamp;
    if (name == "Channel") met->role = role::channel;
    if (name == "ThreadID") met->role = role::thread;
    if (name == "ProcessID") met->role = role::process;
    return met;
  }

  void take(known_name& name, const boost::log::attribute_value& value, const reading& how) {
    switch (name.role) {
      case role::attribute: break;
      case role::message:
        if (const auto message = value.extract<std::string>()) {
          record_.text = *message;
          return;
        }
        break;
      case role::severity:
        if (const auto severity = value.extract<boost::log::trivial::severity_level>()) {
          record_.level = to_level(*severity);
          return;
        }
        break;
      case role::time_stamp:
        if (const auto stamp = value.extract<boost::posix_time::ptime>()) {
          if (const auto time = stamps_.read(*stamp, how.zone)) record_.time = *time;
          return;
        }
        if (const auto time = value.extract<std::chrono::system_clock::time_point>()) {
          record_.time = *time;
          return;
        }
        break;
      case role::channel:
        if (const auto channel = value.extract<std::string>()) {
          record_.logger = *channel;
          return;
        }
        break;
      case role::thread:
        if (const auto id = value.extract<thread_id>()) {
          record_.thread = id->native_id();
          return;
        }
        break;
      case role::process:
        if (const auto id = value.extract<process_id>(); id && *id == how.process) return;
        break;
    }
    const auto before = record_.attributes.size();
    if (!read_value(name, value) && !(name.role == role::severity && how.severity_is_mapped)) put_unknown(name, value.get_type());
    if (record_.attributes.size() > before && use(name.role, record_.attributes.back().value)) record_.attributes.pop_back();
  }

  // False for a type that nobody told us of.
  bool read_value(known_name& name, const boost::log::attribute_value& value) {
    name_ = name.name;
    if (name.reader != nullptr && name.reader(*this, value)) return true;
    name.reader = types_->find(value.get_type());
    return name.reader != nullptr && name.reader(*this, value);
  }

  // True if a value of an unusual type became a field.
  bool use(role as, const attribute_value& value) {
    if (as == role::channel || as == role::message) {
      const auto* text = std::get_if<std::string_view>(&value);
      if (text != nullptr) (as == role::channel ? record_.logger : record_.text) = *text;
      return text != nullptr;
    }
    if (as != role::severity && as != role::thread) return false;
    const auto set = [&](auto number) {
      if (as == role::severity) {
        record_.level = to_level(number);
      } else {
        record_.thread = static_cast<std::uint64_t>(number);
      }
      return true;
    };
    if (const auto* i = std::get_if<std::int64_t>(&value)) return set(*i);
    if (const auto* u = std::get_if<std::uint64_t>(&value)) return set(*u);
    return false;
  }

  void add(attribute_value value) { record_.attributes.push_back({name_, value}); }

  // As UTF-8, which Boost.Log's streams make of it only in a locale that does.
  template <class Char>
  void put_wide(const Char* from, std::size_t size) {
    namespace utf = boost::locale::utf;
    auto& text = next_text();
    for (const Char* const end = from + size; from != end;) {
      auto point = utf::utf_traits<Char>::decode(from, end);
      if (point == utf::illegal || point == utf::incomplete) point = 0xfffd;
      utf::utf_traits<char>::encode(point, std::back_inserter(text));
    }
    add(std::string_view(text));
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

  void put_unknown(known_name& name, const boost::typeindex::type_index& type) {
    if (name.unknown_text.empty() || name.unknown_type != type) {
      name.unknown_text = '(' + type.pretty_name() + ')';
      name.unknown_type = type;
    }
    add(std::string_view(name.unknown_text));
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

  std::string& next_text() {
    if (texts_used_ == texts_.size()) texts_.emplace_back();
    auto& text = texts_[texts_used_++];
    text.clear();
    return text;
  }

  struct stream_state {
    std::ios_base::fmtflags flags;
    std::streamsize precision;
    char fill;
  };

  const value_types* types_;
  stamp_reader stamps_;
  record record_;
  std::string_view name_;
  std::vector<std::unique_ptr<known_name>> known_;  // by id
  std::deque<std::string> texts_;  // a deque: views into short strings must stay valid
  std::size_t texts_used_ = 0;
  boost::log::formatting_ostream stream_;
  const stream_state plain_{stream_.flags(), stream_.precision(), stream_.fill()};
};

template <class... T>
void value_types::add() {
  const auto add_one = [this](const boost::typeindex::type_index& type, reader read) { readers_[type] = read; };
  (add_one(boost::typeindex::type_id<T>(),
           [](record_fields& to, const boost::log::attribute_value& value) {
             const auto known = value.extract<T>();
             if (known) to.put(*known);
             return !!known;
           }),
   ...);
}

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
    types_.add<T>();
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
    return lent(new record_fields(types_), {this, place});
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

  value_types types_;
  std::array<kept, 16> kept_;
};

}  // namespace mailslog::detail
