// Level 2, receiving: log records of many senders, each sender's in order, and word of what is missing.
//
//   mailslog::record_reader records("*/build-farm");
//   while (auto record = records.next(mailslog::forever)) use(record->from->host, record->text);
#pragma once

#include <chrono>
#include <memory>
#include <string_view>
#include <vector>

#include <mailslog/address.hpp>
#include <mailslog/error.hpp>
#include <mailslog/event.hpp>
#include <mailslog/export.hpp>
#include <mailslog/history.hpp>
#include <mailslog/record.hpp>
#include <mailslog/stats.hpp>

namespace mailslog {

/// Owns a slot on this machine and takes the records that are posted to it. A thread of its own empties the system's receive
/// buffer. Movable, not copyable. One thread at a time, except for `close`, which any thread may call.
class MAILSLOG_EXPORT record_reader {
 public:
  /// Opens the slot. Any number of readers of one name may run; each gets every record. On Windows a local slot has one reader.
  /// Throws `address_error` for a bad address or that of another host, `std::system_error` if it cannot be opened:
  /// `what()` says what was tried, on what, and what the system answered.
  explicit record_reader(const address& where) : record_reader(where, history_request{}) {}
  /// The same, and first what the writers of this machine remember: an `event` for each record (`received_record::from_history`), then what
  /// has been logged since, without a hole and without a repeat. What cannot be read is counted (`reader_stats::rings_refused`).
  record_reader(const address& where, const history_request& past);
  record_reader(std::string_view where, const slot_options& options) : record_reader(address(where, options)) {}
  record_reader(record_reader&&) noexcept;
  record_reader& operator=(record_reader&&) noexcept;
  ~record_reader();

  /// The next thing to know, or null when `timeout` (0: does not wait; `forever`) has passed or the slot is closed.
  /// Owned by the reader, valid until the next call.
  const event* next_event(std::chrono::nanoseconds timeout);

  /// The same for who wants records only: gaps and foreign messages are passed over (and counted).
  const received_record* next(std::chrono::nanoseconds timeout);

  /// True until `next_event` has given all that was asked for of what is remembered.
  bool in_history() const noexcept;

  /// What has been found so far of what is remembered. Throws `std::bad_alloc` only.
  history_findings findings() const;

  /// True if `next_event(0)` would very likely return null: nothing has arrived that was not yet looked at. Cheap.
  bool idle() const noexcept;
  /// True while the rest of something that has arrived, or what it overtook, is waited for: until it comes or is given up. Cheap.
  bool expecting() const noexcept;

  reader_stats stats() const;

  /// Ends this and all later waiting, from any thread. What had come and waited for something else is still given, holes and all; what
  /// nobody had looked at is lost.
  void close() noexcept;
  bool closed() const noexcept;

 private:
  friend MAILSLOG_EXPORT bool wait_any(const std::vector<record_reader*>& readers, std::chrono::nanoseconds timeout);

  struct impl;
  struct deleter {
    void operator()(impl* i) const noexcept;
  };
  std::unique_ptr<impl, deleter> impl_;
};

/// Waits until one of the readers is to be asked by `next_event(0)`, for at most `timeout`: something has arrived, what is missing
/// need not be waited for any longer, or it was closed, which any thread may do. True if one is; what has arrived need not make an
/// event. A closed reader has nothing to wait for: ask it, then take it out of the list. No reader may be used by another thread
/// meanwhile, except for `close`. Any number of them costs no thread and no descriptor.
///
///   for (;;) {
///     for (auto* reader : readers) while (auto* event = reader->next_event(0ns)) use(*event);
///     if (!mailslog::wait_any(readers, timeout)) break;
///   }
MAILSLOG_EXPORT bool wait_any(const std::vector<record_reader*>& readers, std::chrono::nanoseconds timeout);

}  // namespace mailslog
