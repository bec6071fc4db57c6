#include "send/drop_ledger.hpp"

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace mailslog;
using wire::drop_reason;

namespace {

std::string all(const drop_ledger& l) {
  std::string out;
  for (std::size_t i = 0; i < l.size(); ++i) {
    out += std::to_string(l[i].first) + '+' + std::to_string(l[i].count) + "qst"[static_cast<int>(l[i].reason)] + ' ';
  }
  return out;
}

void add(drop_ledger& l, std::uint64_t first, std::uint64_t count, drop_reason why = drop_reason::queue_full) {
  l.add({why, first, count});
}

}  // namespace

TEST_CASE("drops that adjoin are one range, in whatever order they come", "[drops]") {
  drop_ledger l;
  add(l, 5, 1);
  add(l, 6, 2);
  CHECK(all(l) == "5+3q ");
  add(l, 4, 1);
  CHECK(all(l) == "4+4q ");
  add(l, 10, 1);
  add(l, 1, 1);
  CHECK(all(l) == "1+1q 4+4q 10+1q ");
  add(l, 20, 0);
  CHECK(l.size() == 3);
}

TEST_CASE("reasons are kept apart", "[drops]") {
  drop_ledger l;
  add(l, 5, 1);
  add(l, 6, 1, drop_reason::too_large);
  add(l, 7, 1, drop_reason::send_failed);
  CHECK(all(l) == "5+1q 6+1t 7+1s ");
}

TEST_CASE("the tail are the ranges that reach a number without a hole", "[drops]") {
  drop_ledger l;
  add(l, 1, 1);
  add(l, 4, 2);
  add(l, 6, 1, drop_reason::too_large);
  CHECK(l.tail(7) == 1);
  CHECK(l.tail(8) == 3);
  CHECK(drop_ledger().tail(0) == 0);
}

TEST_CASE("ranges up to a number are those that begin there or before", "[drops]") {
  drop_ledger l;
  add(l, 1, 1);
  add(l, 4, 3);
  add(l, 9, 1);
  CHECK(l.up_to(0) == 0);
  CHECK(l.up_to(3) == 1);
  CHECK(l.up_to(4) == 2);
  CHECK(l.up_to(6) == 2);
  CHECK(l.up_to(9) == 3);
}

TEST_CASE("a record whose pieces are dropped one after the other counts once", "[drops]") {
  drop_ledger l;
  constexpr auto why = drop_reason::queue_full;
  const auto numbers = [](const drop_ledger::range& r) { return std::to_string(r.first) + '+' + std::to_string(r.count); };
  SECTION("in order") {
    CHECK(numbers(l.of_next(3, 6, why, false)) == "3+3");
    CHECK(numbers(l.of_next(5, 8, why, false)) == "6+2");
    CHECK(l.of_next(7, 8, why, false).count == 0);
    CHECK(numbers(l.of_flying(7, 9, why)) == "8+1");
    l.landed();
    CHECK(numbers(l.of_next(20, 21, why, false)) == "20+1");
  }
  SECTION("the one in flight last, and it shares a record with the one behind it") {
    CHECK(numbers(l.of_next(5, 8, why, true)) == "5+3");
    CHECK(numbers(l.of_next(7, 10, why, true)) == "8+2");
    CHECK(numbers(l.of_flying(3, 6, why)) == "3+2");
    l.landed();
    CHECK(numbers(l.of_next(9, 11, why, false)) == "10+1");
  }
  SECTION("the one in flight last, and it shares none") {
    l.of_next(6, 8, why, true);
    CHECK(numbers(l.of_flying(3, 6, why)) == "3+3");
  }
  SECTION("the one in flight is sent, and the next in flight is not") {
    l.of_next(6, 8, why, true);
    l.landed();
    l.of_next(20, 30, why, true);
    CHECK(numbers(l.of_flying(10, 15, why)) == "10+5");
  }
}

TEST_CASE("the ledger stays sorted, disjoint and bounded, and invents nothing", "[drops][property]") {
  for (unsigned seed = 0; seed < 50; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    drop_ledger l;
    std::set<std::uint64_t> dropped;
    std::size_t largest = 0;
    for (int i = 0; i < 1000; ++i) {
      const std::uint64_t first = random() % 2000;
      const std::uint64_t count = random() % 3;
      bool fresh = true;
      for (auto n = first; n < first + count; ++n) fresh = fresh && dropped.count(n) == 0;
      if (!fresh) continue;  // no record is dropped twice
      for (auto n = first; n < first + count; ++n) dropped.insert(n);
      add(l, first, count, static_cast<drop_reason>(random() % 3));
      largest = std::max(largest, l.size());
      if (random() % 100 == 0) l.erase(0, l.size() / 2);
    }
    CHECK(largest == drop_ledger::most);
    std::uint64_t end = 0;
    for (std::size_t i = 0; i < l.size(); ++i) {
      CHECK(l[i].first >= end);
      CHECK(l[i].count > 0);
      end = l[i].first + l[i].count;
      for (auto n = l[i].first; n < end; ++n) CHECK(dropped.count(n) == 1);
    }
  }
}
