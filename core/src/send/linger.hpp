// How long the writers of a process may wait for their readers when they end.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace mailslog {

/// Time that all may spend together. What one has spent, the next does not get; it comes back as time passes. Pure; thread-safe.
class shared_patience {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  using duration = std::chrono::nanoseconds;

  /// What is left at `now` to one who would wait for `wanted`.
  duration left(time_point now, duration wanted) const noexcept;
  /// One has waited from `from` to `to`.
  void spend(time_point from, time_point to) noexcept;

 private:
  std::atomic<std::int64_t> repaid_at_{INT64_MIN / 2};  // ns of the clock: then all that was spent will have come back
};

}  // namespace mailslog
