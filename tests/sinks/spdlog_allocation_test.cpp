#include <memory>
#include <thread>

#include <spdlog/logger.h>

#include <mailslog/spdlog.hpp>

#include "sinks/allocations.hpp"
#include "sinks/listener.hpp"

using namespace mailslog;
using namespace mailslog::test;

TEST_CASE("a warm spdlog sink allocates nothing for a record, only now and then for a datagram") {
  constexpr int warm_up = 50'000;
  constexpr int count = 100'000;
  const auto text = GENERATE(text_form::plain, text_form::formatted);
  listener slot;
  spdlog::logger log("warm", std::make_shared<slot_sink_mt>(slot.patient_address(), slot_options{}, text));
  bool complete = false;
  std::thread reading([&] { complete = slot.skip(warm_up + count); });

  for (int i = 0; i < warm_up; ++i) log.info("record {} of a thread that is in a hurry", i);
  const auto before = allocations();
  for (int i = 0; i < count; ++i) log.info("record {} of a thread that is in a hurry", i);
  const auto after = allocations();
  log.flush();
  reading.join();

  CHECK(complete);
  CHECK(after - before < count / 100);
}
