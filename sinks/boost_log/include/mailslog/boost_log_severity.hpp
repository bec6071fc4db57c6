// Mappings from a severity attribute to mailslog's levels, in the manner of Boost.Log's syslog backend.
//
//   backend->set_severity_mapper(mailslog::direct_severity_mapping<int>("Severity"));
//
//   mailslog::custom_severity_mapping<my_severity> mapping("Severity");
//   mapping[my_severity::notification] = mailslog::level::notice;
//   backend->set_severity_mapper(mapping);
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <type_traits>

#include <boost/log/attributes/attribute_name.hpp>
#include <boost/log/attributes/value_visitation.hpp>
#include <boost/log/core/record_view.hpp>
#include <boost/log/sinks/attribute_mapping.hpp>
#include <boost/log/trivial.hpp>

#include <mailslog/record.hpp>

namespace mailslog {

/// Whatever finds a record's level. Called from every thread that logs, by several at once under `unlocked_sink`.
using severity_mapper = std::function<level(const boost::log::record_view&)>;

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
level to_level(Number from) noexcept {
  constexpr auto most = static_cast<Number>(level::critical);
  return from < Number{} ? level::trace : from > most ? level::critical : static_cast<level>(from);
}

}  // namespace detail

/// For severities that are levels: `boost::log::trivial::severity_level`, or an integer or enumeration that has the numbers of
/// `mailslog::level` (0: trace to 6: critical; what is outside counts as the nearest).
/// A record without the attribute, or with one of another type, is `level::info`.
template <class Severity = int>
class direct_severity_mapping : public boost::log::sinks::basic_mapping<level> {
 public:
  explicit direct_severity_mapping(const boost::log::attribute_name& name) : name_(name) {}

  level operator()(const boost::log::record_view& record) const {
    auto result = level::info;
    boost::log::visit<Severity>(name_, record, [&result](const auto& value) { result = detail::to_level(value); });
    return result;
  }

 private:
  boost::log::attribute_name name_;
};

/// For all other severities: a table that is filled by assignment. What is not in it is `level::info`.
template <class Severity = int>
class custom_severity_mapping : public boost::log::sinks::basic_custom_mapping<level, Severity> {
 public:
  explicit custom_severity_mapping(const boost::log::attribute_name& name)
      : boost::log::sinks::basic_custom_mapping<level, Severity>(name, level::info) {}
};

}  // namespace mailslog
