// Posts from Boost.Log to a slot. Read it with `slotcat hello`, or with read_records.
//
//   boost_log_hello [ADDRESS]
#include <exception>
#include <iostream>

#include <boost/log/attributes/constant.hpp>
#include <boost/log/core.hpp>
#include <boost/log/sinks/sync_frontend.hpp>
#include <boost/log/sources/severity_channel_logger.hpp>
#include <boost/log/trivial.hpp>
#include <boost/log/utility/manipulators/add_value.hpp>
#include <boost/log/utility/setup/common_attributes.hpp>
#include <boost/make_shared.hpp>

#include <mailslog/boost_log.hpp>

namespace logging = boost::log;

int main(int argc, char** argv) try {
  auto backend = boost::make_shared<mailslog::slot_backend>(argc > 1 ? argv[1] : "hello");
  logging::core::get()->add_sink(boost::make_shared<logging::sinks::synchronous_sink<mailslog::slot_backend>>(backend));
  logging::add_common_attributes();  // the time, the thread and the number of each record

  BOOST_LOG_TRIVIAL(info) << "hello, world";

  using severity = logging::trivial::severity_level;
  logging::sources::severity_channel_logger<severity> log(logging::keywords::channel = "greeter");
  log.add_attribute("Language", logging::attributes::constant<std::string>("en"));
  BOOST_LOG_SEV(log, logging::trivial::warning) << logging::add_value("Attempt", 2) << "hello again";
} catch (const std::exception& e) {
  std::cerr << e.what() << '\n';
  return 2;
}
