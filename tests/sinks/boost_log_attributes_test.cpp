#include <cstdint>
#include <limits>
#include <ostream>
#include <stdexcept>
#include <string>

#include <boost/date_time/posix_time/posix_time.hpp>
#include <boost/log/attributes/constant.hpp>
#include <boost/log/attributes/named_scope.hpp>
#include <boost/log/sinks/async_frontend.hpp>
#include <boost/log/sources/logger.hpp>
#include <boost/log/sources/record_ostream.hpp>
#include <boost/log/utility/manipulators/add_value.hpp>
#include <boost/log/utility/string_literal.hpp>

#include "sinks/boost_core.hpp"
#include "sinks/listener.hpp"

using namespace mailslog;
using namespace mailslog::test;
namespace logging = boost::log;

namespace {

struct point {
  int x;
  int y;
};
std::ostream& operator<<(std::ostream& to, const point& p) { return to << std::hex << p.x << '/' << p.y; }

struct sore {};
std::ostream& operator<<(std::ostream&, const sore&) { throw std::runtime_error("do not touch"); }

// A slot, and a logger whose records go there.
struct attribute_test {
  boost_core core;
  listener slot;
  boost::shared_ptr<slot_backend> backend = core.add(slot.address());
  logging::sources::logger log;

  template <class T>
  attribute_value sent(const T& value) {
    BOOST_LOG(log) << logging::add_value("value", value);
    return value_of(slot.next(), "value");
  }
};

}  // namespace

TEST_CASE_METHOD(attribute_test, "numbers arrive as numbers, up to their limits") {
  CHECK(sent(true) == attribute_value(true));
  CHECK(sent(false) == attribute_value(false));
  CHECK(sent(short{-7}) == attribute_value(std::int64_t{-7}));
  CHECK(sent(static_cast<unsigned short>(7)) == attribute_value(std::uint64_t{7}));
  CHECK(sent(static_cast<signed char>(-7)) == attribute_value(std::int64_t{-7}));
  CHECK(sent(static_cast<unsigned char>(7)) == attribute_value(std::uint64_t{7}));
  CHECK(sent(-7) == attribute_value(std::int64_t{-7}));
  CHECK(sent(7U) == attribute_value(std::uint64_t{7}));
  CHECK(sent(std::numeric_limits<long>::min()) == attribute_value(std::int64_t{std::numeric_limits<long>::min()}));
  CHECK(sent(std::numeric_limits<long long>::min()) == attribute_value(std::numeric_limits<std::int64_t>::min()));
  CHECK(sent(std::numeric_limits<unsigned long>::max()) == attribute_value(std::uint64_t{std::numeric_limits<unsigned long>::max()}));
  CHECK(sent(std::numeric_limits<unsigned long long>::max()) == attribute_value(std::numeric_limits<std::uint64_t>::max()));
  CHECK(sent(-1e300) == attribute_value(-1e300));
  CHECK(sent(0.25L) == attribute_value(0.25));
  // A float arrives as what it was written as, not as what a double makes of its bits.
  CHECK(sent(0.1f) == attribute_value(0.1));
  CHECK(sent(-1000.1f) == attribute_value(-1000.1));
  CHECK(sent(3.1415927f) == attribute_value(3.1415927));
  CHECK(sent(16777216.0f) == attribute_value(16777216.0));
  CHECK(sent(std::numeric_limits<float>::max()) == attribute_value(double{std::numeric_limits<float>::max()}));
  CHECK(sent(-std::numeric_limits<float>::infinity()) == attribute_value(-std::numeric_limits<double>::infinity()));
}

TEST_CASE_METHOD(attribute_test, "texts arrive as texts, wide ones in UTF-8") {
  const std::string text("a\0\xc3\xa4 and then some more", 22);
  CHECK(sent(text) == attribute_value(std::string_view(text)));
  CHECK(sent(logging::str_literal("literal")) == attribute_value("literal"));
  CHECK(sent(std::string_view("view")) == attribute_value("view"));
  CHECK(sent(std::wstring(L"\u00e4 \u65e5 \U0001f600")) == attribute_value("\xc3\xa4 \xe6\x97\xa5 \xf0\x9f\x98\x80"));
  CHECK(sent(logging::str_literal(L"\u00e4")) == attribute_value("\xc3\xa4"));
  CHECK(sent('c') == attribute_value("c"));
  CHECK(sent(L'\u00e4') == attribute_value("\xc3\xa4"));
  CHECK(sent(u'\u65e5') == attribute_value("\xe6\x97\xa5"));
  CHECK(sent(U'\U0001f600') == attribute_value("\xf0\x9f\x98\x80"));
}

TEST_CASE_METHOD(attribute_test, "times and durations arrive as text") {
  using namespace boost::posix_time;
  CHECK(sent(hours(1) + minutes(2) + seconds(3) + microseconds(456'789)) == attribute_value("01:02:03.456789"));
  CHECK(sent(ptime(boost::gregorian::date(2024, 2, 29), hours(13))) == attribute_value("2024-Feb-29 13:00:00"));
}

TEST_CASE_METHOD(attribute_test, "all attributes of a record arrive under their names, more and fewer from record to record") {
  BOOST_LOG(log) << logging::add_value("one", 1);
  CHECK(attribute_names(slot.next()) == std::vector<std::string>{"one"});

  BOOST_LOG(log) << logging::add_value("one", std::string("short")) << logging::add_value("two", L'2')
                 << logging::add_value("three", std::wstring(40, L'3')) << logging::add_value("four", 4.0);
  const auto& record = slot.next();
  CHECK(record.attributes.size() == 4);
  CHECK(value_of(record, "one") == attribute_value("short"));
  CHECK(value_of(record, "two") == attribute_value("2"));
  CHECK(value_of(record, "three") == attribute_value(std::string_view("3333333333333333333333333333333333333333")));
  CHECK(value_of(record, "four") == attribute_value(4.0));

  BOOST_LOG(log) << "none";
  CHECK(slot.next().attributes.empty());
}

TEST_CASE_METHOD(attribute_test, "values of a type that the backend was told of arrive as their stream operator writes them") {
  backend->add_type<point>();
  CHECK(sent(point{10, 11}) == attribute_value("a/b"));
  // The operator's manipulators last no longer than the value.
  CHECK(sent(boost::posix_time::time_duration(0, 0, 10)) == attribute_value("00:00:10"));
  CHECK(sent(point{16, 17}) == attribute_value("10/11"));
}

TEST_CASE_METHOD(attribute_test, "of a value of an unknown type the type arrives") {
  BOOST_LOG(log) << "hello" << logging::add_value("where", point{1, 2});
  const auto& record = slot.next();
  CHECK(record.text == "hello");
  CHECK_THAT(std::string(std::get<std::string_view>(value_of(record, "where"))), ContainsSubstring("point"));
}

TEST_CASE_METHOD(attribute_test, "a stream operator that throws harms neither its record nor the next") {
  backend->add_type<sore>();
  backend->add_type<point>();
  BOOST_LOG(log) << "hello" << logging::add_value("sore", sore{}) << logging::add_value("fine", point{1, 2});
  const auto& record = slot.next();
  CHECK(record.text == "hello");
  CHECK(value_of(record, "fine") == attribute_value("1/2"));
  CHECK(sent(point{3, 4}) == attribute_value("3/4"));
}

TEST_CASE_METHOD(attribute_test, "named scopes arrive as text, outermost first, and the innermost as the source location") {
  logging::core::get()->add_global_attribute("Scope", logging::attributes::named_scope());
  BOOST_LOG_NAMED_SCOPE("outer");
  const unsigned line = __LINE__ + 1;
  BOOST_LOG_NAMED_SCOPE("inner");
  BOOST_LOG(log) << "here";

  const auto& record = slot.next();
  CHECK(value_of(record, "Scope") == attribute_value("outer->inner"));
  CHECK(record.source.file == __FILE__);
  CHECK(record.source.line == line);
  CHECK(record.source.function == "inner");
}

TEST_CASE("named scopes arrive from an asynchronous sink as they were at the call") {
  boost_core core;
  listener slot;
  const auto sink = boost::make_shared<logging::sinks::asynchronous_sink<slot_backend>>(
      boost::make_shared<slot_backend>(slot.address()), logging::keywords::start_thread = false);
  core.add(sink);
  logging::core::get()->add_global_attribute("Scope", logging::attributes::named_scope());
  logging::sources::logger log;
  {
    BOOST_LOG_NAMED_SCOPE("gone");
    BOOST_LOG(log) << "there";
  }
  sink->feed_records();
  CHECK(value_of(slot.next(), "Scope") == attribute_value("gone"));
}

TEST_CASE_METHOD(attribute_test, "the id of another process arrives, our own is known to be the sender's") {
  const auto ours = logging::attributes::current_process_id().get();
  BOOST_LOG(log) << logging::add_value("ProcessID", ours);
  CHECK(slot.next().attributes.empty());
  BOOST_LOG(log) << logging::add_value("ProcessID", logging::attributes::current_process_id::value_type(ours.native_id() + 1));
  CHECK(value_of(slot.next(), "ProcessID") == attribute_value(std::uint64_t{ours.native_id() + 1}));
}

TEST_CASE_METHOD(attribute_test, "a channel that is a number, and a thread id of another type, arrive all the same") {
  BOOST_LOG(log) << logging::add_value("Channel", 7) << logging::add_value("ThreadID", 4711);
  const auto& record = slot.next();
  CHECK(record.logger.empty());
  CHECK(value_of(record, "Channel") == attribute_value(std::int64_t{7}));
  CHECK(record.thread == 4711);
}
