#include "send/linger.hpp"

#include "support/catch.hpp"

using namespace mailslog;
using namespace std::chrono_literals;

namespace {
const shared_patience::time_point began{1h};
}

TEST_CASE("what one has waited, the next waits less", "[linger]") {
  shared_patience all;
  CHECK(all.left(began, 1s) == 1s);
  all.spend(began, began + 400ms);
  CHECK(all.left(began + 400ms, 1s) == 600ms);
  all.spend(began + 400ms, began + 1s);
  CHECK(all.left(began + 1s, 1s) == 0s);
  CHECK(all.left(began + 1s, 5s) == 4s);  // who would wait longer than others may
}

TEST_CASE("those who find nothing to wait for take nothing from the others", "[linger]") {
  shared_patience all;
  for (int i = 0; i < 100; ++i) all.spend(began, began);
  CHECK(all.left(began, 1s) == 1s);
}

TEST_CASE("patience comes back as time passes, and no more than there was", "[linger]") {
  shared_patience all;
  all.spend(began, began + 1s);
  CHECK(all.left(began + 1500ms, 1s) == 500ms);
  CHECK(all.left(began + 2s, 1s) == 1s);
  CHECK(all.left(began + 1h, 1s) == 1s);
  all.spend(began + 1h, began + 1h + 1s);
  CHECK(all.left(began + 1h + 1s, 1s) == 0s);
}
