// Messages of a program's own, as bytes, over each way that they can take.
#include <algorithm>
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
  const std::vector<std::string> texts{"first", "", {"\0\r\n\x1a", 4}, std::string(std::min<std::size_t>(most, 30'000), 'x'),
                                       std::string(most, 'y'), "last"};
  for (const auto& text : texts) {
    REQUIRE_FALSE(at.writer.put(text));
    CHECK((next(at.reader) == text));  // not printed: it may be long
  }
  for (const auto* text : {"1", "2", "3"}) REQUIRE_FALSE(at.writer.put(text));
  for (const auto* text : {"1", "2", "3"}) CHECK(next(at.reader) == text);
}

TEST_CASE("a message that is too large is refused, and others go on") {
  open_slot at;
  CAPTURE(at.slot.writer);
  CHECK(at.writer.put(std::string(at.writer.max_message_size() + 1, 'x')) == errc::message_too_large);
  REQUIRE_FALSE(at.writer.put("after"));
  CHECK(next(at.reader) == "after");
}

TEST_CASE("a message above the reader's limit is refused, by the system or by the reader, and the next one arrives") {
  const scratch_folder folder;
  const auto slot = any_slot();
  CAPTURE(slot.writer);
  slot_options options;
  options.max_message_size = 1000;
  slot_reader reader(slot.reader, options);
  slot_writer writer(slot.writer);
  CHECK_FALSE(writer.put(std::string(1000, 'x')));
  CHECK(next(reader) == std::string(1000, 'x'));
  const bool told = writer.put(std::string(1001, 'x')) == errc::message_too_large;  // Wine takes it
  REQUIRE_FALSE(writer.put("next"));
  CHECK(next(reader) == "next");
  CHECK((told || reader.info().oversized == 1));
}

TEST_CASE("an empty slot is waited for as long as the caller says, and tells that it is empty") {
  const scratch_folder folder;
  slot_options options;
  options.read_timeout = 30ms;
  slot_reader reader(any_slot().reader, options);
  CHECK_FALSE(reader.get(0ns));
  CHECK_FALSE(reader.get());
  const auto start = std::chrono::steady_clock::now();
  CHECK_FALSE(reader.get(50ms));
  CHECK(std::chrono::steady_clock::now() - start >= 49ms);
  CHECK(reader.empty());
  const auto info = reader.info();
  CHECK(info.read_timeout == 30ms);
  CHECK(info.count == 0);
  CHECK_FALSE(info.next_size);
}

TEST_CASE("a slot tells its limit, the size of the next message, and how many wait") {
  const scratch_folder folder;
  const auto slot = any_slot();
  CAPTURE(slot.writer);
  slot_options options;
  options.max_message_size = 1000;
  slot_reader reader(slot.reader, options);
  slot_writer writer(slot.writer);
  for (const auto& text : {std::string(700, 'x'), std::string("fifth"), std::string()}) REQUIRE_FALSE(writer.put(text));
  REQUIRE(wait_until([&] { return reader.size() == 3; }));
  CHECK(reader.info().max_message_size == 1000);
  CHECK(reader.info().next_size == std::size_t{700});
  CHECK(next(reader) == std::string(700, 'x'));
  CHECK(reader.info().next_size == std::size_t{5});
  CHECK(reader.size() == 2);
}

TEST_CASE("several writers share a slot, and each one's messages keep their order and say where they are from") {
  const scratch_folder folder;
  const auto by = GENERATE(way::local, way::multicast, way::unicast, way::unicast6);
  const auto slot = scratch_slot(by);
  CAPTURE(slot.writer);
  slot_reader reader(slot.reader);
  const int messages = by == way::local ? 500 : 50;  // the network loses what it has no room for
  slot_options options;
  options.overflow = overflow_policy::block;
  options.block_time = deadline;
  std::vector<std::thread> threads;
  for (const auto* name : {"a", "b", "c", "d"}) {
    threads.emplace_back([&, name] {
      slot_writer writer(address(slot.writer, options));
      for (int i = 0; i < messages; ++i) writer.put(name + std::to_string(i));
    });
  }
  const auto all = threads.size() * static_cast<std::size_t>(messages);
  std::vector<message> heard;
  while (heard.size() < all) {
    auto m = reader.get(deadline);
    if (!m) break;
    heard.push_back(std::move(*m));
  }
  for (auto& t : threads) t.join();
  CHECK(heard.size() == all);
  std::map<char, int> following;
  for (const auto& m : heard) {
    REQUIRE(m.bytes.size() >= 2);
    REQUIRE(m.bytes.substr(1) == std::to_string(following[m.bytes[0]]++));
    REQUIRE(m.claimed_name.empty());
#ifdef __linux__
    REQUIRE_THAT(m.from, StartsWith("pid ") || StartsWith("127.0.0.1:") || StartsWith("[::1]:"));
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

TEST_CASE("a slot that nobody reads is no error, and its reader may come, go, and come again") {
  const scratch_folder folder;
  const auto slot = any_slot();
  CAPTURE(slot.writer);
  slot_writer writer(slot.writer);
  CHECK_FALSE(writer.put("to nobody"));
  CHECK_FALSE(writer.put("to nobody, again"));  // after the system said that nobody listens
  for (const auto* text : {"first reader", "second reader"}) {
    slot_reader reader(slot.reader);
    REQUIRE_FALSE(writer.put(text));
    CHECK(next(reader) == text);
  }
  CHECK_FALSE(writer.put("nobody hears this either"));
  slot_reader last(slot.reader);
  CHECK_FALSE(last.get(0ns));
}

TEST_CASE("unread messages go with their reader") {
  const scratch_folder folder;
  const auto slot = any_slot();
  CAPTURE(slot.writer);
  slot_writer writer(slot.writer);
  {
    const slot_reader reader(slot.reader);
    REQUIRE_FALSE(writer.put("never read"));
  }
  slot_reader reader(slot.reader);
  REQUIRE_FALSE(writer.put("read"));
  CHECK(next(reader) == "read");
}

TEST_CASE("another thread ends the wait for a message") {
  const scratch_folder folder;
  slot_reader reader(any_slot().reader);
  std::thread closer([&] { reader.close(); });
  CHECK_FALSE(reader.get(forever));
  closer.join();
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
  CHECK(put >= 40);
  CHECK(put < 500);
  for (std::size_t i = 0; i < put; ++i) REQUIRE(next(reader) == text);
  REQUIRE(wait_until([&] { return !writer.put("again"); }));
  CHECK(next(reader) == "again");
}
#endif
