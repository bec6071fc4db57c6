// Waiting in tests: for a condition, with a deadline.
//
//   REQUIRE(wait_until([&] { return reader.stats().delivered == 3; }));
#pragma once

#include <chrono>
#include <thread>

namespace mailslog::test {

/// Longer than anything takes on a slow, busy machine with sanitizers: only a failing test waits as long.
inline constexpr std::chrono::seconds deadline{60};

/// Looks at `condition` until it is true; false if it is not within `limit`.
template <class Condition>
bool wait_until(Condition condition, std::chrono::nanoseconds limit = deadline) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace mailslog::test
