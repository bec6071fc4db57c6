#include "send/worker.hpp"

#include <mutex>

#include "support/catch.hpp"
#include "support/wait_until.hpp"

using namespace mailslog;
using mailslog::test::wait_until;
using time_point = worker::time_point;

TEST_CASE("what is due at once is done at once, and then what others ask for", "[worker]") {
  std::mutex mutex;
  int calls = 0;
  const worker::work what = [&](worker::lock&) { return ++calls < 3 ? time_point::min() : time_point::max(); };
  const auto called = [&](int times) {
    return wait_until([&] {
      const worker::lock l(mutex);
      return calls == times;
    });
  };
  worker ours;
  {
    worker::lock l(mutex);
    REQUIRE(ours.wake_by(time_point::min(), l, what));
  }
  CHECK(called(3));
  {
    worker::lock l(mutex);
    CHECK(ours.wake_by(time_point::min(), l, what));
  }
  CHECK(called(4));
  worker::lock l(mutex);
  ours.stop(l);
}
