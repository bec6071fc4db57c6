// The slot sink in the company of what spdlog offers around sinks.
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <spdlog/async.h>
#include <spdlog/details/os.h>
#include <spdlog/sinks/dist_sink.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <mailslog/spdlog.hpp>

#include "sinks/listener.hpp"

using namespace mailslog;
using namespace mailslog::test;

namespace {

// spdlog's registry is global.
struct fresh_registry {
  ~fresh_registry() { spdlog::shutdown(); }
};

std::vector<std::string> numbers(int count) {
  std::vector<std::string> all;
  for (int i = 0; i < count; ++i) all.push_back(std::to_string(i));
  return all;
}

}  // namespace

TEST_CASE("slot_logger_mt and slot_logger_st make registered loggers") {
  const fresh_registry registry;
  listener slot;
  const auto many = slot_logger_mt("many", slot.address());
  CHECK(spdlog::get("many") == many);
  const auto one = slot_logger_st("one", slot.address());
  CHECK(spdlog::get("one") == one);
  many->info("from many");
  CHECK(slot.next().logger == "many");
  one->info("from one");
  CHECK(slot.next().logger == "one");
}

TEST_CASE("spdlog's global pattern does not change what a slot logger sends") {
  const fresh_registry registry;
  listener slot;
  spdlog::set_pattern("*** %v ***");
  const auto log = slot_logger_mt("plain", slot.address());
  spdlog::set_pattern("+++ %v +++");
  log->info("hello");
  CHECK(slot.next().text == "hello");
}

TEST_CASE("no logger is registered for a bad address") {
  const fresh_registry registry;
  CHECK_THROWS_AS(slot_logger_mt("bad", "*/"), spdlog::spdlog_ex);
  CHECK(spdlog::get("bad") == nullptr);
}

TEST_CASE("an asynchronous logger's records arrive complete, in order, with the fields of the caller") {
  const fresh_registry registry;
  listener slot;
  const auto log = slot_logger_mt<spdlog::async_factory>("async", slot.address());
  constexpr int count = 20'000;
  for (int i = 0; i < count; ++i) log->log(spdlog::source_loc{"a.cpp", i + 1, "f"}, spdlog::level::err, "{}", i);

  for (int i = 0; i < count; ++i) {
    const auto& record = slot.next();
    REQUIRE(record.text == std::to_string(i));
    REQUIRE(record.source.line == static_cast<std::uint32_t>(i + 1));
    REQUIRE(record.logger == "async");
    REQUIRE(record.level == level::error);
    REQUIRE(record.thread == spdlog::details::os::thread_id());
  }
}

TEST_CASE("a backtrace arrives as it was logged") {
  listener slot;
  spdlog::logger log("trace", std::make_shared<slot_sink_mt>(slot.address()));
  log.enable_backtrace(2);
  for (int i = 0; i < 4; ++i) log.debug("step {}", i);
  log.info("seen at once");
  CHECK(slot.next().text == "seen at once");

  log.dump_backtrace();
  CHECK_THAT(slot.next_text(), ContainsSubstring("Backtrace Start"));
  const auto& step = slot.next();
  CHECK(step.text == "step 3");
  CHECK(step.level == level::debug);
  CHECK(slot.next().text == "seen at once");
  CHECK_THAT(slot.next_text(), ContainsSubstring("Backtrace End"));
}

TEST_CASE("flush_on sends what the slot sink has kept") {
  listener slot;
  spdlog::logger log("flush", std::make_shared<slot_sink_mt>(slot.patient_address()));
  log.flush_on(spdlog::level::warn);
  for (int i = 0; i < 10; ++i) log.info("{}", i);
  log.warn("10");
  CHECK(slot.texts(11) == numbers(11));
}

TEST_CASE("flush_every sends what slot sinks have kept") {
  const fresh_registry registry;
  listener slot;
  const auto log = slot_logger_mt("periodic", slot.patient_address());
  for (int i = 0; i < 10; ++i) log->info("{}", i);
  spdlog::flush_every(std::chrono::seconds(1));
  CHECK(slot.texts(10) == numbers(10));
}

TEST_CASE("a slot sink works behind a dist_sink") {
  listener slot;
  const auto dist = std::make_shared<spdlog::sinks::dist_sink_mt>();
  dist->add_sink(std::make_shared<slot_sink_mt>(slot.address()));
  spdlog::logger log("dist", dist);
  log.set_pattern("%l %v");
  log.info("hello");
  CHECK(slot.next().text == "hello");
}

TEST_CASE("a slot sink's own level holds back what another sink of the logger gets") {
  listener slot;
  const auto errors = std::make_shared<slot_sink_mt>(slot.address());
  errors->set_level(spdlog::level::err);
  std::ostringstream file;
  spdlog::logger log("levels", {errors, std::make_shared<spdlog::sinks::ostream_sink_st>(file)});
  log.set_pattern("%v");
  log.warn("a warning");
  log.error("an error");
  CHECK(slot.next().text == "an error");
  CHECK(errors->stats().written == 1);
  const std::string eol = spdlog::details::os::default_eol;
  CHECK(file.str() == "a warning" + eol + "an error" + eol);
}

TEST_CASE("loggers in several threads share one slot sink, and each one's records arrive in order") {
  listener slot;
  const auto sink = std::make_shared<slot_sink_mt>(slot.address());
  constexpr int threads = 4;
  constexpr int count = 5'000;
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t) {
    running.emplace_back([&, t] {
      spdlog::logger log("logger" + std::to_string(t), sink);
      for (int i = 0; i < count; ++i) log.info("{}", i);
    });
  }
  std::map<std::string, std::vector<std::string>> arrived;
  for (int i = 0; i < threads * count; ++i) {
    const auto& record = slot.next();
    arrived[std::string(record.logger)].emplace_back(record.text);
  }
  for (auto& thread : running) thread.join();

  CHECK(arrived.size() == threads);
  for (const auto& [logger, texts] : arrived) CHECK(texts == numbers(count));
  CHECK(slot.stats().missing == 0);
}

TEST_CASE("a slot in front of an asynchronous logger is posted to at the call, and the logger gets the same") {
  const fresh_registry registry;
  listener slot;
  std::ostringstream file;
  const auto slow = spdlog::create_async<spdlog::sinks::ostream_sink_mt>("build", file);
  slow->set_level(spdlog::level::debug);
  const auto log = slot_in_front_of(slow, std::make_shared<slot_sink_mt>(slot.address()));
  CHECK(log->name() == "build");
  CHECK(log->level() == spdlog::level::debug);

  log->set_pattern("%n %l %s:%# %v");
  log->log(spdlog::source_loc{"a.cpp", 7, "f"}, spdlog::level::debug, "hello");

  const auto& record = slot.next();
  CHECK(record.text == "hello");
  CHECK(record.logger == "build");
  CHECK(record.source.line == 7);
  spdlog::shutdown();
  CHECK(file.str() == "build debug a.cpp:7 hello" + std::string(spdlog::details::os::default_eol));
}

#ifdef MAILSLOG_SPDLOG_HAS_MDC

TEST_CASE("the mapped diagnostic context arrives as attributes") {
  listener slot;
  spdlog::logger log("context", std::make_shared<slot_sink_mt>(slot.address()));
  spdlog::mdc::put("request", "4711");
  spdlog::mdc::put("user", "ada");
  log.info("with");
  const auto& record = slot.next();
  CHECK(record.attributes.size() == 2);
  CHECK(value_of(record, "request") == attribute_value("4711"));
  CHECK(value_of(record, "user") == attribute_value("ada"));

  spdlog::mdc::clear();
  log.info("without");
  CHECK(slot.next().attributes.empty());
}

TEST_CASE("an asynchronous logger loses the context, and a slot in front of it keeps it") {
  const fresh_registry registry;
  listener slot;
  const auto behind = slot_logger_mt<spdlog::async_factory>("async", slot.address());
  spdlog::mdc::put("request", "4711");
  behind->info("behind");
  CHECK(slot.next().attributes.empty());

  const auto silent = spdlog::create_async<spdlog::sinks::null_sink_mt>("silent");
  slot_in_front_of(silent, std::make_shared<slot_sink_mt>(slot.address()))->info("in front");
  CHECK(value_of(slot.next(), "request") == attribute_value("4711"));
  spdlog::mdc::clear();
}

#endif
