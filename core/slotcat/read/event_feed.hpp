// Events of one reader, or of several, one after the other.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include <mailslog/record_reader.hpp>

namespace slotcat {

/// First what its readers remember, merged by time. Then it asks them in turn while they have something, and waits for all of them together. No
/// event is copied.
/// One thread at a time, except for `close`.
class event_feed {
 public:
  /// At least one.
  explicit event_feed(std::vector<mailslog::record_reader> readers);
  event_feed(const event_feed&) = delete;
  event_feed& operator=(const event_feed&) = delete;

  /// The next event; null when `timeout` (0: does not wait) has passed or the feed is closed. Valid until the next call.
  const mailslog::event* next(std::chrono::nanoseconds timeout);

  /// Which reader the last event came from.
  std::size_t origin() const noexcept { return origin_; }

  /// True if very likely nothing has arrived that was not yet looked at.
  bool idle() const noexcept;
  /// True while the rest of what has arrived is waited for.
  bool expecting() const noexcept;

  /// True until all that was asked for of what is remembered has been given.
  bool in_history() const noexcept;

  /// Sums of all readers.
  mailslog::reader_stats stats() const;
  /// Of each reader.
  std::vector<mailslog::history_findings> findings() const;

  /// Ends this and all later waiting, from any thread.
  void close() noexcept;
  bool closed() const noexcept { return closed_; }

 private:
  const mailslog::event* next_of_history();
  const mailslog::event* poll();

  std::vector<mailslog::record_reader> readers_;
  std::vector<mailslog::record_reader*> all_;
  std::vector<const mailslog::event*> heads_;  // the next one of each reader while there is history; null: not known
  std::optional<std::size_t> given_;           // whose head was given last
  bool merging_ = true;
  std::size_t turn_ = 0;  // the reader that is asked next
  unsigned served_ = 0;   // events in a row from it
  std::size_t origin_ = 0;
  std::atomic<bool> closed_{false};
};

}  // namespace slotcat
