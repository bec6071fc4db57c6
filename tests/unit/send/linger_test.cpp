#include "send/linger.hpp"

#include "support/catch.hpp"

using namespace mailslog;
using namespace std::chrono_literals;

namespace {
const shared_patience::time_point start{1h};
}

TEST_CASE("what one has waited, the next waits less", "[linger]") {
  shared_patience all;
  CHECK(all.left(start, 1s) == 1s);
  all.spend(start, start + 400ms);
  CHECK(all.left(start + 400ms, 1s) == 600ms);
  all.spend(start + 400ms, start + 1s);
  CHECK(all.left(start + 1s, 1s) == 0s);
  CHECK(all.left(start + 1s, 5s) == 4s);  // who would wait longer than others may
}

TEST_CASE("those who find nothing to wait for take nothing from the others", "[linger]") {
  shared_patience all;
  for (int i = 0; i < 100; ++i) all.spend(start, start);
  CHECK(all.left(start, 1s) == 1s);
}

TEST_CASE("patience comes back as time passes, and no more than there was", "[linger]") {
  shared_patience all;
  all.spend(start, start + 1s);
  CHECK(all.left(start + 1500ms, 1s) == 500ms);
  CHECK(all.left(start + 2s, 1s) == 1s);
  CHECK(all.left(start + 1h, 1s) == 1s);
  all.spend(start + 1h, start + 1h + 1s);
  CHECK(all.left(start + 1h + 1s, 1s) == 0s);
}
