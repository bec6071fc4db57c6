// Slots in Boost.Log's settings files.
//
//   mailslog::register_sink_factory();
//   boost::log::init_from_stream(file);
//
//   [Sinks.Slot]
//   Destination=Mailslot
//   Address="*/build-farm"
//   Filter="%Severity% >= warning"
#pragma once

#include <string>

#include <boost/algorithm/string/predicate.hpp>
#include <boost/log/exceptions.hpp>
#include <boost/log/sinks/async_frontend.hpp>
#include <boost/log/sinks/sink.hpp>
#include <boost/log/sinks/unlocked_frontend.hpp>
#include <boost/log/utility/setup/filter_parser.hpp>
#include <boost/log/utility/setup/formatter_parser.hpp>
#include <boost/log/utility/setup/from_settings.hpp>
#include <boost/make_shared.hpp>

#include <mailslog/boost_log.hpp>

namespace mailslog {

namespace detail {

class slot_sink_factory : public boost::log::sink_factory<char> {
 public:
  boost::shared_ptr<boost::log::sinks::sink> create_sink(const settings_section& settings) override {
    std::string address;
    std::string options;
    std::string filter;
    std::string format;
    bool asynchronous = false;
    for (const auto& [name, node] : settings.property_tree()) {
      const auto& value = node.data();
      if (name == "Address") {
        address = value;
      } else if (name == "Filter") {
        filter = value;
      } else if (name == "Format") {
        format = value;
      } else if (name == "Asynchronous") {
        asynchronous = to_bool(name, value);
      } else if (name == "AutoFlush") {
        if (to_bool(name, value)) options += "&flush_level=trace";
      } else if (name != "Destination") {
        options += '&' + name + '=' + value;
      }
    }
    if (address.empty()) throw boost::log::missing_value("a Mailslot sink needs an Address");
    if (!options.empty() && address.find('?') == std::string::npos) options.front() = '?';

    const auto backend = boost::make_shared<slot_backend>(address + options);
    using boost::log::sinks::asynchronous_sink;
    using boost::log::sinks::unlocked_sink;
    if (asynchronous) return with(boost::make_shared<asynchronous_sink<slot_backend>>(backend), filter, format);
    return with(boost::make_shared<unlocked_sink<slot_backend>>(backend), filter, format);
  }

 private:
  // As for Boost.Log's own sinks.
  static bool to_bool(const std::string& name, const std::string& value) {
    if (value == "1" || boost::algorithm::iequals(value, "true")) return true;
    if (value == "0" || boost::algorithm::iequals(value, "false")) return false;
    throw boost::log::invalid_value("a Mailslot sink's " + name + " is \"" + value + "\"; accepted is true or false");
  }

  template <class Sink>
  static boost::shared_ptr<Sink> with(boost::shared_ptr<Sink> sink, const std::string& filter, const std::string& format) {
    if (!filter.empty()) sink->set_filter(boost::log::parse_filter(filter));
    if (!format.empty()) sink->set_formatter(boost::log::parse_formatter(format));
    return sink;
  }
};

}  // namespace detail

/// Makes `Destination=Mailslot` known to Boost.Log's settings, from now on. Such a sink takes:
/// - `Address`, which it needs;
/// - each option of the address by its name (`ttl=2`), see options.hpp;
/// - `Filter`, `Format`, `Asynchronous` as Boost.Log's own sinks; `AutoFlush`: each record is sent at once, `flush_level=trace`.
///
/// What makes no sense is reported as an exception of Boost.Log's by the function that reads the settings.
inline void register_sink_factory() {
  boost::log::register_sink_factory("Mailslot", boost::make_shared<detail::slot_sink_factory>());
}

}  // namespace mailslog
