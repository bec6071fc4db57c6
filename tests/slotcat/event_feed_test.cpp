#include "event_feed.hpp"

#include <future>
#include <map>
#include <string>
#include <thread>

#include <mailslog/record_writer.hpp>

#include "support/catch.hpp"
#include "support/scratch.hpp"
#include "support/wait_until.hpp"

using namespace slotcat;
using namespace std::chrono_literals;

namespace {

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
  const auto names = GENERATE(std::vector<std::string>{"a"}, std::vector<std::string>{"a", "b", "c"});
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
  feed.stop();
  CHECK(feed.stats().delivered == 3 * names.size());
}

TEST_CASE("a busy slot does not keep the others waiting") {
  const mailslog::test::scratch_folder folder;
  event_feed feed(readers({"busy", "quiet"}));
  mailslog::slot_options patient;
  patient.overflow = mailslog::overflow_policy::block;
  mailslog::record_writer busy("busy", patient);
  mailslog::record_writer quiet("quiet");
  for (int i = 0; i < 3000; ++i) {
    mailslog::record record;
    record.text = "busy";
    busy.write(record);
  }
  busy.flush(mailslog::test::deadline);
  post(quiet, "quiet");
  quiet.flush(mailslog::test::deadline);

  std::map<std::string, int> before;
  for (std::string text; text != "quiet"; ++before[text]) text = text_of(feed.next(mailslog::test::deadline));
  CHECK(before["busy"] < 2000);
  CHECK(before["(nothing)"] == 0);
}

TEST_CASE("closing from another thread ends waiting") {
  const mailslog::test::scratch_folder folder;
  const auto names = GENERATE(std::vector<std::string>{"a"}, std::vector<std::string>{"a", "b"});
  event_feed feed(readers(names));
  auto closing = std::async(std::launch::async, [&] { feed.close(); });
  CHECK(feed.next(mailslog::forever) == nullptr);
  CHECK(mailslog::test::wait_until([&] { return feed.closed(); }));
  CHECK(feed.next(mailslog::forever) == nullptr);
}

TEST_CASE("counters are fresh while several readers wait") {
  const mailslog::test::scratch_folder folder;
  event_feed feed(readers({"a", "b"}), 1ms);
  mailslog::record_writer writer("a");
  post(writer, "x");
  CHECK(text_of(feed.next(mailslog::test::deadline)) == "x");
  CHECK(feed.next(1ms) == nullptr);  // now both wait
  CHECK(mailslog::test::wait_until([&] { return feed.stats().delivered == 1; }));
}
