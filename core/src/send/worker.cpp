#include "send/worker.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "platform/thread.hpp"

namespace mailslog {
namespace {

// To ask for a thread that is not to be had takes much longer than a record.
constexpr auto between_tries = std::chrono::milliseconds(100);

}  // namespace

bool worker::wake_by(time_point when, lock& l, const work& what) noexcept {
  if (when == time_point::max() || stopping_) return true;
  if (!thread_) return start(*l.mutex(), what);
  if (when < wakes_at_) {
    wakes_at_ = when;
    changed_.notify_one();
  }
  return true;
}

bool worker::start(std::mutex& mutex, const work& what) noexcept {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_try_) return false;
  try {
    auto thread = std::make_unique<std::thread>();
    *thread = platform::start_thread([this, &mutex, what] { run(mutex, what); });
    thread_ = std::move(thread);
    error_.clear();
    return true;
  } catch (const std::system_error& e) {
    error_ = e.code();
  } catch (const std::bad_alloc&) {
    error_ = std::make_error_code(std::errc::not_enough_memory);
  }
  next_try_ = now + between_tries;
  return false;
}

void worker::run(std::mutex& mutex, const work& what) noexcept {
  lock l(mutex);
  while (!stopping_) {
    const auto next = what(l);
    if (stopping_) break;
    // Never `min`, which nobody would wake; what is due leaves the mutex to others for a moment.
    wakes_at_ = std::max(next, time_point());
    if (next == time_point::max()) {
      changed_.wait(l);
    } else {
      changed_.wait_until(l, wakes_at_);
    }
    wakes_at_ = time_point::min();
  }
}

void worker::stop(lock& l) noexcept {
  stopping_ = true;
  changed_.notify_all();
  const auto thread = std::move(thread_);
  l.unlock();
  if (thread) thread->join();
}

}  // namespace mailslog
