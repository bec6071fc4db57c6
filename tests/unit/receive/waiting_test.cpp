// Readers and their time: waiting for several, being closed, and a flood of what is not wanted.
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <mailslog/record_reader.hpp>
#include <mailslog/record_writer.hpp>
#include <mailslog/slot.hpp>

#include "support/catch.hpp"
#include "support/scratch.hpp"
#include "support/wait_until.hpp"

#ifndef _WIN32
#include "hostile/child.hpp"
#endif

using namespace mailslog;
using namespace mailslog::test;
using namespace std::chrono_literals;

namespace {

void post(const std::string& slot, std::string_view text) {
  record r;
  r.text = text;
  record_writer writer(slot);
  (void)writer.write(r);  // in any thread, where nothing may be checked; who waits for it will miss it
}

/// Puts messages into a slot as fast as its reader takes them, until it is told to stop, or the test has waited for too long.
class flood {
 public:
  flood(const std::string& slot, std::string text)
      : thread_([this, slot, text = std::move(text)] {
          slot_writer writer(slot);
          const auto end = std::chrono::steady_clock::now() + deadline;
          while (!enough_) {
            (void)writer.put(text);
            posted_ = true;
            if (std::chrono::steady_clock::now() > end) over_ = true;
            if (over_) return;
          }
        }) {}
  ~flood() {
    enough_ = true;
    thread_.join();
  }
  bool goes_on() const { return !over_; }
  bool has_begun() const { return posted_; }

 private:
  std::atomic<bool> enough_{false};
  std::atomic<bool> posted_{false};
  std::atomic<bool> over_{false};
  std::thread thread_;
};

}  // namespace

TEST_CASE("one thread waits for several readers, and hears each", "[reader]") {
  const scratch_folder folder;
  const std::vector<std::string> names{scratch_name(), scratch_name(), scratch_name()};
  std::vector<std::unique_ptr<record_reader>> readers;
  std::vector<record_reader*> all;
  for (const auto& name : names) all.push_back(readers.emplace_back(std::make_unique<record_reader>(address(name))).get());
  const auto nobody_is_to_be_asked = [&](std::chrono::nanoseconds timeout) {
    for (auto* r : all) REQUIRE(r->next_event(0ns) == nullptr);  // it may be time to look at what is remembered
    return !wait_any(all, timeout);
  };
  CHECK(wait_until([&] { return nobody_is_to_be_asked(0ns); }));
  CHECK(wait_until([&] { return nobody_is_to_be_asked(1ms); }));
  CHECK_FALSE(wait_any({}, 0ns));

  for (std::size_t n = 0; n < names.size(); ++n) {
    std::thread writer([&] { post(names[n], "text " + std::to_string(n)); });
    std::string heard;
    while (heard.empty()) {
      REQUIRE(wait_any(all, deadline));
      for (std::size_t i = 0; i < all.size(); ++i) {
        while (const auto* e = all[i]->next_event(0ns)) {
          const auto* r = std::get_if<received_record>(e);
          if (r == nullptr) continue;  // the writer before has ended
          REQUIRE(i == n);
          heard = r->text;
        }
      }
    }
    writer.join();
    CHECK(heard == "text " + std::to_string(n));
  }
}

TEST_CASE("waiting for several readers ends at once while one of them has not been asked for all it has", "[reader]") {
  const scratch_folder folder;
  const auto name = scratch_name();
  record_reader reader{address(name)};
  record_reader other{address(scratch_name())};
  {
    record_writer writer(name);
    record r;
    r.text = "x";
    for (int i = 0; i < 3; ++i) REQUIRE_FALSE(writer.write(r));
  }
  for (int i = 0; i < 3; ++i) {
    REQUIRE(wait_any({&other, &reader}, deadline));
    REQUIRE(reader.next(deadline) != nullptr);
  }
}

TEST_CASE("a reader that is closed by another thread ends the waiting for several", "[reader]") {
  const scratch_folder folder;
  record_reader one{address(scratch_name())};
  record_reader two{address(scratch_name())};
  std::thread closer([&] { two.close(); });
  CHECK(wait_any({&one, &two}, forever));
  closer.join();
  CHECK(two.closed());
  CHECK(two.next_event(forever) == nullptr);
}

TEST_CASE("counters of readers can be added", "[reader]") {
  reader_stats one;
  one.delivered = 1;
  one.late = 2;
  one.bytes = 3;
  auto sum = one;
  sum += one;
  CHECK(sum.delivered == 2);
  CHECK(sum.late == 4);
  CHECK(sum.bytes == 6);
  CHECK(sum.missing == 0);
}

TEST_CASE("a time limit holds though messages that are no records come without end", "[reader]") {
  const scratch_folder folder;
  const auto name = scratch_name();
  record_reader reader{address(name)};
  const flood messages(name, "not a record");
  REQUIRE(wait_until([&] { return reader.next_event(0ns) != nullptr; }));
  CHECK(reader.next(1ms) == nullptr);
  CHECK(messages.goes_on());
}

TEST_CASE("a time limit and closing hold though messages that are refused come without end", "[reader]") {
  const scratch_folder folder;
  const auto name = scratch_name();
  slot_reader reader(name + "?max_message_size=100");
  const flood refused(name, std::string(101, 'x'));
  REQUIRE(wait_until([&] { return refused.has_begun(); }));
  CHECK_FALSE(reader.get(1ms));
  std::thread closer([&] { reader.close(); });
  CHECK_FALSE(reader.get(forever));
  closer.join();
  CHECK(refused.goes_on());
}

#ifndef _WIN32
TEST_CASE("a child ends though a thread of its parent was waiting in a reader", "[reader]") {
  const scratch_folder folder;
  auto records = std::make_unique<record_reader>(address(scratch_name()));
  auto bytes = std::make_unique<slot_reader>(address(scratch_name()));
  std::thread one([&] { (void)records->next(forever); });
  std::thread two([&] { (void)bytes->get(forever); });
  // Whether they wait already is not to be seen from here: many forks, then.
  for (int i = 0; i < 20; ++i) {
    CHECK(in_child([&] {
            if (!records->closed()) return 1;
            if (records->next_event(forever) != nullptr || bytes->get(forever)) return 2;
            records.reset();
            bytes.reset();
            return 0;
          }) == 0);
  }
  records->close();
  bytes->close();
  one.join();
  two.join();
}
#endif
