// From Boost.Log's attribute values to a record's attributes. Part of boost_log.hpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <boost/date_time/posix_time/posix_time_types.hpp>
#include <boost/locale/utf.hpp>
#include <boost/log/attributes/attribute_value.hpp>
#include <boost/log/attributes/current_process_id.hpp>
#include <boost/log/attributes/current_thread_id.hpp>
#include <boost/log/attributes/named_scope.hpp>
#include <boost/log/attributes/value_visitation.hpp>
#include <boost/log/trivial.hpp>
#include <boost/log/utility/formatting_ostream.hpp>
#include <boost/log/utility/string_literal.hpp>
#include <boost/log/utility/type_dispatch/standard_types.hpp>
#include <boost/mpl/vector.hpp>

#include <mailslog/record.hpp>

namespace mailslog::detail {

// Lends each thread one T, which keeps its capacity from record to record. While that one is in use (an operator<< that logs)
// or already destroyed (a static destructor that logs), it makes a fresh one.
template <class T>
class per_thread {
 public:
  per_thread() : own_(take()) {
    if (own_ == nullptr) fresh_.emplace();
  }
  per_thread(const per_thread&) = delete;
  per_thread& operator=(const per_thread&) = delete;
  ~per_thread() {
    if (own_ != nullptr) taken() = false;
  }
  T& operator*() noexcept { return own_ != nullptr ? *own_ : *fresh_; }

 private:
  struct holder {
    T value;
    ~holder() { taken() = true; }
  };
  static bool& taken() noexcept {
    static thread_local bool value = false;  // has no destructor, so it can be asked until the thread's very end
    return value;
  }
  static T* take() {
    if (taken()) return nullptr;
    static thread_local holder mine;
    taken() = true;
    return &mine.value;
  }

  T* own_;
  std::optional<T> fresh_;
};

/// What Boost.Log's own lists of types leave out.
using more_value_types =
    boost::mpl::vector<boost::log::trivial::severity_level, boost::log::attributes::named_scope_list, boost::log::process_id,
                       boost::log::thread_id, boost::posix_time::ptime, boost::posix_time::time_duration, std::string_view,
                       const char*>;

/// Converts the values of one record. Texts that are not strings in the value itself live in the converter until `clear`.
class value_converter {
 public:
  void clear() noexcept { used_ = 0; }

  /// Writes a value to a stream, if it is of the type that the function was made for.
  using custom_type = bool (*)(const boost::log::attribute_value& from, boost::log::formatting_ostream& to);

  template <class T>
  static bool stream(const boost::log::attribute_value& from, boost::log::formatting_ostream& to) {
    return static_cast<bool>(boost::log::visit<T>(from, [&to](const T& value) { to << value; }));
  }

  /// Nothing for a type that is neither known nor in `custom_types`, or whose stream operator threw.
  std::optional<attribute_value> convert(const boost::log::attribute_value& from, const std::vector<custom_type>& custom_types) {
    std::optional<attribute_value> result;
    const auto visitor = [this, &result](const auto& v) { result = this->value(v); };
    if (boost::log::visit<boost::log::default_attribute_value_types>(from, visitor)) return result;
    if (boost::log::visit<more_value_types>(from, visitor)) return result;
    return convert_custom(from, custom_types);
  }

  /// The same for `custom_types` alone.
  std::optional<attribute_value> convert_custom(const boost::log::attribute_value& from,
                                                const std::vector<custom_type>& custom_types) {
    for (const auto stream_value : custom_types) {
      auto& text = next_text();
      try {
        boost::log::formatting_ostream stream(text);
        if (stream_value(from, stream)) {
          stream.flush();
          return text;
        }
      } catch (...) {
        return std::nullopt;
      }
      --used_;
    }
    return std::nullopt;
  }

 private:
  std::string& next_text() {
    if (used_ == texts_.size()) texts_.emplace_back();
    auto& text = texts_[used_++];
    text.clear();
    return text;
  }

  template <class T, class = std::enable_if_t<std::is_arithmetic_v<T>>>
  attribute_value value(T number) {
    if constexpr (std::is_same_v<T, char> || std::is_same_v<T, wchar_t> || std::is_same_v<T, char16_t> ||
                  std::is_same_v<T, char32_t>) {
      return utf8(&number, 1);
    } else if constexpr (std::is_same_v<T, bool>) {
      return number;
    } else if constexpr (std::is_floating_point_v<T>) {
      return static_cast<double>(number);
    } else if constexpr (std::is_signed_v<T>) {
      return std::int64_t{number};
    } else {
      return std::uint64_t{number};
    }
  }

  attribute_value value(const std::string& text) { return std::string_view(text); }
  attribute_value value(const boost::log::string_literal& text) { return std::string_view(text.c_str(), text.size()); }
  attribute_value value(std::string_view text) { return text; }
  attribute_value value(const char* text) { return std::string_view(text != nullptr ? text : ""); }
  attribute_value value(const std::wstring& text) { return utf8(text.data(), text.size()); }
  attribute_value value(const boost::log::wstring_literal& text) { return utf8(text.c_str(), text.size()); }
  attribute_value value(boost::log::trivial::severity_level severity) {
    const char* const name = boost::log::trivial::to_string(severity);
    return name != nullptr ? attribute_value(std::string_view(name)) : std::int64_t{severity};
  }
  attribute_value value(const boost::log::process_id& id) { return std::uint64_t{id.native_id()}; }
  attribute_value value(const boost::log::thread_id& id) { return std::uint64_t{id.native_id()}; }

  // Outermost first, as Boost.Log's own stream operator has it.
  attribute_value value(const boost::log::attributes::named_scope_list& scopes) {
    auto& text = next_text();
    for (const auto& scope : scopes) {
      if (!text.empty()) text += "->";
      text.append(scope.scope_name.c_str(), scope.scope_name.size());
    }
    return text;
  }

  // The extended ISO format.
  attribute_value value(const boost::posix_time::ptime& time) {
    auto& text = next_text();
    if (time.is_special()) return text;
    const auto day = time.date().year_month_day();
    std::array<char, 32> date{};
    std::snprintf(date.data(), date.size(), "%04d-%02d-%02dT", static_cast<int>(day.year), static_cast<int>(day.month),
                  static_cast<int>(day.day));
    text = date.data();
    append(text, time.time_of_day());
    return text;
  }

  attribute_value value(const boost::posix_time::time_duration& duration) {
    auto& text = next_text();
    if (!duration.is_special()) append(text, duration);
    return text;
  }

  // -hh:mm:ss.ffffff, as Boost.Log's formatters have it.
  static void append(std::string& text, boost::posix_time::time_duration duration) {
    if (duration.is_negative()) {
      text += '-';
      duration = duration.invert_sign();
    }
    std::array<char, 64> out{};
    std::snprintf(out.data(), out.size(), "%02lld:%02d:%02d.%0*lld", static_cast<long long>(duration.hours()),
                  static_cast<int>(duration.minutes()), static_cast<int>(duration.seconds()),
                  static_cast<int>(boost::posix_time::time_duration::num_fractional_digits()),
                  static_cast<long long>(duration.fractional_seconds()));
    text += out.data();
  }

  template <class Char>
  attribute_value utf8(const Char* from, std::size_t size) {
    auto& text = next_text();
    if constexpr (sizeof(Char) == 1) {
      text.assign(from, size);
    } else {
      namespace utf = boost::locale::utf;
      for (const Char* const end = from + size; from != end;) {
        auto point = utf::utf_traits<Char>::decode(from, end);
        if (point == utf::illegal || point == utf::incomplete) point = 0xfffd;
        utf::utf_traits<char>::encode(point, std::back_inserter(text));
      }
    }
    return text;
  }

  std::deque<std::string> texts_;  // a deque: attributes point into earlier ones while it grows
  std::size_t used_ = 0;
};

}  // namespace mailslog::detail
