// Messages of a program's own, as bytes, over each way that they can take.
#include <atomic>
#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <mailslog/slot.hpp>

#include "slots.hpp"
#include "support/catch.hpp"
#include "support/wait_until.hpp"

using namespace mailslog;
using namespace mailslog::test;
using namespace std::chrono_literals;

namespace {

slot_pair any_slot() { return scratch_slot(GENERATE(way::local, way::multicast, way::unicast, way::unicast6)); }

/// A slot by any way, being read and posted to.
struct open_slot {
  scratch_folder folder;
  slot_pair slot = any_slot();
  slot_reader reader{slot.reader};
  slot_writer writer{slot.writer};
};

std::string next(slot_reader& reader) {
  const auto m = reader.get(deadline);
  return m ? m->bytes : "nothing came";
}

}  // namespace

TEST_CASE("a message is one message, in order, whatever its bytes and its size") {
  open_slot at;
  CAPTURE(at.slot.writer);
  const auto most = at.writer.max_message_size();
  REQUIRE(most >= 1000);
  const std::vector<std::string> texts{"first", "", {"\0\r\n\x1a", 4}, std::string(most, 'x'), "last"};
  for (const auto& text : texts) {
    REQUIRE_FALSE(at.writer.put(text));
    CHECK((next(at.reader) == text));  // not printed: it may be long
  }
}

TEST_CASE("a message that is too large is refused, and others go on") {
  open_slot at;
  CAPTURE(at.slot.writer);
  CHECK(at.writer.put(std::string(at.writer.max_message_size() + 1, 'x')) == errc::message_too_large);
  REQUIRE_FALSE(at.writer.put("after"));
  CHECK(next(at.reader) == "after");
}

TEST_CASE("a reader takes no larger messages than it wants, and counts what it refuses") {
  const scratch_folder folder;
  const auto slot = any_slot();
  CAPTURE(slot.writer);
  slot_options options;
  options.max_message_size = 100;
  slot_reader reader(slot.reader, options);
  CHECK(reader.info().max_message_size == 100);
  slot_writer writer(slot.writer);
  const bool told = writer.put(std::string(101, 'x')) == errc::message_too_large;
  REQUIRE_FALSE(writer.put(std::string(100, 'y')));
  CHECK(next(reader) == std::string(100, 'y'));
  CHECK((told || reader.info().refused == 1));  // a local writer knows before it sends
}

TEST_CASE("an empty slot is waited for as long as the caller says, and tells that it is empty") {
  const scratch_folder folder;
  slot_options options;
  options.read_timeout = 20ms;
  slot_reader reader(any_slot().reader, options);
  CHECK_FALSE(reader.get(0ns));
  CHECK_FALSE(reader.get());
  CHECK_FALSE(reader.get(10ms));
  CHECK(reader.empty());
  const auto info = reader.info();
  CHECK(info.read_timeout == 20ms);
  CHECK(info.count == 0);
  CHECK_FALSE(info.next_size);
}

TEST_CASE("a slot tells how many messages wait, and the size of the next") {
  open_slot at;
  CAPTURE(at.slot.writer);
  for (const auto* text : {"four", "fifth", ""}) REQUIRE_FALSE(at.writer.put(text));
  REQUIRE(wait_until([&] { return at.reader.size() == 3; }));
  CHECK(at.reader.info().next_size == 4);
  CHECK(next(at.reader) == "four");
  CHECK(at.reader.info().next_size == 5);
  CHECK(at.reader.size() == 2);
}

TEST_CASE("messages of several writers come in the order of each, and say where from") {
  const scratch_folder folder;
  const auto slot = any_slot();
  CAPTURE(slot.writer);
  slot_reader reader(slot.reader);
  std::vector<std::thread> threads;
  for (const auto* name : {"a", "b", "c"}) {
    threads.emplace_back([&slot, name] {
      slot_writer writer(slot.writer);
      for (int i = 0; i < 50; ++i) {
        while (writer.put(name + std::to_string(i)) == errc::queue_full) std::this_thread::yield();
      }
    });
  }
  std::vector<message> heard;
  while (heard.size() < 150) {
    auto m = reader.get(deadline);
    if (!m) break;
    heard.push_back(std::move(*m));
  }
  for (auto& t : threads) t.join();
  CHECK(heard.size() == 150);
  std::map<char, int> following;
  for (const auto& m : heard) {
    REQUIRE(m.bytes.size() >= 2);
    CHECK(m.bytes.substr(1) == std::to_string(following[m.bytes[0]]++));
    CHECK(m.claimed_name.empty());
#ifdef __linux__
    CHECK_THAT(m.from, StartsWith("pid ") || StartsWith("127.0.0.1:") || StartsWith("[::1]:"));
#endif
  }
}

TEST_CASE("every reader gets every message") {
  const scratch_folder folder;
  const auto slot = scratch_slot(GENERATE(from_range(ways_to_several_readers())));
  CAPTURE(slot.writer);
  slot_reader one(slot.reader);
  slot_reader two(slot.reader);
  slot_writer writer(slot.writer);
  for (const auto* text : {"1", "2", "3"}) {
    REQUIRE_FALSE(writer.put(text));
    CHECK(next(one) == text);
    CHECK(next(two) == text);
  }
}

TEST_CASE("nobody needs to read, and a reader hears what is put after it has opened the slot") {
  const scratch_folder folder;
  const auto slot = any_slot();
  CAPTURE(slot.writer);
  slot_writer writer(slot.writer);
  CHECK_FALSE(writer.put("to nobody"));
  CHECK_FALSE(writer.put("to nobody, again"));  // after the system said that nobody listens
  slot_reader reader(slot.reader);
  CHECK_FALSE(writer.put("to a reader"));
  CHECK(next(reader) == "to a reader");
}

TEST_CASE("a closed slot ends what waits for messages, in whatever thread that is") {
  open_slot at;
  CAPTURE(at.slot.writer);
  REQUIRE_FALSE(at.writer.put("one"));
  std::vector<std::string> heard;
  std::atomic<bool> hears{false};
  std::thread loop([&] {
    for (const auto& m : at.reader) {
      heard.push_back(m.bytes);
      hears = true;
    }
  });
  CHECK(wait_until([&] { return hears.load(); }));
  at.reader.close();
  loop.join();
  CHECK(heard == std::vector<std::string>{"one"});
  CHECK_FALSE(at.reader.get(forever));
  CHECK(at.reader.empty());
}

#ifndef _WIN32  // Wine's mailslots have no limit of bytes
TEST_CASE("a reader that takes nothing holds no more than its memory, delays nobody, and has the first messages") {
  const scratch_folder folder;
  const auto name = scratch_name();
  slot_options options;
  options.max_memory = 1024 * 1024;
  slot_reader reader(name, options);
  slot_writer writer(name);
  const std::string text(10'000, 'x');
  std::size_t put = 0;
  std::error_code error;
  while (!(error = writer.put(text)) && put < 10'000) ++put;
  CHECK(error == errc::queue_full);
  CHECK(put >= 60);
  CHECK(put < 500);
  for (std::size_t i = 0; i < put; ++i) REQUIRE(next(reader) == text);
  REQUIRE(wait_until([&] { return !writer.put("again"); }));
  CHECK(next(reader) == "again");
}
#endif
