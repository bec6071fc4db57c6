#include "read/time_order.hpp"

#include <string>
#include <vector>

#include "sample.hpp"
#include "support/catch.hpp"

using namespace slotcat;
using namespace slotcat::test;
using namespace std::chrono_literals;

namespace {

// Both clocks go on.
moment& operator+=(moment& m, std::chrono::nanoseconds time) {
  m.wall += time;
  m.steady += time;
  return m;
}

const moment start{a_time, 5s};

const mailslog::sender_info a{1, "h", "a", 1};
const mailslog::sender_info b{2, "h", "b", 2};

// A merge with a clock of its own; `wait` is 100 ms.
struct merge {
  time_order order{100ms, 1 << 20};
  moment now = start;

  void push(const mailslog::sender_info& from, std::string text, std::chrono::nanoseconds time) {
    mailslog::received_record record;
    record.from = &from;
    record.text = text;
    record.time = a_time + time;
    order.push(record, now);
    text.assign(text.size(), '#');  // the reader's memory is used again
  }

  std::string pop_all() {
    std::string texts;
    for (;;) {
      const auto next = order.pop(now);
      if (next.event == nullptr) return texts;
      texts += text_of(next);
    }
  }

  static std::string text_of(const time_order::released& next) {
    const auto& record = std::get<mailslog::received_record>(*next.event);
    return record.from->app + ':' + std::string(record.text) + (next.late ? "! " : " ");
  }
};

}  // namespace

TEST_CASE("records of two senders leave in the order of their times") {
  merge m;
  m.now += 50ms;
  m.push(a, "30", 30ms);
  m.push(b, "10", 10ms);
  m.push(b, "40", 40ms);
  m.push(a, "35", 35ms);
  CHECK(m.pop_all().empty());
  CHECK(m.order.due() == m.now.steady + 100ms);
  m.now += 100ms;
  CHECK(m.pop_all() == "b:10 a:30 a:35 b:40 ");
  CHECK(m.order.empty());
}

TEST_CASE("an older record that arrives within the window leaves first") {
  merge m;
  m.now += 50ms;
  m.push(a, "20", 20ms);
  m.now += 99ms;
  m.push(b, "10", 10ms);
  m.now += 1ms;
  CHECK(m.pop_all() == "b:10 a:20 ");
}

TEST_CASE("a record that arrives after younger ones have left is marked") {
  merge m;
  m.now += 50ms;
  m.push(a, "40", 40ms);
  m.now += 100ms;
  CHECK(m.pop_all() == "a:40 ");
  m.push(b, "10", 10ms);
  m.push(b, "60", 60ms);
  m.now += 100ms;
  CHECK(m.pop_all() == "b:10! b:60 ");
}

TEST_CASE("each sender's order is kept though its clock jumps back") {
  merge m;
  m.now += 50ms;
  m.push(a, "30", 30ms);
  m.push(a, "10", 10ms);
  m.push(b, "20", 20ms);
  m.now += 100ms;
  CHECK(m.pop_all() == "b:20 a:30 a:10 ");
}

TEST_CASE("a sender that claims to be in the future does not make all others late") {
  merge m;
  m.push(a, "future", 24h);
  m.now += 100ms;
  CHECK(m.pop_all() == "a:future ");
  m.push(b, "now", 100ms);
  m.now += 100ms;
  CHECK(m.pop_all() == "b:now ");
}

TEST_CASE("nothing is held for longer when the clock is set back, and nothing is late") {
  merge m;
  m.now += 50ms;
  m.push(a, "before", 40ms);
  m.now.wall -= 1h;
  m.push(a, "after", -1h + 50ms);
  m.push(b, "too", -1h + 45ms);
  m.now += 100ms;
  CHECK(m.pop_all() == "a:before b:too a:after ");
  m.push(b, "next", -1h + 150ms);
  m.push(a, "next", -1h + 140ms);
  m.now += 100ms;
  CHECK(m.pop_all() == "a:next b:next ");
}

TEST_CASE("nothing leaves sooner when the clock is set forward") {
  merge m;
  m.now += 50ms;
  m.push(a, "20", 20ms);
  m.now.wall += 1h;
  CHECK(m.pop_all().empty());
  m.push(b, "10", 10ms);
  m.now += 100ms;
  CHECK(m.pop_all() == "b:10 a:20 ");
}

TEST_CASE("a clock that is slowed down a little is not set back") {
  merge m;
  for (int i = 1; i <= 100; ++i) {
    m.now += 1s;
    m.now.wall -= 500us;
    m.push(a, "a", m.now.wall - a_time);
    m.push(b, "b", m.now.wall - a_time - 1ms);
    m.now += 100ms;
    REQUIRE(m.pop_all() == "b:b a:a ");
  }
}

TEST_CASE("gaps and foreign messages keep their place") {
  merge m;
  m.now += 50ms;
  m.push(a, "10", 10ms);
  m.order.push(mailslog::gap{&a, 5, 6, 2, 0}, m.now);
  m.push(b, "20", 20ms);
  m.order.push(mailslog::foreign_message{m.now.wall, "x", "hello", "WINBOX"}, m.now);
  m.now += 100ms;
  CHECK(merge::text_of(m.order.pop(m.now)) == "a:10 ");
  const auto* gap = std::get_if<mailslog::gap>(m.order.pop(m.now).event);
  REQUIRE(gap != nullptr);
  CHECK(gap->from->app == "a");
  CHECK(merge::text_of(m.order.pop(m.now)) == "b:20 ");
  const auto* foreign = std::get_if<mailslog::foreign_message>(m.order.pop(m.now).event);
  REQUIRE(foreign != nullptr);
  CHECK(foreign->bytes == "hello");
  CHECK(foreign->claimed_name == "WINBOX");
}

TEST_CASE("all strings of a held record are its own") {
  time_order order(100ms, 1 << 20);
  std::string logger = "logger", text = "text", file = "file", function = "function", key = "key", value = "value";
  mailslog::sender_info from = a;
  mailslog::received_record record;
  record.from = &from;
  record.logger = logger;
  record.text = text;
  record.source = {file, 1, function};
  record.attributes = {{key, value}, {"n", std::int64_t{1}}};
  order.push(record, start);
  for (auto* s : {&logger, &text, &file, &function, &key, &value, &from.app}) s->assign(s->size(), '#');

  const auto held = order.pop_any();
  const auto& r = std::get<mailslog::received_record>(*held.event);
  CHECK(r.logger == "logger");
  CHECK(r.text == "text");
  CHECK(r.source.file == "file");
  CHECK(r.source.function == "function");
  CHECK(r.attributes[0].name == "key");
  CHECK(std::get<std::string_view>(r.attributes[0].value) == "value");
  CHECK(r.from->app == "a");
}

TEST_CASE("memory is bounded: too much held leaves early") {
  time_order order(1h, 100'000);
  mailslog::received_record record;
  const std::string text(1000, 'x');
  record.from = &a;
  record.text = text;
  std::size_t held = 0;
  for (int i = 0; i < 1000; ++i) {
    order.push(record, start);
    ++held;
    while (order.pop(start).event != nullptr) --held;
    REQUIRE(held <= 100);
  }
  CHECK(held > 50);
}
