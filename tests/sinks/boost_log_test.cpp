#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <boost/log/attributes/current_process_id.hpp>
#include <boost/log/expressions.hpp>
#include <boost/log/sinks/async_frontend.hpp>
#include <boost/log/sinks/sync_frontend.hpp>
#include <boost/log/sources/channel_logger.hpp>
#include <boost/log/sources/logger.hpp>
#include <boost/log/sources/record_ostream.hpp>
#include <boost/log/sources/severity_channel_logger.hpp>
#include <boost/log/sources/severity_logger.hpp>
#include <boost/log/trivial.hpp>
#include <boost/log/utility/setup/common_attributes.hpp>

#include "sinks/boost_core.hpp"
#include "sinks/listener.hpp"

using namespace mailslog;
using namespace mailslog::test;
namespace logging = boost::log;

TEST_CASE("what Boost.Log knows of every record arrives as fields") {
  boost_core core;
  listener slot;
  core.add(slot.address());
  logging::add_common_attributes();
  logging::sources::severity_channel_logger<logging::trivial::severity_level> log(logging::keywords::channel = "net.http");
  const auto thread = logging::aux::this_thread::get_id().native_id();

  const timestamp before = std::chrono::system_clock::now();
  BOOST_LOG_SEV(log, logging::trivial::warning) << "request took " << 812 << " ms";
  const timestamp after = std::chrono::system_clock::now();

  const auto& record = slot.next();
  CHECK(record.text == "request took 812 ms");
  CHECK(record.level == level::warning);
  CHECK(record.logger == "net.http");
  CHECK(record.thread == thread);
  CHECK(record.time >= before - std::chrono::microseconds(1));  // Boost's clock counts whole microseconds
  CHECK(record.time <= after);
  CHECK(value_of(record, "LineID") == attribute_value(std::uint64_t{1}));
  CHECK(record.attributes.size() == 1);
}

TEST_CASE("a Boost.Log record without attributes arrives with the time of its posting") {
  boost_core core;
  listener slot;
  core.add(slot.address());
  logging::sources::logger log;
  const timestamp before = std::chrono::system_clock::now();
  BOOST_LOG(log) << "hello";

  const auto& record = slot.next();
  CHECK(record.text == "hello");
  CHECK(record.level == level::info);
  CHECK(record.logger.empty());
  CHECK(record.attributes.empty());
  CHECK(record.time >= before);
  CHECK(record.time <= std::chrono::system_clock::now());
}

TEST_CASE("any text arrives through Boost.Log byte for byte") {
  const auto text = GENERATE(std::string(), std::string("two\nlines"), std::string("na\xc3\xafve \xe6\x97\xa5\xe6\x9c\xac"),
                             std::string("a\0b\x1b[31m\xff", 9), std::string(20 * 1024, 'x'));
  boost_core core;
  listener slot;
  core.add(slot.address());
  logging::sources::logger log;
  BOOST_LOG(log) << text;
  CHECK(slot.next().text == text);
}

TEST_CASE("the text of a wide logger arrives in UTF-8") {
  boost_core core;
  listener slot;
  core.add(slot.address());
  logging::sources::wlogger log;
  BOOST_LOG(log) << L"na\u00efve \u65e5\u672c \U0001f600";
  const auto& record = slot.next();
  CHECK(record.text == "na\xc3\xafve \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80");
  CHECK(record.attributes.empty());
}

TEST_CASE("a formatter that was set on the sink makes the text") {
  boost_core core;
  listener slot;
  const auto sink = boost::make_shared<logging::sinks::synchronous_sink<slot_backend>>(
      boost::make_shared<slot_backend>(slot.address()));
  sink->set_formatter(logging::expressions::stream << '[' << logging::expressions::attr<std::string>("Channel") << "] "
                                                   << logging::expressions::smessage);
  core.add(sink);
  logging::sources::channel_logger<> log(logging::keywords::channel = "net");
  BOOST_LOG(log) << "hello";

  const auto& record = slot.next();
  CHECK(record.text == "[net] hello");
  CHECK(record.logger == "net");

  sink->reset_formatter();
  BOOST_LOG(log) << "hello";
  CHECK(slot.next().text == "hello");
}

TEST_CASE("if a formatter throws, the message arrives without it, and nothing is thrown") {
  boost_core core;
  listener slot;
  const auto sink = boost::make_shared<logging::sinks::synchronous_sink<slot_backend>>(
      boost::make_shared<slot_backend>(slot.address()));
  sink->set_formatter([](const logging::record_view&, logging::formatting_ostream& to) {
    to << "half a ";
    throw std::runtime_error("no idea");
  });
  core.add(sink);
  logging::sources::logger log;
  for (int i = 0; i < 2; ++i) {
    BOOST_LOG(log) << "hello";
    CHECK(slot.next().text == "hello");
  }
}

TEMPLATE_TEST_CASE("records arrive complete, in order, with the fields of their threads through each frontend", "",
                   logging::sinks::synchronous_sink<slot_backend>, logging::sinks::asynchronous_sink<slot_backend>,
                   logging::sinks::unlocked_sink<slot_backend>) {
  boost_core core;
  listener slot;
  const auto sink = boost::make_shared<TestType>(boost::make_shared<slot_backend>(slot.address()));
  core.add(sink);
  logging::add_common_attributes();
  constexpr int threads = 4;
  constexpr int count = 2'000;
  std::map<std::string, std::uint64_t> ids;
  std::mutex mutex;
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t) {
    running.emplace_back([&, t] {
      const auto name = std::to_string(t);
      {
        const std::lock_guard<std::mutex> lock(mutex);
        ids[name] = logging::aux::this_thread::get_id().native_id();
      }
      logging::sources::severity_channel_logger<logging::trivial::severity_level> log(logging::keywords::channel = name);
      log.add_attribute("Half", logging::attributes::make_constant(0.5));
      for (int i = 0; i < count; ++i) BOOST_LOG_SEV(log, logging::trivial::error) << i;
    });
  }
  for (auto& thread : running) thread.join();
  sink->flush();

  std::map<std::string, int> next;
  for (int i = 0; i < threads * count; ++i) {
    const auto& record = slot.next();
    const std::string channel(record.logger);
    REQUIRE(record.text == std::to_string(next[channel]++));
    REQUIRE(record.thread == ids.at(channel));
    REQUIRE(record.level == level::error);
    REQUIRE(value_of(record, "Half") == attribute_value(0.5));
  }
  CHECK(next.size() == threads);
  CHECK(slot.stats().missing == 0);
}

TEMPLATE_TEST_CASE("flush sends what the backend has kept through each frontend", "",
                   logging::sinks::synchronous_sink<slot_backend>, logging::sinks::asynchronous_sink<slot_backend>,
                   logging::sinks::unlocked_sink<slot_backend>) {
  boost_core core;
  listener slot;
  core.add(boost::make_shared<TestType>(boost::make_shared<slot_backend>(slot.patient_address())));
  logging::sources::logger log;
  for (int i = 0; i < 10; ++i) BOOST_LOG(log) << i;
  logging::core::get()->flush();
  for (int i = 0; i < 10; ++i) CHECK(slot.next().text == std::to_string(i));
}

TEST_CASE("a bad address throws Boost.Log's exception, which says what is wrong") {
  CHECK_THROWS_AS(slot_backend("*/a|b"), logging::invalid_value);
  CHECK_THROWS_WITH(slot_backend("*/a|b"), ContainsSubstring("*/a|b") && ContainsSubstring("'|'"));
  slot_options options;
  options.ttl = 300;
  CHECK_THROWS_WITH(slot_backend("*/x?if=lo", options), ContainsSubstring("ttl"));
}

TEST_CASE("logging through Boost.Log to a slot that nobody reads goes on without a word") {
  const scratch_folder folder;
  const auto address = GENERATE(as<std::string>(), "unread", "127.0.0.1/unread?port=", "[::1]/unread?port=");
  boost_core core;
  const auto backend = core.add(address.back() == '=' ? address + std::to_string(scratch_port()) : address);
  logging::sources::logger log;
  for (int i = 0; i < 1000; ++i) BOOST_LOG(log) << "is anybody there? " << i;
  backend->flush();
  CHECK(backend->stats().written == 1000);
}
