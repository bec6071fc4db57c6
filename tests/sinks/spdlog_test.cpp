#include <memory>
#include <stdexcept>
#include <string>

#include <spdlog/details/os.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>

#include <mailslog/spdlog.hpp>

#include "sinks/listener.hpp"

using namespace mailslog;
using namespace mailslog::test;
using namespace std::chrono_literals;

namespace {

spdlog::logger logger_to(const std::string& address, text_form text = text_form::plain) {
  spdlog::logger log("net.http", std::make_shared<slot_sink_mt>(address, slot_options{}, text));
  log.set_level(spdlog::level::trace);
  return log;
}

struct failing_formatter final : spdlog::formatter {
  void format(const spdlog::details::log_msg&, spdlog::memory_buf_t&) override { throw std::runtime_error("no format today"); }
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<failing_formatter>(); }
};

}  // namespace

TEST_CASE("every field of a spdlog message arrives") {
  listener slot;
  auto log = logger_to(slot.address());
  const spdlog::log_clock::time_point time(std::chrono::duration_cast<spdlog::log_clock::duration>(1'700'000'000'123'456'789ns));

  log.log(time, spdlog::source_loc{"src/client.cpp", 42, "connect"}, spdlog::level::warn, "request took too long");

  const auto& record = slot.next();
  CHECK(record.time == time);
  CHECK(record.level == level::warning);
  CHECK(record.thread == spdlog::details::os::thread_id());
  CHECK(record.logger == "net.http");
  CHECK(record.text == "request took too long");
  CHECK(record.source.file == "src/client.cpp");
  CHECK(record.source.line == 42);
  CHECK(record.source.function == "connect");
  CHECK(record.attributes.empty());
}

TEST_CASE("a spdlog message without a source location arrives without one") {
  listener slot;
  logger_to(slot.address()).info("somewhere");

  const auto& record = slot.next();
  CHECK(record.source.file.empty());
  CHECK(record.source.line == 0);
  CHECK(record.source.function.empty());
}

TEST_CASE("each of spdlog's levels arrives as its like") {
  const auto [from, to] = GENERATE(table<spdlog::level::level_enum, level>({
      {spdlog::level::trace, level::trace},
      {spdlog::level::debug, level::debug},
      {spdlog::level::info, level::info},
      {spdlog::level::warn, level::warning},
      {spdlog::level::err, level::error},
      {spdlog::level::critical, level::critical},
  }));
  listener slot;
  logger_to(slot.address()).log(from, "x");
  CHECK(slot.next().level == to);
}

TEST_CASE("any text arrives through spdlog byte for byte") {
  const auto text = GENERATE(std::string(), std::string("two\nlines"), std::string("na\xc3\xafve \xe6\x97\xa5\xe6\x9c\xac"),
                             std::string("a\0b\x1b[31m\xff", 9), std::string(20 * 1024, 'x'));
  listener slot;
  logger_to(slot.address()).log(spdlog::level::info, spdlog::string_view_t(text.data(), text.size()));
  CHECK(slot.next().text == text);
}

TEST_CASE("one line end at the end of a spdlog message is not sent") {
  const auto [from, to] = GENERATE(table<std::string, std::string>({
      {"a\n", "a"},
      {"a\r\n", "a"},
      {"a\n\n", "a\n"},
      {"a\r", "a\r"},
      {"\n", ""},
  }));
  listener slot;
  logger_to(slot.address()).log(spdlog::level::info, from);
  CHECK(slot.next().text == to);
}

TEST_CASE("a pattern does not change what a plain slot sink sends") {
  listener slot;
  auto log = logger_to(slot.address());
  log.set_pattern("[%n] [%l] %v!");
  log.info("hello");
  CHECK(slot.next().text == "hello");
}

TEST_CASE("a slot sink sends formatted text when it is told to, without the line end") {
  listener slot;
  auto log = logger_to(slot.address(), text_form::formatted);
  log.set_pattern("[%n] [%l] %v!");
  log.warn("hello");

  const auto& record = slot.next();
  CHECK(record.text == "[net.http] [warning] hello!");
  CHECK(record.level == level::warning);
  CHECK(record.logger == "net.http");
}

TEST_CASE("a slot sink that was given no pattern formats as spdlog does") {
  listener slot;
  logger_to(slot.address(), text_form::formatted).warn("hello");
  CHECK_THAT(slot.next_text(), EndsWith("[net.http] [warning] hello"));
}

TEST_CASE("the message arrives when its formatter fails") {
  listener slot;
  auto log = logger_to(slot.address(), text_form::formatted);
  log.set_formatter(std::make_unique<failing_formatter>());
  log.info("hello");
  CHECK(slot.next().text == "hello");
}

TEST_CASE("a bad address throws spdlog's exception, which says what is wrong") {
  CHECK_THROWS_AS(slot_sink_mt("*/a|b"), spdlog::spdlog_ex);
  CHECK_THROWS_WITH(slot_sink_mt("*/a|b"), ContainsSubstring("*/a|b") && ContainsSubstring("'|'"));
  CHECK_THROWS_WITH(slot_sink_st("x?overflow=explode"), ContainsSubstring("overflow") && ContainsSubstring("explode"));
  slot_options options;
  options.ttl = 300;
  CHECK_THROWS_WITH(slot_sink_mt("*/x?if=lo", options), ContainsSubstring("ttl"));
}

TEST_CASE("a checked address and a struct of options are taken as well") {
  listener slot;
  slot_options options;
  options.app = "renamed";
  spdlog::logger("a", std::make_shared<slot_sink_mt>(slot.address(), options)).info("by struct");
  CHECK(slot.next().from->app == "renamed");
  spdlog::logger("a", std::make_shared<slot_sink_st>(address(slot.address()))).info("by address");
  CHECK(slot.next().text == "by address");
}

TEST_CASE("logging through spdlog to a slot that nobody reads goes on without a word") {
  const scratch_folder folder;
  const auto address = GENERATE(as<std::string>(), "unread", "127.0.0.1/unread?port=", "[::1]/unread?port=");
  const auto sink = std::make_shared<slot_sink_mt>(address.back() == '=' ? address + std::to_string(scratch_port()) : address);
  spdlog::logger log("lonely", sink);
  std::string error;
  log.set_error_handler([&error](const std::string& message) { error = message; });

  for (int i = 0; i < 1000; ++i) log.info("is anybody there? {}", i);
  log.flush();

  CHECK(error.empty());
  CHECK(sink->stats().written == 1000);
}

#ifndef _WIN32  // where a slot has one reader
TEST_CASE("spdlog's records below the send level are remembered and not sent") {
  listener slot;
  auto log = logger_to(slot.address() + "&send_level=warn&recorder_level=debug");
  log.trace("of no interest");
  log.debug("opened");
  log.info("ready");
  log.warn("slow");
  CHECK(slot.next_text() == "slow");
  CHECK(slot.stats().missing == 0);
  CHECK(slot.remembered() == std::vector<std::string>{"opened", "ready", "slow"});
}
#endif
