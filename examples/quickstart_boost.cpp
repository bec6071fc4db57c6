// What examples/quickstart lets slotcat read: severities, a scope, attributes, and texts of all kinds.
//
//   quickstart_boost ADDRESS [--from FILE]     each line of FILE instead
#include <exception>
#include <iostream>
#include <string_view>

#include <boost/log/attributes/named_scope.hpp>
#include <boost/log/core.hpp>
#include <boost/log/sinks/sync_frontend.hpp>
#include <boost/log/sources/severity_channel_logger.hpp>
#include <boost/log/trivial.hpp>
#include <boost/log/utility/manipulators/add_value.hpp>
#include <boost/log/utility/setup/common_attributes.hpp>
#include <boost/make_shared.hpp>

#include <mailslog/boost_log.hpp>

#include "lines.hpp"
#include "sample_texts.hpp"

namespace logging = boost::log;
using namespace logging::trivial;

int main(int argc, char** argv) try {
  const bool from_file = argc == 4 && argv[2] == std::string_view("--from");
  if (argc != 2 && !from_file) {
    std::cerr << "usage: quickstart_boost ADDRESS [--from FILE]\n";
    return 2;
  }
  mailslog::slot_options options;
  options.overflow = mailslog::overflow_policy::block;  // a demonstration may wait a little for its reader
  auto backend = boost::make_shared<mailslog::slot_backend>(argv[1], options);
  logging::core::get()->add_sink(boost::make_shared<logging::sinks::synchronous_sink<mailslog::slot_backend>>(backend));
  logging::add_common_attributes();
  logging::sources::severity_channel_logger<severity_level> log(logging::keywords::channel = "boost");

  if (from_file) {
    for (const auto& line : lines_of(argv[3])) BOOST_LOG_SEV(log, info) << line;
    return 0;
  }
  for (const auto level : {trace, debug, info, warning, error, fatal}) {
    BOOST_LOG_SEV(log, level) << "a record of severity " << level;
  }
  BOOST_LOG_SEV(log, info) << logging::add_value("path", "/index.html") << logging::add_value("ms", 812)
                           << logging::add_value("ratio", 0.25) << "a record with attributes";
  log.add_attribute("Scope", logging::attributes::named_scope());
  {
    BOOST_LOG_NAMED_SCOPE("demonstration");
    BOOST_LOG_SEV(log, info) << "a record with its scope and source location";
  }
  BOOST_LOG_SEV(log, info) << multi_line_text;
  BOOST_LOG_SEV(log, info) << utf8_text;
  BOOST_LOG_SEV(log, info) << long_text();
  return 0;
} catch (const std::exception& e) {
  std::cerr << "quickstart_boost: " << e.what() << '\n';
  return 2;
}
