#include "send/burst_end.hpp"

#include "support/catch.hpp"

using namespace mailslog;
using namespace std::chrono_literals;

namespace {

burst_end::time_point at(std::chrono::milliseconds t) { return burst_end::time_point(t); }

}  // namespace

TEST_CASE("a burst's end is told when none has left for a while", "[burst_end]") {
  burst_end end(true);
  CHECK_FALSE(end.untold());
  end.left(0, true);
  REQUIRE(end.untold());
  CHECK(end.due() <= at(0ms));  // to be watched from now on
  CHECK_FALSE(end.reached(at(100ms), 1));
  CHECK(end.due() == at(100ms) + burst_end::quiet);
  CHECK_FALSE(end.reached(at(100ms) + burst_end::quiet - 1ms, 1));
  CHECK(end.reached(at(100ms) + burst_end::quiet, 1));
}

TEST_CASE("what leaves meanwhile puts a burst's end off", "[burst_end]") {
  burst_end end(true);
  end.left(0, true);
  CHECK_FALSE(end.reached(at(0ms), 1));
  end.left(1, true);
  CHECK_FALSE(end.reached(at(1000ms), 2));
  CHECK(end.due() == at(1000ms) + burst_end::quiet);
}

TEST_CASE("the datagram that tells a burst's end is no burst", "[burst_end]") {
  burst_end end(true);
  end.left(0, true);
  end.told_by(1);
  CHECK_FALSE(end.untold());
  end.left(1, false);
  CHECK_FALSE(end.untold());

  SECTION("but what follows it is") {
    end.left(2, true);
    CHECK(end.untold());
    CHECK(end.due() <= at(0ms));
  }
  SECTION("and one that leaves in its stead is") {
    end.told_by(2);
    end.left(2, false);
    CHECK_FALSE(end.untold());
    end.left(3, false);
    CHECK(end.untold());
  }
}

TEST_CASE("where nothing is lost on the way, only what tells of drops alone is told again", "[burst_end]") {
  burst_end end(false);
  end.left(0, true);
  CHECK_FALSE(end.untold());
  end.left(1, false);
  CHECK(end.untold());
  end.left(2, true);
  CHECK_FALSE(end.untold());
}
