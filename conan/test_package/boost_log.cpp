#include "read_back.hpp"

#include <boost/log/core.hpp>
#include <boost/log/sinks/sync_frontend.hpp>
#include <boost/log/trivial.hpp>
#include <boost/smart_ptr/make_shared.hpp>

#include <mailslog/boost_log.hpp>

int main() {
  const std::string slot = own_slot("test-package-boost-log");
  mailslog::record_reader reader(slot);

  auto backend = boost::make_shared<mailslog::slot_backend>(slot);
  auto sink = boost::make_shared<boost::log::sinks::synchronous_sink<mailslog::slot_backend>>(backend);
  boost::log::core::get()->add_sink(sink);
  BOOST_LOG_TRIVIAL(warning) << "unused variable " << long_text();
  boost::log::core::get()->flush();
  return read_back(reader, "unused variable " + long_text(), mailslog::level::warning);
}
