// From records to datagrams: when they leave, how they are numbered, and what becomes of those that cannot leave.
#include "send/outbox.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <thread>

#include "listening.hpp"
#include "parsed.hpp"
#include "support/catch.hpp"
#include "support/wait_until.hpp"

using namespace mailslog;
using namespace mailslog::test;
using namespace std::chrono_literals;
using lines = std::vector<std::string>;
using transport::send_status;

namespace {

outbox::time_point fake_now{1h};
std::chrono::nanoseconds fake_slept{};

/// A system that takes datagrams, has no room, or refuses them, as told.
struct fake_system {
  std::vector<bytes> taken;
  send_status answer = send_status::done;
  std::size_t calls = 0;
  std::size_t max_datagram = 65507;
  std::size_t default_datagram = 1400;
  std::size_t at_once = 4;
  bool lossy = false;
  int opened = 0;
  int stuck_before = 0;  // senders up to this one never have room
  bytes again;  // what must be sent next, if it was not taken
  bool again_kept = true;
  std::chrono::nanoseconds longest_wait{0};  // that it was asked for
  std::function<void()> meanwhile = [] {};   // what others do while it takes them
};

class fake_sender final : public transport::datagram_sender {
 public:
  explicit fake_sender(fake_system& system) : system_(system), number_(++system.opened) {}

  transport::transport_traits traits() const noexcept override { return {system_.lossy, true, false}; }
  transport::send_result send(byte_view datagrams, std::size_t size) noexcept override {
    ++system_.calls;
    system_.meanwhile();
    const bytes all(datagrams.data, datagrams.data + datagrams.size);
    if (!system_.again.empty() && system_.again != all) system_.again_kept = false;
    system_.again.clear();
    if (number_ <= system_.stuck_before) return {send_status::would_block, {}, 0};
    switch (system_.answer) {
      case send_status::would_block: system_.again = all; return {send_status::would_block, {}, 0};
      case send_status::failed: return {send_status::failed, std::make_error_code(std::errc::message_size), 0};
      case send_status::done: break;
    }
    for (std::size_t at = 0; at < all.size(); at += size) {
      system_.taken.emplace_back(all.begin() + static_cast<std::ptrdiff_t>(at),
                                 all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), at + size)));
    }
    return {send_status::done, {}, 1};
  }
  void abandon() noexcept override { system_.again.clear(); }
  void wait(std::chrono::nanoseconds time) noexcept override { system_.longest_wait = std::max(system_.longest_wait, time); }
  std::size_t max_datagram() const noexcept override { return system_.max_datagram; }
  std::size_t default_datagram() const noexcept override { return system_.default_datagram; }
  std::size_t datagrams_at_once(std::size_t) const noexcept override { return system_.at_once; }

 private:
  fake_system& system_;
  int number_;
};

/// An outbox on a fake system and a fake clock, and a reader of what came through.
class posting {
 public:
  explicit posting(slot_options options = {}, bool lossy = false) {
    config_.slot_tag = our_tag;
    config_.host = "here";
    config_.app = "app";
    config_.options = options;
    config_.options.linger = 0s;
    system.lossy = lossy;
    config_.clock = config_.coarse_clock = [] { return fake_now; };
    config_.slept = []() noexcept { return fake_slept; };
    config_.own_thread = false;
  }

  fake_system system;

  void linger(std::chrono::nanoseconds time) { config_.options.linger = time; }
  outbox& box() {
    if (!outbox_) {
      outbox_ = std::make_unique<outbox>([this] { return std::make_unique<fake_sender>(system); }, config_);
    }
    return *outbox_;
  }
  std::error_code write(std::string_view text, level l = level::info) {
    record r;
    r.level = l;
    r.text = text;
    return box().write(r);
  }
  /// Lets time pass, and what is due happen, step by step.
  void pass(std::chrono::nanoseconds time) {
    const auto until = fake_now + time;
    for (int steps = 0; steps < 100'000; ++steps) {
      const auto next = box().service();
      if (!next || *next > until) break;
      fake_now = std::max(*next, fake_now + 1ns);
    }
    fake_now = std::max(fake_now, until);
  }
  void end() { outbox_.reset(); }

  /// What a reader makes of all that was taken.
  lines heard() {
    reader_.hear(system.taken).wait();
    system.taken.clear();
    return reader_.heard();
  }
  const reader_stats& reader() const { return reader_.stats(); }

 private:
  static inbox_config reading() {
    auto c = listening_config();
    c.opened = inbox_config::time_point(-24h);  // before anything
    return c;
  }

  outbox_config config_;
  std::unique_ptr<outbox> outbox_;
  listening reader_{reading()};
};

std::uint64_t number_of(const bytes& datagram) {
  wire::header h;
  REQUIRE(wire::decode(view(datagram), h) == wire::header_error::none);
  return h.number;
}

slot_options with_queue(std::size_t bytes, overflow_policy policy) {
  slot_options o;
  o.queue = bytes;
  o.overflow = policy;
  return o;
}

}  // namespace

TEST_CASE("datagrams say how old their sender is when they leave", "[outbox]") {
  posting p;
  p.write("first");
  p.box().flush();
  fake_now += 1500ms;
  p.write("second");
  p.box().flush();
  fake_slept += 1h;  // the clock stands still while the machine sleeps
  p.write("third");
  p.box().flush();
  REQUIRE(p.system.taken.size() == 3);
  std::vector<std::uint32_t> ages;
  for (const auto& b : p.system.taken) {
    const auto d = parse(view(b));
    REQUIRE((d && d->senders.size() == 1 && d->senders[0].age_ms));
    ages.push_back(*d->senders[0].age_ms);
  }
  CHECK(ages == std::vector<std::uint32_t>{0, 1500, 1500 + 3'600'000});
}

TEST_CASE("datagrams end with a check sum if the slot's options ask for it", "[outbox]") {
  for (const bool asked : {false, true}) {
    slot_options o;
    o.checksum = asked;
    posting p(o);
    p.write("text");
    p.end();
    REQUIRE_FALSE(p.system.taken.empty());
    for (const auto& b : p.system.taken) {
      const auto d = parse(view(b));
      REQUIRE(d);
      CHECK((d->frames.back() == wire::frame_type::check) == asked);
    }
  }
}

TEST_CASE("a lone record leaves at once", "[outbox]") {
  posting p;
  fake_now += 1s;
  CHECK_FALSE(p.write("a"));
  CHECK(p.heard() == lines{"0 a"});
  fake_now += 1s;
  p.write("b");
  CHECK(p.heard() == lines{"1 b"});
}

TEST_CASE("records that come fast share a datagram, and wait no longer than max_delay", "[outbox]") {
  posting p;
  fake_now += 1s;
  p.write("a");
  p.heard();
  fake_now += 10us;
  p.write("b");
  fake_now += 10us;
  p.write("c");
  CHECK(p.system.taken.empty());
  const auto due = p.box().service();
  REQUIRE(due);
  CHECK(*due == fake_now - 10us + 1ms);
  p.pass(1ms - 11us);
  CHECK(p.system.taken.empty());
  p.pass(1us);
  CHECK(p.system.taken.size() == 1);
  CHECK(p.heard() == lines{"1 b", "2 c"});
}

TEST_CASE("what did not fit a full batch waits as long as any other record", "[outbox]") {
  posting p;
  fake_now += 1s;
  p.write("leaves at once");
  p.write("begins a batch");
  fake_now += 900us;
  const std::string text(1000, 'x');  // one to a datagram
  while (p.system.calls == 1) p.write(text);
  p.pass(200us);  // more than max_delay after the full batch was begun
  CHECK(p.system.calls == 2);
  p.pass(900us);
  CHECK(p.system.calls == 3);
}

TEST_CASE("records do not wait where they are not to", "[outbox]") {
  SECTION("max_delay is 0") {
    slot_options o;
    o.max_delay = 0ns;
    posting p(o);
    p.write("a");
    p.write("b");
    p.write("c");
    CHECK(p.system.taken.size() == 3);
    CHECK(p.heard() == lines{"0 a", "1 b", "2 c"});
  }
  SECTION("they are bad enough") {
    posting p;
    p.write("a");
    p.write("b");
    p.write("c", level::error);
    CHECK(p.heard() == lines{"0 a", "1 b", "2 c"});
  }
  SECTION("flush is called") {
    posting p;
    p.write("a");
    p.write("b");
    p.box().flush();
    CHECK(p.heard() == lines{"0 a", "1 b"});
    CHECK(p.box().flush(0ns));
  }
  SECTION("the writer ends") {
    posting p;
    p.write("a");
    p.write("b");
    p.end();
    CHECK(p.heard() == lines{"0 a", "1 b"});
  }
}

TEST_CASE("a level beyond the last counts as the last, and changes nothing else of a record", "[outbox]") {
  posting p;
  CHECK_FALSE(p.write("first", static_cast<level>(99)));
  CHECK_FALSE(p.write(std::string(100'000, 'x'), static_cast<level>(255)));
  CHECK_FALSE(p.write("last", static_cast<level>(0x0f)));
  p.pass(1ms);
  CHECK(p.heard() == lines{"0 first", "1 " + std::string(100'000, 'x'), "2 last"});
  record r;
  r.level = static_cast<level>(99);
  CHECK(wire::content_flags(r) == static_cast<std::uint8_t>(level::critical));
}

TEST_CASE("a datagram is as large as the limit at most", "[outbox]") {
  slot_options o;
  posting p(o);
  std::size_t limit = 1400;
  SECTION("the transport's default") {}
  SECTION("the user's") {
    o.limit = limit = 424;
    p = posting(o);
  }
  SECTION("the transport's, where the user asks for more") {
    o.limit = 65507;
    p = posting(o);
    p.system.max_datagram = limit = 9000;
  }
  record_maker make(1);
  for (int i = 0; i < 200; ++i) {
    auto r = make.any(i % 10 == 0 ? 20'000 : 100);
    REQUIRE_FALSE(p.box().write(r));
  }
  p.end();
  std::size_t largest = 0;
  for (const auto& d : p.system.taken) largest = std::max(largest, d.size());
  CHECK(largest == limit);
  p.heard();
  CHECK(p.reader().delivered == 200);
}

TEST_CASE("datagrams are numbered from 0 without gaps", "[outbox]") {
  posting p;
  p.system.at_once = GENERATE(std::size_t{1}, std::size_t{3});
  record_maker make(2);
  for (int i = 0; i < 300; ++i) {
    p.box().write(make.any(i % 20 == 0 ? 5000 : 50));
    fake_now += std::chrono::microseconds(make.below(2000));
    if (i % 3 == 0) p.pass(0ns);
  }
  p.end();
  REQUIRE(p.system.taken.size() > 10);
  for (std::size_t i = 0; i < p.system.taken.size(); ++i) CHECK(number_of(p.system.taken[i]) == i);
  p.heard();
  CHECK(p.reader().delivered == 300);
  CHECK(p.reader().missing == 0);
}

TEST_CASE("a writer that ends says so", "[outbox]") {
  posting p;
  p.write("a");
  p.write("b");
  p.end();
  const auto last = parse(view(p.system.taken.back()));
  REQUIRE(last);
  REQUIRE_FALSE(last->frames.empty());
  CHECK(last->frames.back() == wire::frame_type::goodbye);
  CHECK(last->next_numbers == std::vector<std::uint64_t>{2});
}

TEST_CASE("a writer that wrote nothing sends nothing", "[outbox]") {
  posting p(slot_options{}, true);
  p.box();
  p.pass(1s);
  p.end();
  CHECK(p.system.calls == 0);
}

TEST_CASE("over a network the end of a burst is told", "[outbox]") {
  posting p(slot_options{}, true);
  fake_now += 1s;
  p.write("a");
  p.write("b");
  p.pass(500ms);
  REQUIRE(p.system.taken.size() >= 2);
  // The burst's own datagram may be lost: its end is known all the same.
  const auto last = parse(view(p.system.taken.back()));
  REQUIRE(last);
  CHECK(last->next_numbers == std::vector<std::uint64_t>{2});
  // Once.
  const auto datagrams = p.system.taken.size();
  p.pass(10s);
  CHECK(p.system.taken.size() == datagrams);
}

TEST_CASE("the end of a burst is told though no record of it had to wait", "[outbox]") {
  slot_options o;
  auto urgent = level::info;
  SECTION("because max_delay is 0") { o.max_delay = 0ns; }
  SECTION("because all are urgent") { urgent = level::error; }
  posting p(o, true);
  for (int i = 0; i < 10; ++i) {
    fake_now += 1ms;
    p.write("a", urgent);
  }
  const auto datagrams = p.system.taken.size();
  CHECK(datagrams == 10);
  p.pass(500ms);
  REQUIRE(p.system.taken.size() == datagrams + 1);
  const auto last = parse(view(p.system.taken.back()));
  REQUIRE(last);
  CHECK(last->next_numbers == std::vector<std::uint64_t>{10});
  p.pass(10s);
  CHECK(p.system.taken.size() == datagrams + 1);
}

TEST_CASE("the end of a burst is told by the outbox's own thread, and of the next one again", "[outbox]") {
  std::atomic<std::uint64_t> told{0};
  /// Looks for what is told: `taken` of the others is not for several threads.
  class sees final : public transport::datagram_sender {
   public:
    explicit sees(std::atomic<std::uint64_t>& told) : told_(told) {}
    transport::transport_traits traits() const noexcept override { return {true, true, false}; }
    transport::send_result send(byte_view datagram, std::size_t) noexcept override {
      const auto d = parse(datagram);
      if (d && d->records.empty() && !d->next_numbers.empty()) told_ = d->next_numbers.back();
      return {send_status::done, {}, 1};
    }
    void abandon() noexcept override {}
    void wait(std::chrono::nanoseconds) noexcept override {}
    std::size_t max_datagram() const noexcept override { return 1400; }
    std::size_t default_datagram() const noexcept override { return 1400; }
    std::size_t datagrams_at_once(std::size_t) const noexcept override { return 1; }

   private:
    std::atomic<std::uint64_t>& told_;
  };
  outbox_config config;
  config.slot_tag = our_tag;
  config.options.max_delay = GENERATE(0ns, 1ms);
  outbox box([&] { return std::make_unique<sees>(told); }, config);
  record r;
  r.text = "text";
  for (std::uint64_t burst = 1; burst <= 3; ++burst) {
    CAPTURE(burst);
    for (int i = 0; i < 5; ++i) box.write(r);
    CHECK(wait_until([&] { return told == 5 * burst; }));
  }
}

TEST_CASE("when the queue is full the newest records are dropped, and the readers are told", "[outbox]") {
  posting p(with_queue(5000, overflow_policy::drop_newest));
  p.system.answer = send_status::would_block;
  std::uint64_t written = 0;
  std::uint64_t refused = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto ec = p.write("some text of a record, number " + std::to_string(i));
    CHECK((!ec || ec == errc::queue_full));
    ++(ec ? refused : written);
  }
  CHECK(refused > 500);
  CHECK(written > 50);
  CHECK(p.box().stats().written == written);
  CHECK(p.box().stats().dropped_queue == refused);
  CHECK(p.box().stats().dropped() == refused);

  p.system.answer = send_status::done;
  p.pass(100ms);
  CHECK_FALSE(p.write("afterwards"));
  p.end();
  CHECK(p.system.again_kept);
  const auto heard = p.heard();
  CHECK(heard.front() == "0 some text of a record, number 0");
  CHECK(heard.back() == "1000 afterwards");
  CHECK(p.reader().delivered == written + 1);
  CHECK(p.reader().dropped_queue == refused);
  CHECK(p.reader().missing == 0);
}

TEST_CASE("what was dropped is told though nothing more is written", "[outbox]") {
  posting p;
  SECTION("because the queue was full") {
    p = posting(with_queue(1400, overflow_policy::drop_newest));
    p.system.answer = send_status::would_block;
    for (int i = 0; i < 1000; ++i) p.write("some text of a record");
    p.system.answer = send_status::done;
  }
  SECTION("because it was too large") {
    p.write("a");
    CHECK(p.write(std::string(max_record_size, 'x')) == errc::record_too_large);
  }
  const auto dropped = p.box().stats().dropped();
  CHECK(dropped > 0);
  p.pass(1s);
  std::uint64_t told = 0;
  for (const auto& b : p.system.taken) {
    const auto d = parse(view(b));
    REQUIRE(d);
    for (const auto& f : d->dropped) told += f.count;
  }
  CHECK(told == dropped);
  // And how far the sender is, so that readers need not wait for more of it. Once.
  const auto last = parse(view(p.system.taken.back()));
  REQUIRE(last);
  CHECK(last->next_numbers == std::vector<std::uint64_t>{p.box().stats().written + dropped});
  const auto datagrams = p.system.taken.size();
  p.pass(10s);
  CHECK(p.system.taken.size() == datagrams);
  // The reader knows of the gap when it sees how far the numbers went.
  p.end();
  p.heard();
  CHECK(p.reader().dropped_by_sender() == dropped);
  CHECK(p.reader().missing == 0);
}

TEST_CASE("drop_oldest keeps the newest records", "[outbox]") {
  posting p(with_queue(20'000, overflow_policy::drop_oldest));
  p.system.at_once = 1;  // so that many batches are queued
  p.system.answer = send_status::would_block;
  for (int i = 0; i < 1000; ++i) CHECK_FALSE(p.write("some text of a record, number " + std::to_string(i)));
  const auto dropped = p.box().stats().dropped_queue;
  CHECK(dropped > 100);
  CHECK(dropped < 900);
  p.system.answer = send_status::done;
  p.pass(100ms);
  p.end();
  CHECK(p.system.again_kept);
  CHECK(p.reader().delivered == 0);
  // What the system had been asked to take, one gap, and then all that was written last.
  const auto heard = p.heard();
  const auto gap = std::find_if(heard.begin(), heard.end(), [](const std::string& l) { return l.find(" lost ") != std::string::npos; });
  REQUIRE(gap != heard.end());
  const auto before = static_cast<std::size_t>(gap - heard.begin());
  CHECK(before <= 1400 / std::string("some text of a record, number 0").size());  // the datagram that the system had been given
  for (std::size_t i = 0; i < heard.size(); ++i) {
    if (i == before) continue;
    const auto number = std::to_string(i < before ? i : i - 1 + dropped);
    CHECK(heard[i] == number + " some text of a record, number " + number);
  }
  CHECK(p.reader().delivered == 1000 - dropped);
  CHECK(p.reader().missing == 0);
}

TEST_CASE("drops that end within a large record, whose tail is still queued, are told before that tail", "[outbox]") {
  posting p(with_queue(40'000, overflow_policy::drop_oldest));
  p.system.at_once = 2;
  p.system.answer = send_status::would_block;
  for (int i = 0; i < 300; ++i) p.write(i % 10 == 0 ? std::string(5000, 'x') : "small");
  CHECK(p.box().stats().dropped_queue > 0);
  p.system.answer = send_status::done;
  p.pass(100ms);
  p.end();
  p.heard();
  CHECK(p.reader().missing == 0);
  CHECK(p.reader().delivered + p.reader().incomplete + p.reader().dropped_by_sender() == 300);
}

TEST_CASE("while it drops, a writer's memory stays as it is", "[outbox]") {
  fake_system system;
  outbox_config config;
  config.options = with_queue(20'000, GENERATE(overflow_policy::drop_oldest, overflow_policy::drop_newest));
  config.clock = config.coarse_clock = [] { return fake_now; };
  session s(std::make_unique<fake_sender>(system), config);
  record r;
  r.text = "some text of a record";
  const auto content = wire::full_content_size(r);
  std::size_t most = 0;
  for (int i = 0; i < 100'000; ++i) {
    if (!s.has_room_for(content) && config.options.overflow == overflow_policy::drop_newest) {
      s.lose(wire::drop_reason::queue_full);
    } else {
      while (!s.has_room_for(content)) s.drop_oldest();
      s.add(r, content);
    }
    if (i % 300 == 0) {  // the system takes some, and refuses some
      if (const auto* o = s.next(fake_now)) {
        CHECK(o->datagrams.size > 0);
        s.sent({i % 900 == 0 ? send_status::failed : send_status::done, {}, i % 900 == 0 ? 0U : 1U}, fake_now);
      }
    }
    most = std::max(most, s.queue.blocks());
  }
  CHECK(s.stats.dropped_queue > 10'000);
  CHECK(s.stats.datagrams > 100);
  CHECK(most <= 20'000 / (4 * 1400 * 3 / 4) + 3);
}

TEST_CASE("drop_oldest is told to the readers as what it is", "[outbox]") {
  posting p(with_queue(5000, overflow_policy::drop_oldest));
  p.system.answer = send_status::would_block;
  for (int i = 0; i < 1000; ++i) p.write("some text of a record, number " + std::to_string(i));
  const auto dropped = p.box().stats().dropped_queue;
  p.system.answer = send_status::done;
  p.pass(100ms);
  p.end();
  p.heard();
  CHECK(p.reader().dropped_queue == dropped);
  CHECK(p.reader().missing == 0);
}

TEST_CASE("without a queue, a burst over the network still leaves", "[outbox]") {
  posting p(with_queue(0, overflow_policy::drop_newest), true);
  std::uint64_t written = 0;
  for (int i = 0; i < 100'000; ++i) written += p.write("some text of a record") ? 0 : 1;
  p.pass(1s);
  CHECK(written > 0);
  p.heard();
  CHECK(p.reader().delivered == written);
}

TEST_CASE("records that must leave at once share datagrams while there is no room", "[outbox]") {
  // Else each would hold the memory of a whole batch in the queue.
  slot_options options;
  SECTION("by their level") {}
  SECTION("by max_delay") { options.max_delay = 0ns; }
  posting p(options);
  p.system.answer = send_status::would_block;
  for (int i = 0; i < 1000; ++i) p.write("some text of a record", level::error);
  p.system.answer = send_status::done;
  p.pass(1ms);
  CHECK(p.box().stats().datagrams < 100);
  CHECK(p.heard().size() == 1000);
}

TEST_CASE("one record's trouble is its own", "[outbox]") {
  posting p;
  fake_now += 1s;
  p.write("a");
  fake_now += 1s;
  SECTION("the system refuses it") {
    p.system.answer = send_status::failed;
    p.write("b");
    p.system.answer = send_status::done;
    CHECK(p.box().stats().dropped_socket == 1);
    CHECK(p.box().stats().last_error == std::errc::message_size);
  }
  SECTION("it is too large") {
    CHECK(p.write(std::string(max_record_size, 'x')) == errc::record_too_large);
    CHECK(p.box().stats().dropped_too_large == 1);
  }
  SECTION("it has too many attributes") {
    record r;
    r.attributes.assign(4097, {"", true});
    CHECK(p.box().write(r) == errc::record_too_large);
    CHECK(p.box().stats().dropped_too_large == 1);
  }
  fake_now += 1s;
  CHECK_FALSE(p.write("c"));
  CHECK(p.heard() == lines{"0 a", "1-1 lost 0 dropped 1", "2 c"});
  CHECK(p.reader().dropped_by_sender() == 1);
}

TEST_CASE("what was dropped is told though the system refused the datagram that said so", "[outbox]") {
  posting p;
  fake_now += 1s;
  p.write("a");
  p.system.answer = send_status::failed;
  for (const auto* text : {"b", "c", "d"}) {
    fake_now += 1s;
    p.write(text);
  }
  SECTION("with the next record") {
    p.system.answer = send_status::done;
    fake_now += 1s;
    p.write("e");
    CHECK(p.heard() == lines{"0 a", "1-3 lost 0 dropped 3", "4 e"});
  }
  SECTION("alone, if no record follows") {
    const auto before = p.system.calls;
    p.pass(1min);
    CHECK(p.system.calls - before < 100);  // not as often as the system refuses
    p.system.answer = send_status::done;
    p.pass(10s);
    p.end();
    CHECK(p.heard() == lines{"0 a", "1-3 lost 0 dropped 3"});
  }
}

TEST_CASE("the largest records are taken", "[outbox]") {
  slot_options o;
  o.queue = std::size_t{64} * 1024 * 1024;
  posting p(o);
  record r;
  const std::string text(max_record_size - wire::full_content_size(r).total, 'x');
  CHECK_FALSE(p.write(text));
  p.end();
  REQUIRE(p.heard().size() == 1);
  CHECK(p.reader().delivered == 1);

  posting attributes;
  r.attributes.assign(4096, {"", true});
  CHECK_FALSE(attributes.box().write(r));
  attributes.end();
  CHECK(attributes.heard().size() == 1);
}

TEST_CASE("what the system refuses is counted, though newer records were dropped before", "[outbox]") {
  posting p(with_queue(3000, overflow_policy::drop_newest));
  p.system.answer = send_status::would_block;
  std::uint64_t written = 0;
  for (int i = 0; i < 1000; ++i) written += p.write("some text of a record") ? 0 : 1;
  p.system.answer = send_status::failed;
  p.box().flush();
  p.box().service();
  CHECK(p.box().stats().dropped_queue == 1000 - written);
  CHECK(p.box().stats().dropped_socket == written);
  p.system.answer = send_status::done;
  p.pass(100ms);
  p.end();
  p.heard();
  CHECK(p.reader().missing + p.reader().dropped_by_sender() == 1000);
}

TEST_CASE("reasons that take turns are told one by one", "[outbox]") {
  posting p(with_queue(1400, overflow_policy::drop_newest));
  p.system.answer = send_status::would_block;
  while (!p.write("some text of a record")) {
  }
  const std::string large(max_record_size, 'x');
  std::uint64_t too_large = 0;
  std::uint64_t queue = 1;
  const int turns = GENERATE(20, 500);
  for (int i = 0; i < turns; ++i) {
    if (p.write(large) == errc::record_too_large) ++too_large;
    if (p.write("some text of a record") == errc::queue_full) ++queue;
  }
  p.system.answer = send_status::done;
  p.pass(100ms);
  p.end();
  p.heard();
  CHECK(too_large == static_cast<std::uint64_t>(turns));
  CHECK(p.reader().dropped_by_sender() == too_large + queue);
  CHECK(p.reader().missing == 0);
  if (turns > 20) return;  // too many to be kept apart
  CHECK(p.reader().dropped_too_large == too_large);
  CHECK(p.reader().dropped_queue == queue);
}

TEST_CASE("whatever the system does, every record is delivered or told, exactly", "[outbox][property]") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    record_maker chance(seed);
    slot_options o;
    o.limit = 128 + chance.below(1500);
    o.queue = 2000 + chance.below(20'000);
    o.overflow = chance.maybe() ? overflow_policy::drop_newest : overflow_policy::drop_oldest;
    posting p(o, chance.maybe());
    p.system.at_once = 1 + chance.below(5);
    std::uint64_t taken = 0;
    for (int i = 0; i < 500; ++i) {
      const auto dice = chance.below(20);
      p.system.answer = dice < 6 ? send_status::would_block : dice < 7 ? send_status::failed : send_status::done;
      const auto r = chance.any(chance.below(20) == 0 ? 1500 : 60);
      if (!p.box().write(r)) ++taken;
      fake_now += std::chrono::microseconds(chance.below(500));
      if (chance.below(3) == 0) p.pass(0ns);
    }
    p.system.answer = send_status::done;
    p.pass(10ms);
    const auto stats = p.box().stats();
    CHECK(stats.written == taken);
    p.end();
    p.heard();
    CHECK(p.system.again_kept);
    const auto& got = p.reader();
    CHECK(got.delivered + got.incomplete + got.missing + got.dropped_by_sender() == 500);
    CHECK(got.malformed == 0);
    CHECK(got.missing == 0);  // what was dropped is told as such, before the gap is seen
    CHECK(got.dropped_by_sender() <= stats.dropped());
    // What was dropped in the middle of a large record shows as a hole.
    CHECK(got.delivered <= 500 - stats.dropped() + got.incomplete);
  }
}

TEST_CASE("a long burst to the network is spread out", "[outbox]") {
  slot_options o;
  o.pace = 1'000'000;
  o.queue = std::size_t{64} * 1024 * 1024;
  posting p(o, true);
  fake_now += 10s;
  const std::string text(1000, 't');
  for (int i = 0; i < 2000; ++i) p.write(text);
  const auto sent = [&p] {
    std::size_t n = 0;
    for (const auto& d : p.system.taken) n += d.size();
    return n;
  };
  constexpr std::size_t burst = 128 * 1024;
  constexpr std::size_t batch = 4 * 1400;
  CHECK(sent() <= burst + batch);
  for (std::size_t ms = 100; ms <= 1000; ms += 100) {
    p.pass(100ms);
    CAPTURE(ms);
    CHECK(sent() <= burst + batch + ms * 1000);
    CHECK(sent() + 2 * batch >= ms * 1000);
  }
  p.pass(10s);
  p.end();
  p.heard();
  CHECK(p.reader().delivered == 2000);
}

// Documented in docs/transports.md: 1 ns a byte and 80 ns a record.
TEST_CASE("a burst is spread out to what a reader takes for its bytes and its records", "[outbox]") {
  const std::size_t size = GENERATE(100, 1000, 50'000);
  slot_options o;
  o.queue = std::size_t{64} * 1024 * 1024;
  o.overflow = overflow_policy::block;
  posting p(o, true);
  p.system.at_once = 64;
  fake_now += 10s;
  const std::string text(size, 't');
  const auto sent = [&p] {
    std::size_t n = 0;
    for (const auto& d : p.system.taken) n += d.size();
    return static_cast<double>(n);
  };
  for (std::size_t written = 0; written < 30'000'000; written += size) p.write(text);
  p.pass(1ms);  // the burst, and the pace that this size asks for
  const auto before = sent();
  p.pass(20ms);
  const auto expected = 20e6 / (1 + 80.0 / static_cast<double>(size));
  CHECK(sent() - before > 0.85 * expected);  // there are headers besides the texts
  CHECK(sent() - before < 1.25 * expected);
}

TEST_CASE("a call that blocks returns when there is room, or its time is over", "[outbox]") {
  auto o = with_queue(1400, overflow_policy::block);
  SECTION("its time is over") {
    o.block_time = 1ms;
    posting p(o);
    p.system.answer = send_status::would_block;
    std::error_code ec;
    for (int i = 0; i < 2000 && !ec; ++i) ec = p.write("some text of a record");
    CHECK(ec == errc::queue_full);
    CHECK(p.box().stats().dropped_queue == 1);
  }
  SECTION("there is room") {
    o.block_time = 1min;
    posting p(o);
    p.system.answer = send_status::would_block;
    for (int i = 0; i < 100; ++i) p.write("some text of a record");
    p.box().flush();
    p.system.answer = send_status::done;  // but nobody has come to know that yet
    std::atomic<bool> done{false};
    int written = 100;
    std::thread writer([&] {
      for (int i = 0; i < 500; ++i) {
        if (!p.write("some text of a record")) ++written;
      }
      done = true;
    });
    while (!done) p.box().service();  // in place of the outbox's thread
    writer.join();
    CHECK(written == 600);
    p.end();
    p.heard();
    CHECK(p.reader().delivered == 600);
    CHECK(p.reader().missing == 0);
  }
}

TEST_CASE("to flush is to wait for what was written before, not for what others write meanwhile", "[outbox]") {
  fake_system system;
  outbox_config config;
  config.clock = config.coarse_clock = [] { return fake_now; };
  session s(std::make_unique<fake_sender>(system), config);
  record r;
  r.text = "text";
  const auto content = wire::full_content_size(r);
  const auto post = [&] { s.add(r, content); };
  const auto send = [&] {
    REQUIRE(s.next(fake_now) != nullptr);
    s.sent({send_status::done, {}, 1}, fake_now);
  };
  post();
  const auto until = s.next_record;
  CHECK_FALSE(s.has_left(until));
  s.hurry();
  post();
  CHECK_FALSE(s.has_left(until));
  REQUIRE(s.next(fake_now) != nullptr);
  CHECK_FALSE(s.has_left(until));  // the system has it, but has not said so
  s.sent({send_status::done, {}, 1}, fake_now);
  CHECK(s.has_left(until));
  CHECK_FALSE(s.has_left(s.next_record));
  s.hurry();
  CHECK(s.has_left(until));
  send();
  CHECK(s.has_left(s.next_record));
}

TEST_CASE("to flush ends though others write as fast as it sends", "[outbox]") {
  posting p;
  p.write("leaves at once");
  p.write("waits");
  constexpr std::size_t endless = 1000;
  p.system.meanwhile = [&] {
    if (p.system.calls < endless) {
      for (int i = 0; i < 100; ++i) p.write(std::string(100, 'x'));
    }
  };
  CHECK(p.box().flush(1s));
  CHECK(p.system.calls < 10);
  p.box().flush();
  p.box().service();
  CHECK(p.system.calls < 100);
  p.system.meanwhile = [] {};
  p.pass(1s);
  CHECK(p.heard().size() % 100 == 2);
  CHECK(p.reader().missing == 0);
}

TEST_CASE("a goodbye that finds no room leaves by another way", "[outbox]") {
  // What was sent first fills a socket's own buffer as long as its reader stands still.
  posting p;
  p.system.stuck_before = 1;
  for (int i = 0; i < 100; ++i) p.write("some text of a record");
  p.end();
  p.heard();
  CHECK(p.system.opened == 2);
  CHECK(p.reader().dropped_queue == 100);
  CHECK(p.reader().missing == 0);
}

TEST_CASE("a goodbye waits for no longer than what is left of the time to linger", "[outbox]") {
  posting p;
  p.linger(20ms);
  p.write("some text of a record");
  p.box().flush();
  p.system.answer = send_status::would_block;
  p.end();
  CHECK(p.system.longest_wait <= 20ms);
  CHECK(p.system.longest_wait > 0ms);
}

TEST_CASE("a writer whose readers never take anything ends all the same", "[outbox]") {
  posting p;
  p.system.answer = GENERATE(send_status::would_block, send_status::failed);
  for (int i = 0; i < 100; ++i) p.write("some text of a record");
  p.end();
  CHECK(p.system.taken.empty());
}

TEST_CASE("datagrams become smaller as the transport asks for it, and what was packed before leaves as it was", "[outbox]") {
  posting p;
  p.system.answer = send_status::would_block;
  const std::string text(5000, 'x');
  p.write(text);
  p.write(text);
  p.system.default_datagram = 600;
  p.write(text);
  p.write(text);
  p.system.answer = send_status::done;
  p.box().flush();
  p.pass(1s);
  const auto before = p.system.taken.size();
  REQUIRE(before != 0);
  CHECK(std::any_of(p.system.taken.begin(), p.system.taken.end(), [](const bytes& d) { return d.size() == 1400; }));
  p.write(text);
  p.write("short");
  p.box().flush();
  p.pass(1s);
  REQUIRE(p.system.taken.size() > before);
  for (auto d = before; d != p.system.taken.size(); ++d) CHECK(p.system.taken[d].size() <= 600);
  CHECK(p.heard().size() == 6);
  CHECK(p.reader().missing == 0);
}
