#include "receive/datagram_walk.hpp"

#include <string>

#include "datagram_builder.hpp"
#include "support/catch.hpp"

using namespace mailslog;
using namespace mailslog::test;

namespace {

record saying(std::string_view t) {
  record r;
  r.text = t;
  return r;
}

bytes three_records() { return datagram({1, 2, 3}).add(saying("a"), 7).add(saying("b"), 8).add(saying("c"), 9).taken(); }

/// Texts of the records that are left.
std::string rest_of(datagram_walk& walk) {
  std::string all;
  for (; walk.more(); walk.step()) all += std::get<received_record>(walk.next().what).text;
  return all;
}

}  // namespace

TEST_CASE("a datagram is gone through once it is begun", "[walk]") {
  const auto d = three_records();
  datagram_walk walk;
  CHECK_FALSE(walk.more());
  REQUIRE(walk.read(view(d)));
  CHECK_FALSE(walk.more());
  walk.begin(3, view(d));
  CHECK(walk.number() == 3);
  CHECK(rest_of(walk) == "abc");
}

TEST_CASE("of a datagram that breaks the format nothing is gone through", "[walk]") {
  auto d = three_records();
  d.pop_back();
  datagram_walk walk;
  CHECK_FALSE(walk.read(view(d)));
  walk.begin(3, view(d));
  CHECK_FALSE(walk.more());
}

TEST_CASE("a datagram that had to wait is gone through though its bytes are gone", "[walk]") {
  datagram_walk walk;
  datagram_order::held held;
  held.number = 3;
  held.bytes = three_records();
  walk.begin(std::move(held));
  CHECK(walk.number() == 3);
  CHECK(rest_of(walk) == "abc");
}

TEST_CASE("what is left of a datagram waits, and goes on where it was", "[walk]") {
  record_order::doubted rest;
  {
    const auto d = three_records();
    datagram_walk walk;
    REQUIRE(walk.read(view(d)));
    walk.begin(3, view(d));
    walk.step();
    rest = walk.rest(8);
    walk.leave();
    CHECK_FALSE(walk.more());
  }
  CHECK(rest.number == 8);
  datagram_walk later;
  later.begin(std::move(rest));
  CHECK(later.number() == 3);
  CHECK(rest_of(later) == "bc");
}

TEST_CASE("what a datagram says was dropped is found wherever in it that stands", "[walk]") {
  const auto d = datagram({1, 2, 3}).add(saying("a"), 7).add(wire::dropped_frame{wire::drop_reason::queue_full, 5, 2}).taken();
  datagram_walk walk;
  REQUIRE(walk.read(view(d)));
  walk.begin(3, view(d));
  std::uint64_t dropped = 0;
  walk.each_dropped([&](const wire::dropped_frame& f) { dropped += f.count; });
  CHECK(dropped == 2);
  CHECK(walk.more());
}
