#include "send/pacer.hpp"

#include "support/catch.hpp"

using namespace mailslog;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t burst = 128 * 1024;  // of a receiver with a small buffer, or one not known
const pacer::time_point start{1h};

/// Sends batches of `size` bytes whenever it may, from `start` on for `time`. Returns how many bytes.
std::size_t sent_in(pacer& p, std::chrono::nanoseconds time, std::size_t size, std::uint64_t records = 1, double filled = 0) {
  std::size_t n = 0;
  for (auto now = start; now < start + time;) {
    while (p.may_send(now, filled)) {
      p.sent(size, records);
      n += size;
    }
    const auto next = p.next(filled);
    CHECK(next > now);  // else whoever sleeps until then does not sleep
    now = next;
  }
  return n;
}

}  // namespace

TEST_CASE("a pacer without limits makes nobody wait", "[pacer]") {
  pacer p;
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(p.may_send(start, 0));
    p.sent(1'000'000, 1);
  }
  CHECK_FALSE(p.needs_time());
  CHECK(p.next(0) == pacer::time_point::min());
  CHECK_FALSE(p.after_burst());
}

TEST_CASE("a burst leaves at once, and borrows one batch at most", "[pacer]") {
  const std::size_t batch = GENERATE(std::size_t{1000}, 60'000, 1'000'000);
  pacer p({0, 1, true});
  std::size_t n = 0;
  while (p.may_send(start, 0)) {
    p.sent(batch, 1);
    n += batch;
  }
  CHECK(n >= burst);
  CHECK(n < burst + batch);
  CHECK(p.needs_time());
  CHECK(p.after_burst());
}

TEST_CASE("after a burst datagrams leave at the rate that the user asked for", "[pacer]") {
  pacer p({0, 1'000'000, true});
  constexpr std::size_t batch = 1000;
  const auto n = sent_in(p, 10s, batch);
  CHECK(n >= burst + 10'000'000 - batch);
  CHECK(n <= burst + 10'000'000 + batch);
}

TEST_CASE("however long nothing is sent, no more than a burst is saved up", "[pacer]") {
  pacer p({0, 1'000'000, true});
  sent_in(p, 1s, 1000);
  std::size_t n = 0;
  while (p.may_send(start + 1000h, 0)) {
    p.sent(1000, 1);
    n += 1000;
  }
  CHECK(n >= burst);
  CHECK(n <= burst + 1000);
}

TEST_CASE("the rate is that of a receiver's buffer in one tick, unless a reader is slower", "[pacer]") {
  constexpr std::size_t buffer = 200'000;  // in 4 ms
  pacer p({buffer, 0, false});
  const auto n = static_cast<double>(sent_in(p, 1s, 10'000));
  CHECK(n > 0.98 * 50e6);
  CHECK(n < 1.02 * 50e6);

  pacer of_small_records({buffer, 0, false});
  const auto small = static_cast<double>(sent_in(of_small_records, 1s, 1000, 100));  // 100 records: 8 us, and 1 us for the bytes
  CHECK(small > 0.98 * 50e6);
  pacer of_smaller_ones({buffer, 0, false});
  const auto smaller = static_cast<double>(sent_in(of_smaller_ones, 1s, 1000, 1000));  // 81 us
  CHECK(smaller < 1.1 * 1000 / 81e-6);
  CHECK(smaller > 0.9 * 1000 / 81e-6);
}

TEST_CASE("a full queue is emptied as fast as a reader reads, unless the writer waits for it", "[pacer]") {
  constexpr std::size_t buffer = 200'000;
  const auto rate = [](bool yields, double filled) {
    pacer p({buffer, 0, yields});
    return static_cast<double>(sent_in(p, 1s, 10'000, 1, filled));
  };
  CHECK(rate(true, 0.0) < 1.02 * 50e6);
  CHECK(rate(true, 0.5) > 5 * 50e6);
  CHECK(rate(true, 1.0) > rate(true, 0.5));
  CHECK(rate(true, 5.0) < 1.02 * rate(true, 1.0));
  CHECK(rate(false, 1.0) < 1.02 * 50e6);
}

TEST_CASE("a clock that does not go on, or goes back, gives nothing", "[pacer]") {
  pacer p({0, 1'000'000, true});
  while (p.may_send(start, 0)) p.sent(1000, 1);
  CHECK_FALSE(p.may_send(start, 0));
  CHECK_FALSE(p.may_send(start - 1h, 0));
}
