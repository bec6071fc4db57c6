// Slots in Boost.Log's settings files.
//
//   mailslog::register_sink_factory();
//   std::ifstream file("log.ini");
//   boost::log::init_from_stream(file);
//
//   [Sinks.Farm]
//   Destination=Mailslot
//   Address="*/build-farm"
//   ttl=2
#pragma once

#include <string>

#include <boost/log/exceptions.hpp>
#include <boost/log/sinks/async_frontend.hpp>
#include <boost/log/sinks/sink.hpp>
#include <boost/log/sinks/unlocked_frontend.hpp>
#include <boost/log/utility/setup/filter_parser.hpp>
#include <boost/log/utility/setup/formatter_parser.hpp>
#include <boost/log/utility/setup/from_settings.hpp>
#include <boost/smart_ptr/make_shared_object.hpp>
#include <boost/smart_ptr/shared_ptr.hpp>

#include <mailslog/boost_log.hpp>

namespace mailslog {
namespace detail {

class slot_sink_factory final : public boost::log::sink_factory<char> {
 public:
  boost::shared_ptr<boost::log::sinks::sink> create_sink(const settings_section& settings) override {
    auto backend = boost::make_shared<slot_backend>(address_text(settings));
    if (is_true(settings, "Asynchronous")) {
      return configured(boost::make_shared<boost::log::sinks::asynchronous_sink<slot_backend>>(backend), settings);
    }
    return configured(boost::make_shared<boost::log::sinks::unlocked_sink<slot_backend>>(backend), settings);
  }

 private:
  // The address with all parameters in its query part that are not Boost.Log's, so that names and values are checked there.
  static std::string address_text(const settings_section& settings) {
    const auto address = settings["Address"].get();
    if (!address) BOOST_LOG_THROW_DESCR(boost::log::missing_value, "The address of a Mailslot sink is not set: Address");
    std::string text = *address;
    char separator = text.find('?') == std::string::npos ? '?' : '&';
    for (auto parameter = settings.begin(); parameter != settings.end(); ++parameter) {
      const auto& name = parameter.get_name();
      if (name == "Destination" || name == "Address" || name == "Filter" || name == "Format" || name == "Asynchronous") continue;
      text += separator + name + '=' + settings[name].get().get_value_or("");
      separator = '&';
    }
    return text;
  }

  static bool is_true(const settings_section& settings, const char* name) {
    const auto text = settings[name].get().get_value_or("false");
    if (text == "true" || text == "True" || text == "1") return true;
    if (text == "false" || text == "False" || text == "0") return false;
    BOOST_LOG_THROW_DESCR(boost::log::invalid_value, std::string(name) + " is \"" + text + "\"; accepted are true and false");
  }

  template <class Sink>
  static boost::shared_ptr<boost::log::sinks::sink> configured(boost::shared_ptr<Sink> sink, const settings_section& settings) {
    if (const auto filter = settings["Filter"].get()) sink->set_filter(boost::log::parse_filter(*filter));
    if (const auto format = settings["Format"].get()) sink->set_formatter(boost::log::parse_formatter(*format));
    return sink;
  }
};

}  // namespace detail

/// Makes `Destination=Mailslot` known to Boost.Log's settings. Call it before the settings are read.
///
/// Parameters: `Address`; Boost.Log's `Filter`, `Format` and `Asynchronous` (an `unlocked_sink` if it is not true); and the
/// options of a slot by name, see options.hpp: `ttl=2`, `overflow=block`. Reading settings throws `boost::log::missing_value`
/// without an address and `boost::log::invalid_value` for a bad one, an unknown option or a bad value.
inline void register_sink_factory() {
  boost::log::register_sink_factory("Mailslot", boost::make_shared<detail::slot_sink_factory>());
}

}  // namespace mailslog
