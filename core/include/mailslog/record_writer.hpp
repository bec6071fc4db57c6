// Level 2, sending: log records, numbered, packed, and cut to fit.
//
//   mailslog::record_writer log("*/build-farm");
//   mailslog::record record;
//   record.time = std::chrono::system_clock::now();
//   record.text = "hello";
//   log.write(record);
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <system_error>

#include <mailslog/address.hpp>
#include <mailslog/error.hpp>
#include <mailslog/export.hpp>
#include <mailslog/record.hpp>
#include <mailslog/stats.hpp>

namespace mailslog {

/// Posts log records to one slot, whether or not anybody is reading it.
///
/// Movable, not copyable. All members may be called from any thread. A thread of the writer's own starts with the first
/// records that cannot leave at once. After `fork` the child has a writer of its own: a new sender that begins with record 0;
/// what the parent had queued is sent by the parent alone.
class MAILSLOG_EXPORT record_writer {
 public:
  /// Throws `address_error` for a bad address and for nothing else. A slot that nobody reads, a host that is not known and
  /// a network that is down are no errors, here or in `write`.
  explicit record_writer(const address& where);
  record_writer(std::string_view where, const slot_options& options) : record_writer(address(where, options)) {}
  record_writer(record_writer&&) noexcept;
  record_writer& operator=(record_writer&&) noexcept;
  /// Sends what is queued, for at most `slot_options::linger`; the rest is dropped. Tells the readers where it ends.
  ~record_writer();

  /// Numbers the record and sends it, or queues it for at most `max_delay`. Does not wait, except with
  /// `overflow_policy::block` for at most `block_time` while the queue is full.
  ///
  /// Errors a caller may want to tell apart (each is counted, and the reader is told):
  /// - `errc::queue_full`: this record was dropped
  /// - `errc::record_too_large`: this record was dropped
  std::error_code write(const record& record) noexcept;

  /// Hands what `write` has taken so far to the system, as far as the system takes it now. Does not wait for it.
  void flush() noexcept;

  /// The same, and waits for at most `timeout` until the system has taken everything written before. True if it has.
  bool flush(std::chrono::nanoseconds timeout) noexcept;

  writer_stats stats() const noexcept;
  /// Records that were not sent, for whatever reason.
  std::uint64_t dropped() const noexcept { return stats().dropped(); }

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace mailslog
