#include <chrono>
#include <cstdlib>
#include <ctime>
#include <string>

#include <boost/date_time/posix_time/posix_time.hpp>
#include <boost/log/attributes/clock.hpp>
#include <boost/log/sources/logger.hpp>
#include <boost/log/sources/record_ostream.hpp>
#include <boost/log/utility/manipulators/add_value.hpp>

#include "sinks/boost_core.hpp"
#include "sinks/listener.hpp"

using namespace mailslog;
using namespace mailslog::test;
using namespace std::chrono_literals;
namespace logging = boost::log;

namespace {

// The process's time zone, for as long as it lives.
class time_zone {
 public:
  explicit time_zone(const std::string& posix_rule) {
    ::setenv("TZ", posix_rule.c_str(), 1);
    ::tzset();
  }
  time_zone(const time_zone&) = delete;
  time_zone& operator=(const time_zone&) = delete;
  ~time_zone() {
    ::unsetenv("TZ");
    ::tzset();
  }
};

const std::string new_york = "EST5EDT,M3.2.0,M11.1.0";
const std::string kolkata = "IST-5:30";

}  // namespace

TEST_CASE("time stamps of Boost.Log's clocks arrive right in any zone") {
  const time_zone zone(GENERATE(new_york, kolkata, std::string("UTC0"), std::string("NZST-12")));
  const bool local = GENERATE(true, false);
  boost_core core;
  listener slot;
  core.add(slot.address());
  if (local) {
    logging::core::get()->add_global_attribute("TimeStamp", logging::attributes::local_clock());
  } else {
    logging::core::get()->add_global_attribute("TimeStamp", logging::attributes::utc_clock());
  }
  logging::sources::logger log;
  const timestamp before = std::chrono::system_clock::now();
  BOOST_LOG(log) << "now";
  const timestamp after = std::chrono::system_clock::now();
  const auto time = slot.next().time;
  CHECK(time >= before - 1us);
  CHECK(time <= after);
}
