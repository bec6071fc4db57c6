// A thread that does what is due, when it is due.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

namespace mailslog {

/// Guarded by its user's mutex. Started by the first call of `wake_by`.
class worker {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  using lock = std::unique_lock<std::mutex>;
  /// Does what is due. Returns when to be called again, if `wake_by` does not ask for it earlier; `max`: not before. Called with the
  /// mutex locked, never throws.
  using work = std::function<time_point(lock&)>;

  /// Sees to it that `what` is called at the latest at `when`. The one rule of waking up. False where the system has no thread for
  /// us; it is asked again after a while.
  bool wake_by(time_point when, lock& l, const work& what) noexcept;

  /// Ends it, if it was started; unlocks. `wake_by` has no effect afterwards.
  void stop(lock& l) noexcept;

  std::error_code error() const noexcept { return error_; }
  /// Is there a thread? That is, need others not do its work?
  bool running() const noexcept { return thread_ != nullptr; }
  /// It is not asleep.
  bool awake() const noexcept { return running() && wakes_at_ == time_point::min(); }

 private:
  bool start(std::mutex& mutex, const work& what) noexcept;
  void run(std::mutex& mutex, const work& what) noexcept;

  std::condition_variable changed_;
  std::unique_ptr<std::thread> thread_;
  time_point wakes_at_ = time_point::min();  // min: it is awake
  time_point next_try_ = time_point::min();
  std::error_code error_;
  bool stopping_ = false;
};

}  // namespace mailslog
