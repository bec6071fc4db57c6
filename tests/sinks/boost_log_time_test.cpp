#include <chrono>
#include <string>

#include <boost/date_time/posix_time/posix_time.hpp>
#include <boost/log/attributes/clock.hpp>
#include <boost/log/sources/logger.hpp>
#include <boost/log/sources/record_ostream.hpp>
#include <boost/log/utility/manipulators/add_value.hpp>

#include "sinks/boost_core.hpp"
#include "sinks/listener.hpp"
#include "support/system.hpp"

using namespace mailslog;
using namespace mailslog::test;
using namespace std::chrono_literals;
namespace logging = boost::log;

namespace {

const std::string new_york = "EST5EDT,M3.2.0,M11.1.0";
const std::string kolkata = "IST-5:30";

enum class clock_zone { utc, local };

// What a Boost.Log clock would have said so long ago.
boost::posix_time::ptime stamp_of(clock_zone zone, std::chrono::seconds ago) {
  const auto now = zone == clock_zone::utc ? boost::posix_time::microsec_clock::universal_time()
                                           : boost::posix_time::microsec_clock::local_time();
  return now - boost::posix_time::seconds(ago.count());
}

// How far from right the time of a record with this stamp arrives. Half a minute is for a slow machine.
bool arrives_right(const boost::posix_time::ptime& stamp, std::chrono::seconds ago, stamp_zone told = stamp_zone::detect) {
  boost_core core;
  listener slot;
  core.add(slot.address())->set_stamp_zone(told);
  logging::sources::logger log;
  BOOST_LOG(log) << logging::add_value("TimeStamp", stamp);
  const timestamp right = std::chrono::system_clock::now() - ago;
  return std::chrono::abs(slot.next().time - right) < 30s;
}

}  // namespace

TEST_CASE("time stamps of Boost.Log's clocks arrive right in any zone") {
  const in_time_zone zone(GENERATE(as<std::string>(), new_york, kolkata, "UTC0", "NZST-12"));
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

TEST_CASE("time stamps that waited in an asynchronous sink are told apart by what is not in the future") {
  const in_time_zone zone(GENERATE(as<std::string>(), new_york, kolkata, "CET-1", "NZST-12"));
  const auto clock = GENERATE(clock_zone::utc, clock_zone::local);
  const auto ago = GENERATE(0s, 20s, 50min, 58min);
  CHECK(arrives_right(stamp_of(clock, ago), ago));
}

TEST_CASE("a backend that is told the zone takes time stamps of any age") {
  const in_time_zone zone(GENERATE(as<std::string>(), new_york, kolkata));
  const auto ago = GENERATE(0s, 50min, 24h * 3);
  CHECK(arrives_right(stamp_of(clock_zone::utc, ago), ago, stamp_zone::utc));
}

TEST_CASE("a local time stamp is read with the offset that its own day had") {
  const in_time_zone zone(new_york);
  boost_core core;
  listener slot;
  core.add(slot.address())->set_stamp_zone(stamp_zone::local);
  logging::sources::logger log;
  const auto time_of = [&](const char* stamp) {
    BOOST_LOG(log) << logging::add_value("TimeStamp", boost::posix_time::time_from_string(stamp));
    return slot.next().time.time_since_epoch();
  };
  CHECK(time_of("2024-01-15 12:00:00.000001") == 1705338000s + 1us);  // 17:00 UTC
  CHECK(time_of("2024-07-15 12:00:00.000001") == 1721059200s + 1us);  // 16:00 UTC
}

TEST_CASE("a time stamp that is no time is the time of posting") {
  CHECK(arrives_right(boost::posix_time::ptime(), 0s));
  CHECK(arrives_right(boost::posix_time::pos_infin, 0s));
}
