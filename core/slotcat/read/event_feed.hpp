// Events of one reader, or of several, one after the other.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <mailslog/record_reader.hpp>

namespace slotcat {

/// One reader is asked directly. Several are asked in turn while they have something; only when all of them are idle does each
/// wait in a thread of its own, until one of them has an event. So no event is copied, and no thread is changed under load.
class event_feed {
 public:
  /// At least one. `refresh`: how old `stats` may be while waiting.
  event_feed(std::vector<mailslog::record_reader> readers, std::chrono::nanoseconds refresh = mailslog::forever);
  ~event_feed();
  event_feed(const event_feed&) = delete;
  event_feed& operator=(const event_feed&) = delete;

  /// The next event; null when `timeout` (0: does not wait) has passed or the feed is closed. Valid until the next call.
  const mailslog::event* next(std::chrono::nanoseconds timeout);

  /// Sums of all readers.
  mailslog::reader_stats stats();

  /// Ends this and all later waiting, from any thread.
  void close() noexcept;

  /// Closes, and makes sure that `stats` are the last ones.
  void stop();
  bool closed() const noexcept { return closed_; }

 private:
  struct lane;

  const mailslog::event* poll_lanes();
  void wait_in_lane(lane& l);

  std::vector<std::unique_ptr<lane>> lanes_;
  std::chrono::nanoseconds refresh_;
  std::size_t turn_ = 0;        // the lane that is asked next
  unsigned served_ = 0;         // events in a row from it
  std::mutex mutex_;
  std::condition_variable wake_lane_;
  std::condition_variable wake_main_;
  std::atomic<bool> closed_{false};
};

}  // namespace slotcat
