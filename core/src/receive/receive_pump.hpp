// Empties the system's receive buffers in a thread of its own, and keeps what came until somebody looks at it.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <mailslog/record.hpp>

#include "platform/fork.hpp"
#include "platform/thread.hpp"
#include "receive/receiver_group.hpp"

namespace mailslog {

/// What a thread waits with: for one pump or for several.
class bell {
 public:
  void ring() noexcept;
  void wait_until(std::chrono::steady_clock::time_point end);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool rung_ = false;
};

/// One thread at a time, its owner's, but for `close`, `closed` and the counters. After `fork` it is closed in the child; there it
/// must not be destroyed (`discard`): other threads may have been inside.
class receive_pump final : private platform::fork_aware {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  struct load {
    transport::receive_buffer buffer;
    time_point received{};  ///< all of it had arrived by then
    timestamp arrived{};    ///< the same on the clock on the wall
    std::chrono::nanoseconds slept{};  ///< how long the machine had slept when none of it had arrived
    bool emptied = false;   ///< nothing else had: it is all here or in earlier loads
  };

  /// Keeps about `max_memory` bytes, at least two loads; what comes then is the system's to keep, to refuse or to drop.
  /// Throws `std::system_error` where no thread is to be had.
  receive_pump(std::vector<std::unique_ptr<transport::datagram_receiver>> receivers, std::size_t max_memory);
  ~receive_pump() override;

  /// The next load, or null if none is there. Valid until the next call, in which it is given back.
  const load* next();

  /// Takes what lies in the system's buffers now, without waiting for the thread to do so. Returns how many loads `next` has for certain;
  /// if it has none, all that had arrived at `now` has been looked at.
  std::size_t fetch(time_point& now);

  /// True if `next` has something. From any thread; cheap.
  bool ready() const noexcept { return queued_ != 0; }

  /// `ring` is rung when there is a load or the pump is closed, at once if that is so already; null: no more.
  void ring_when_ready(bell* ring) noexcept;

  /// Waits until `ready` or `closed`.
  void wait_until(time_point end);

  void close() noexcept;
  bool closed() const noexcept { return group_.closed(); }

  /// This is a child of the process that made it.
  bool inherited() const noexcept;

  /// Sees to it that `fetch` gives what was sent on this machine before this call.
  void flush_pending() noexcept { group_.flush_pending(); }

  const receiver_group& receivers() const noexcept { return group_; }

 private:
  using loads = std::list<load>;  // none or one where it is moved: so nothing is allocated when something has arrived

  bool hold(time_point deadline) noexcept override;
  void release() noexcept override;
  void begin_again(bool whole) noexcept override;

  void run();
  bool has_room() const { return queue_.size() < max_loads_ || (queue_.size() > fixed_ && !queue_.back().buffer.full()); }
  time_point receive();
  loads load_to_fill();
  void publish(loads filled) noexcept;

  receiver_group group_;
  const std::size_t max_loads_;
  const std::uint64_t owner_;

  std::mutex receiving_;  // held by whoever is in `group_.receive`, and taken before `mutex_`
  std::chrono::nanoseconds slept_ = platform::slept();  // when the system's buffers were last empty
  std::mutex mutex_;      // of what follows
  std::condition_variable room_;
  loads queue_;           // the oldest first
  std::size_t fixed_ = 0; // of them, that the owner was promised
  loads spare_;
  loads current_;         // what the owner looks at
  bell* bell_ = nullptr;
  std::atomic<std::size_t> queued_{0};  // size of `queue_`
  std::thread thread_;
};

/// Destroys a reader's parts; in a child made by `fork` it leaves them as they are, half-changed perhaps by threads that are not
/// there, and waited for by others.
template <class Impl>
void discard(Impl* i) noexcept {
  if (i != nullptr && !i->pump.inherited()) delete i;
}

}  // namespace mailslog
