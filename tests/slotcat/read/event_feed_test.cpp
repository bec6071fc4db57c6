#include "read/event_feed.hpp"

#include <atomic>
#include <chrono>
#include <future>
#include <string>
#include <thread>

#include <mailslog/record_writer.hpp>

#include "support/catch.hpp"
#include "support/scratch.hpp"
#include "support/udp_socket.hpp"
#include "support/wait_until.hpp"

using namespace slotcat;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> scratch_names(std::size_t count) {
  std::vector<std::string> names(count);
  for (auto& name : names) name = mailslog::test::scratch_name();
  return names;
}

std::vector<mailslog::record_reader> readers(const std::vector<std::string>& names) {
  std::vector<mailslog::record_reader> all;
  for (const auto& name : names) all.emplace_back(name);
  return all;
}

void post(mailslog::record_writer& writer, std::string_view text) {
  mailslog::record record;
  record.text = text;
  writer.write(record);
  writer.flush();
}

std::string text_of(const mailslog::event* event) {
  return event == nullptr ? "(nothing)" : std::string(std::get<mailslog::received_record>(*event).text);
}

}  // namespace

TEST_CASE("a feed gives the events of one reader, or of several") {
  const mailslog::test::scratch_folder folder;
  const auto names = scratch_names(GENERATE(1U, 3U));
  event_feed feed(readers(names));
  CHECK(feed.next(0ns) == nullptr);
  CHECK(feed.next(1ms) == nullptr);
  for (int round = 0; round < 3; ++round) {
    for (const auto& name : names) {
      mailslog::record_writer writer(name);
      post(writer, name);
      CHECK(text_of(feed.next(mailslog::test::deadline)) == name);
    }
  }
  CHECK(feed.stats().delivered >= 2 * names.size());
  feed.close();
  CHECK(feed.stats().delivered == 3 * names.size());
}

TEST_CASE("a busy slot does not keep the others waiting") {
  const mailslog::test::scratch_folder folder;
  event_feed feed(readers({"busy", "quiet"}));
  // Something of the busy slot waits all the time.
  std::atomic<bool> enough{false};
  auto busy = std::async(std::launch::async, [&enough] {
    mailslog::record_writer writer("busy");
    mailslog::record record;
    record.text = "busy";
    const auto end = std::chrono::steady_clock::now() + mailslog::test::deadline;
    while (!enough && std::chrono::steady_clock::now() < end) {
      for (int i = 0; i < 1000; ++i) writer.write(record);
      writer.flush(mailslog::test::deadline);
    }
  });
  REQUIRE(text_of(feed.next(mailslog::test::deadline)) == "busy");
  mailslog::record_writer quiet("quiet");
  post(quiet, "quiet");
  quiet.flush(mailslog::test::deadline);

  std::string text;
  while (text != "quiet" && text != "(nothing)") text = text_of(feed.next(mailslog::test::deadline));
  const bool still_busy = busy.wait_for(0s) != std::future_status::ready;
  enough = true;
  CHECK(text == "quiet");
  CHECK(still_busy);
}

TEST_CASE("closing from another thread ends waiting") {
  const mailslog::test::scratch_folder folder;
  const auto names = scratch_names(GENERATE(1U, 2U));
  event_feed feed(readers(names));
  auto closing = std::async(std::launch::async, [&] { feed.close(); });
  CHECK(feed.next(mailslog::forever) == nullptr);
  CHECK(mailslog::test::wait_until([&] { return feed.closed(); }));
  CHECK(feed.next(mailslog::forever) == nullptr);
}

TEST_CASE("a feed expects more while a part of a record has come") {
  const mailslog::test::scratch_folder folder;
  const auto port = mailslog::test::scratch_port();
  const auto address = "*/expected?if=lo&port=" + std::to_string(port);
  std::vector<mailslog::record_reader> all;
  all.emplace_back(mailslog::address(address));
  event_feed feed(std::move(all));
  const mailslog::test::udp_socket relay;
  {
    mailslog::record_writer writer("127.0.0.1/expected?limit=400&max_delay=0ms&port=" + std::to_string(relay.port()));
    post(writer, std::string(1000, 'x'));
  }
  CHECK_FALSE(feed.expecting());
  relay.send(relay.receive(), port);
  CHECK(mailslog::test::wait_until([&] { return feed.next(0ns) == nullptr && feed.expecting(); }));
  for (auto d = relay.receive(); !d.empty(); d = relay.receive()) relay.send(d, port);
  CHECK(text_of(feed.next(mailslog::test::deadline)) == std::string(1000, 'x'));
  CHECK(mailslog::test::wait_until([&] { return feed.next(0ns) == nullptr && !feed.expecting(); }));
}

TEST_CASE("a feed is idle until something arrives at any of its readers") {
  const mailslog::test::scratch_folder folder;
  const auto names = scratch_names(2);
  event_feed feed(readers(names));
  CHECK(feed.next(1ms) == nullptr);
  CHECK(feed.idle());
  mailslog::record_writer writer(names[1]);
  post(writer, "x");
  CHECK(mailslog::test::wait_until([&] { return !feed.idle(); }));
  CHECK(text_of(feed.next(mailslog::test::deadline)) == "x");
}
