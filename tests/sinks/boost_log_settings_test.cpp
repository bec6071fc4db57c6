#include <sstream>
#include <string>

#include <boost/log/exceptions.hpp>
#include <boost/log/sources/logger.hpp>
#include <boost/log/sources/record_ostream.hpp>
#include <boost/log/sources/severity_logger.hpp>
#include <boost/log/trivial.hpp>
#include <boost/log/utility/setup/from_stream.hpp>

#include <mailslog/boost_log_settings.hpp>

#include "sinks/boost_core.hpp"
#include "sinks/listener.hpp"

using namespace mailslog;
using namespace mailslog::test;
namespace logging = boost::log;

namespace {

void read_settings(const std::string& lines) {
  register_sink_factory();
  std::istringstream file("[Sinks.Slot]\nDestination=Mailslot\n" + lines);
  logging::init_from_stream(file);
}

}  // namespace

TEST_CASE("a slot is opened by a settings file") {
  boost_core core;
  listener slot;
  const auto asynchronous = GENERATE(as<std::string>(), "", "Asynchronous=true\n", "Asynchronous=0\n");
  read_settings("Address=\"" + slot.address() + "\"\n" + asynchronous);
  logging::sources::logger log;
  BOOST_LOG(log) << "hello";
  CHECK(slot.next().text == "hello");
}

TEST_CASE("Filter and Format of a settings file are those of Boost.Log") {
  boost_core core;
  listener slot;
  read_settings("Address=\"" + slot.address() + "\"\nFilter=\"%Severity% >= warning\"\nFormat=\"<%Message%>\"\n");
  logging::sources::severity_logger<logging::trivial::severity_level> log;
  logging::register_simple_filter_factory<logging::trivial::severity_level>("Severity");
  BOOST_LOG_SEV(log, logging::trivial::info) << "not this";
  BOOST_LOG_SEV(log, logging::trivial::warning) << "but this";
  const auto& record = slot.next();
  CHECK(record.text == "<but this>");
  CHECK(record.level == level::warning);
}

TEST_CASE("options of the slot are read from a settings file by their names") {
  boost_core core;
  listener slot;
  const bool with_query = GENERATE(true, false);
  const auto address = with_query ? slot.address() : slot.address().substr(0, slot.address().find('?'));
  read_settings("Address=\"" + address + "\"\napp=renamed\nlimit=512\n");
  logging::sources::logger log;
  BOOST_LOG(log) << "hello";
  CHECK(slot.next().from->app == "renamed");
}

TEST_CASE("AutoFlush in a settings file sends each record at once") {
  boost_core core;
  listener slot;
  read_settings("Address=\"" + slot.address() + "&max_delay=10min\"\nAutoFlush=true\n");
  logging::sources::logger log;
  for (int i = 0; i < 10; ++i) BOOST_LOG(log) << i;
  for (int i = 0; i < 10; ++i) CHECK(slot.next().text == std::to_string(i));
}

TEST_CASE("settings that make no sense throw Boost.Log's exceptions, which say what is wrong") {
  boost_core core;
  CHECK_THROWS_AS(read_settings(""), logging::missing_value);
  CHECK_THROWS_AS(read_settings("Address=\"*/a|b\"\n"), logging::invalid_value);
  CHECK_THROWS_WITH(read_settings("Address=\"*/a|b\"\n"), ContainsSubstring("'|'"));
  CHECK_THROWS_WITH(read_settings("Address=x\nttl=many\n"), ContainsSubstring("ttl") && ContainsSubstring("many"));
  CHECK_THROWS_WITH(read_settings("Address=x\nColour=green\n"), ContainsSubstring("Colour"));
  CHECK_THROWS_WITH(read_settings("Address=x\nAsynchronous=perhaps\n"), ContainsSubstring("perhaps"));
}

#ifndef _WIN32  // where a slot has one reader
TEST_CASE("send_level and recorder_level in a settings file: what is below the one is remembered and not sent") {
  boost_core core;
  listener slot;
  read_settings("Address=\"" + slot.address() + "\"\nsend_level=warning\nrecorder_level=debug\n");
  BOOST_LOG_TRIVIAL(trace) << "of no interest";
  BOOST_LOG_TRIVIAL(debug) << "opened";
  BOOST_LOG_TRIVIAL(warning) << "slow";
  CHECK(slot.next_text() == "slow");
  CHECK(slot.stats().missing == 0);
  CHECK(slot.remembered() == std::vector<std::string>{"opened", "slow"});
}
#endif
