#include <string>
#include <thread>

#include <boost/log/attributes/named_scope.hpp>
#include <boost/log/sources/record_ostream.hpp>
#include <boost/log/sources/severity_channel_logger.hpp>
#include <boost/log/trivial.hpp>
#include <boost/log/utility/manipulators/add_value.hpp>
#include <boost/log/utility/setup/common_attributes.hpp>

#include "sinks/allocations.hpp"
#include "sinks/boost_core.hpp"
#include "sinks/listener.hpp"

using namespace mailslog;
using namespace mailslog::test;
namespace logging = boost::log;

namespace {

// Boost.Log itself allocates for each record: only what happens here is the backend's doing.
struct watched_backend : slot_backend {
  using slot_backend::slot_backend;
  void consume(const logging::record_view& record, const std::string& text) {
    const auto before = allocations();
    slot_backend::consume(record, text);
    allocated += allocations() - before;
  }
  std::uint64_t allocated = 0;
};

}  // namespace

TEST_CASE("a warm Boost.Log backend allocates nothing for a record, only now and then for a datagram") {
  constexpr int warm_up = 50'000;
  constexpr int count = 100'000;
  boost_core core;
  listener slot;
  const auto backend = boost::make_shared<watched_backend>(slot.patient_address());
  core.add(boost::make_shared<logging::sinks::unlocked_sink<watched_backend>>(backend));
  logging::add_common_attributes();
  logging::core::get()->add_global_attribute("Scope", logging::attributes::named_scope());
  logging::sources::severity_channel_logger<logging::trivial::severity_level> log(logging::keywords::channel = "warm");
  bool complete = false;
  std::thread reading([&] { complete = slot.skip(warm_up + count); });
  BOOST_LOG_NAMED_SCOPE("a scope with a name of some length");

  const auto post = [&log](int number) {
    BOOST_LOG_SEV(log, logging::trivial::info)
        << "record " << number << " of a thread in a hurry" << logging::add_value("number", number)
        << logging::add_value("text", std::wstring(L"a wide text that is too long to be stored in the string itself"));
  };
  for (int i = 0; i < warm_up; ++i) post(i);
  backend->allocated = 0;
  for (int i = 0; i < count; ++i) post(i);
  const auto allocated = backend->allocated;
  backend->flush();
  reading.join();

  CHECK(complete);
  CHECK(allocated < count / 20);
}
