// Waiting, and threads of our own in somebody else's program.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
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

/// `steady_clock`'s time, at the last tick of the system's clock where that is cheaper: a few milliseconds ago at most.
std::chrono::steady_clock::time_point coarse_now() noexcept;

/// How long this machine has been asleep since it was started, as far as `steady_clock` has left that out.
std::chrono::nanoseconds slept() noexcept;

/// Starts a thread that lists of threads call "mailslog". It takes none of the signals that are sent to the process: those are for
/// the host's handlers, or wait for its `sigwait`. Throws `std::system_error` where no thread is to be had.
std::thread start_thread(std::function<void()> work);

/// Leaves a thread behind that nobody will join. The code stays loaded for it: the host may unload a plug-in that we are part of.
void leave(std::thread thread);

/// Joins a thread that process `owner` has started. In a child made by `fork` there is no such thread: nothing is done.
inline void join(std::thread& thread, std::uint64_t owner) {
  if (process_id() == owner) {
    thread.join();
  } else {
    (void)new std::thread(std::move(thread));  // neither joined nor detached, so it must not be destroyed
  }
}

}  // namespace mailslog::platform
