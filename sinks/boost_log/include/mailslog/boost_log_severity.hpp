// From a program's severities to levels, in the style of Boost.Log's syslog backend. Part of boost_log.hpp.
//
//   mailslog::custom_severity_mapping<my_severity> mapping("Severity");
//   mapping[my_severity::harmless] = mailslog::level::debug;
//   mapping[my_severity::grave] = mailslog::level::critical;
//   backend->set_severity_mapper(mapping);
#pragma once

#include <cstdint>

#include <boost/log/attributes/attribute_name.hpp>
#include <boost/log/attributes/value_visitation.hpp>
#include <boost/log/core/record_view.hpp>
#include <boost/log/sinks/attribute_mapping.hpp>
#include <boost/log/trivial.hpp>
#include <boost/log/utility/type_dispatch/standard_types.hpp>

#include <mailslog/record.hpp>

namespace mailslog {
namespace detail {

inline level to_level(boost::log::trivial::severity_level from) noexcept {
  switch (from) {
    case boost::log::trivial::trace: return level::trace;
    case boost::log::trivial::debug: return level::debug;
    case boost::log::trivial::info: return level::info;
    case boost::log::trivial::warning: return level::warning;
    case boost::log::trivial::error: return level::error;
    default: return level::critical;
  }
}

template <class Number>
level numbered_level(Number from) noexcept {
  const auto number = static_cast<std::intmax_t>(from);
  if (number < static_cast<std::intmax_t>(level::trace)) return level::trace;
  if (number > static_cast<std::intmax_t>(level::critical)) return level::critical;
  return static_cast<level>(number);
}

}  // namespace detail

/// For severities whose values are those of `mailslog::level`, 0 (trace) to 6 (critical). Values beyond count as the nearest;
/// records without the attribute are `level::info`. `Value` may be an enumeration, and an MPL sequence of types.
template <class Value = int>
class direct_severity_mapping {
 public:
  explicit direct_severity_mapping(const boost::log::attribute_name& name) : name_(name) {}

  level operator()(const boost::log::record_view& record) const {
    auto result = level::info;
    boost::log::visit<Value>(name_, record, [&result](const auto& value) { result = detail::numbered_level(value); });
    return result;
  }

 private:
  boost::log::attribute_name name_;
};

/// For severities of any type: assign a level to each value. Other values, and records without the attribute, are `level::info`.
template <class Value = int>
class custom_severity_mapping : public boost::log::sinks::basic_custom_mapping<level, Value> {
 public:
  explicit custom_severity_mapping(const boost::log::attribute_name& name)
      : boost::log::sinks::basic_custom_mapping<level, Value>(name, level::info) {}
};

/// For `boost::log::trivial::severity_level`; `fatal` becomes `level::critical`.
class trivial_severity_mapping {
 public:
  explicit trivial_severity_mapping(const boost::log::attribute_name& name) : name_(name) {}

  level operator()(const boost::log::record_view& record) const {
    auto result = level::info;
    boost::log::visit<boost::log::trivial::severity_level>(name_, record,
                                                           [&result](auto value) { result = detail::to_level(value); });
    return result;
  }

 private:
  boost::log::attribute_name name_;
};

/// What a backend does until it is told something else: reads `Severity`, if it is a `trivial::severity_level`, as
/// `trivial_severity_mapping` and, if it is of an integer type, as `direct_severity_mapping`.
class default_severity_mapping {
 public:
  level operator()(const boost::log::record_view& record) const {
    auto result = level::info;
    const auto value = record.attribute_values()[name_];
    if (!boost::log::visit<boost::log::trivial::severity_level>(value, [&result](auto v) { result = detail::to_level(v); })) {
      boost::log::visit<boost::log::integral_types>(value, [&result](auto v) { result = detail::numbered_level(v); });
    }
    return result;
  }

 private:
  boost::log::attribute_name name_{"Severity"};
};

}  // namespace mailslog
