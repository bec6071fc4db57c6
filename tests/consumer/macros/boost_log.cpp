// What Boost.Log and the standard library bring along keeps its meaning; ours comes after the macros.
#include <chrono>
#include <thread>

#include <boost/date_time/posix_time/posix_time.hpp>
#include <boost/locale/utf.hpp>
#include <boost/log/attributes.hpp>
#include <boost/log/core.hpp>
#include <boost/log/sinks.hpp>
#include <boost/log/trivial.hpp>
#include <boost/log/utility/setup.hpp>

#include "macros.hpp"

#include <mailslog/mailslog.hpp>
#include <mailslog/boost_log.hpp>
#include <mailslog/boost_log_settings.hpp>

int main() {
  const auto backend = boost::make_shared<mailslog::slot_backend>("macros");
  return backend->stats().dropped() == 0 ? 0 : 1;
}
