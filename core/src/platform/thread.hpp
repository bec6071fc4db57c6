// Waiting, and threads across `fork`.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <thread>
#include <utility>

#include "platform/process.hpp"

namespace mailslog::platform {

/// As long as anybody waits, and short enough to be added to any time: `forever` would overflow.
inline std::chrono::nanoseconds bounded(std::chrono::nanoseconds t) noexcept {
  return std::min<std::chrono::nanoseconds>(t, std::chrono::hours(24 * 365));
}

inline std::chrono::steady_clock::time_point deadline(std::chrono::nanoseconds timeout) noexcept {
  return std::chrono::steady_clock::now() + bounded(timeout);
}

/// Joins a thread that process `owner` has started. In a child made by `fork` there is no such thread: nothing is done.
inline void join(std::thread& thread, std::uint64_t owner) {
  if (process_id() == owner) {
    thread.join();
  } else {
    (void)new std::thread(std::move(thread));  // neither joined nor detached, so it must not be destroyed
  }
}

}  // namespace mailslog::platform
