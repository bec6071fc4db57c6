#include <stdexcept>

#include <boost/log/sources/logger.hpp>
#include <boost/log/sources/record_ostream.hpp>
#include <boost/log/sources/severity_logger.hpp>
#include <boost/log/trivial.hpp>
#include <boost/log/utility/manipulators/add_value.hpp>

#include "sinks/boost_core.hpp"
#include "sinks/listener.hpp"

using namespace mailslog;
using namespace mailslog::test;
namespace logging = boost::log;

namespace {

enum class weather { sun, rain, storm };

struct severity_test {
  boost_core core;
  listener slot;
  boost::shared_ptr<slot_backend> backend = core.add(slot.address());
  logging::sources::logger log;

  template <class T>
  level level_of(const T& severity, const char* name = "Severity") {
    BOOST_LOG(log) << logging::add_value(name, severity);
    return slot.next().level;
  }
};

}  // namespace

TEST_CASE_METHOD(severity_test, "each trivial severity arrives as its like") {
  CHECK(level_of(logging::trivial::trace) == level::trace);
  CHECK(level_of(logging::trivial::debug) == level::debug);
  CHECK(level_of(logging::trivial::info) == level::info);
  CHECK(level_of(logging::trivial::warning) == level::warning);
  CHECK(level_of(logging::trivial::error) == level::error);
  CHECK(level_of(logging::trivial::fatal) == level::critical);
}

TEST_CASE_METHOD(severity_test, "a severity that became the level is not sent again") {
  BOOST_LOG(log) << logging::add_value("Severity", logging::trivial::error);
  CHECK(slot.next().attributes.empty());
  BOOST_LOG(log) << logging::add_value("Severity", 3);
  CHECK(slot.next().attributes.empty());
}

TEST_CASE_METHOD(severity_test, "integer severities are levels, and what is beyond them the nearest") {
  CHECK(level_of(0) == level::trace);
  CHECK(level_of(3) == level::notice);
  CHECK(level_of(6U) == level::critical);
  CHECK(level_of(7) == level::critical);
  CHECK(level_of(-1) == level::trace);
  CHECK(level_of(256) == level::critical);
  CHECK(level_of(~0ULL) == level::critical);
}

TEST_CASE_METHOD(severity_test, "a severity of a type that nobody mapped is info") {
  CHECK(level_of(weather::storm) == level::info);
}

TEST_CASE_METHOD(severity_test, "a direct mapping takes integers, enumerations and trivial severities of any name") {
  backend->set_severity_mapper(direct_severity_mapping<>("Importance"));
  CHECK(level_of(4, "Importance") == level::warning);
  CHECK(level_of(99, "Importance") == level::critical);
  CHECK(level_of(4, "Severity") == level::info);
  backend->set_severity_mapper(direct_severity_mapping<weather>("Weather"));
  CHECK(level_of(weather::storm, "Weather") == level::info);
  CHECK(level_of(weather::rain, "Weather") == level::debug);
  backend->set_severity_mapper(direct_severity_mapping<logging::trivial::severity_level>("S"));
  CHECK(level_of(logging::trivial::fatal, "S") == level::critical);
  CHECK(level_of(logging::trivial::warning, "S") == level::warning);
}

TEST_CASE_METHOD(severity_test, "a custom mapping takes what it was given, and the rest is info") {
  custom_severity_mapping<weather> mapping("Severity");
  mapping[weather::rain] = level::warning;
  mapping[weather::storm] = level::critical;
  backend->set_severity_mapper(mapping);
  CHECK(level_of(weather::storm) == level::critical);
  CHECK(level_of(weather::rain) == level::warning);
  CHECK(level_of(weather::sun) == level::info);

  BOOST_LOG(log) << logging::add_value("Severity", weather::rain);
  CHECK(slot.next().attributes.empty());
}

TEST_CASE_METHOD(severity_test, "a mapping that throws makes the record info and harms nobody") {
  backend->set_severity_mapper([](const logging::record_view&) -> level { throw std::runtime_error("no idea"); });
  CHECK(level_of(logging::trivial::fatal) == level::info);
}
