// Posts to the slots that a settings file names: see boost_log_settings.ini.
//
//   boost_log_settings [FILE]
#include <exception>
#include <fstream>
#include <iostream>

#include <boost/log/trivial.hpp>
#include <boost/log/utility/setup/common_attributes.hpp>
#include <boost/log/utility/setup/from_stream.hpp>

#include <mailslog/boost_log_settings.hpp>

int main(int argc, char** argv) try {
  const char* name = argc > 1 ? argv[1] : "boost_log_settings.ini";
  std::ifstream file(name);
  if (!file) {
    std::cerr << "cannot read " << name << '\n';
    return 2;
  }
  mailslog::register_sink_factory();
  boost::log::register_simple_filter_factory<boost::log::trivial::severity_level>("Severity");
  boost::log::init_from_stream(file);
  boost::log::add_common_attributes();

  BOOST_LOG_TRIVIAL(info) << "filtered out, as the settings say";
  BOOST_LOG_TRIVIAL(warning) << "posted, as the settings say";
  return 0;
} catch (const std::exception& e) {
  std::cerr << e.what() << '\n';
  return 2;
}
