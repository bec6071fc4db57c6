// Level 2, receiving: log records of many senders, each sender's in order, and word of what is missing.
//
//   mailslog::record_reader records("*/build-farm");
//   while (auto record = records.next(mailslog::forever)) use(record->from->host, record->text);
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <mailslog/address.hpp>
#include <mailslog/error.hpp>
#include <mailslog/export.hpp>
#include <mailslog/record.hpp>

namespace mailslog {

/// Who sent a record: one `record_writer` in one process. What it says of itself is claimed, not proven.
struct sender_info {
  std::uint64_t id = 0;  ///< random, new for each writer
  std::string host;
  std::string app;
  std::uint64_t process = 0;
};

/// A piece of a text that did not arrive, in bytes of the text as it was sent.
struct missing_range {
  std::size_t offset = 0;
  std::size_t length = 0;
};

/// A record that arrived. Its strings and `from` are valid until the reader is asked for the next event.
struct received_record : record {
  const sender_info* from = nullptr;  ///< never null
  std::uint64_t number = 0;           ///< the sender's sequence number, counted from 0
  /// Not empty: parts of the record never came. `text` is what did arrive, without the holes; the ranges are in rising order.
  std::vector<missing_range> missing;
  /// The start of the record never came: `thread`, `logger`, `source` and `attributes` are unknown, or not all known.
  bool headless = false;
};

/// Records `first` to `last` of a sender will not come.
struct gap {
  const sender_info* from = nullptr;  ///< never null; its strings are empty if no record of it arrived yet
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t lost = 0;     ///< on the way, or in a full receive buffer
  std::uint64_t dropped = 0;  ///< by the sender, which said so
};

/// A datagram that is no mailslog datagram: posted by another program.
struct foreign_message {
  timestamp time{};  ///< of arrival
  std::string_view from;  ///< as `message::from`
  std::string_view bytes;
  std::string_view claimed_name{};  ///< as `message::claimed_name`
};

using event = std::variant<received_record, gap, foreign_message>;

/// What a reader saw since it was opened. Records unless it says otherwise.
struct reader_stats {
  std::uint64_t delivered = 0;          ///< whole ones
  std::uint64_t incomplete = 0;         ///< delivered with holes
  std::uint64_t missing = 0;            ///< never came, and their senders did not say that they dropped them
  std::uint64_t dropped_queue = 0;      ///< their senders dropped them: queue full
  std::uint64_t dropped_socket = 0;     ///< their senders dropped them: refused by the system
  std::uint64_t dropped_too_large = 0;  ///< their senders dropped them: larger than `max_record_size`
  std::uint64_t repeated = 0;           ///< datagrams that had arrived before
  std::uint64_t late = 0;               ///< datagrams that came after they had been given up
  std::uint64_t malformed = 0;          ///< datagrams of this format that contradict it
  std::uint64_t other_version = 0;      ///< datagrams of a version that this reader does not know
  std::uint64_t other_slot = 0;         ///< datagrams for another slot on the same group or port
  std::uint64_t foreign = 0;            ///< datagrams of another format
  std::uint64_t evicted = 0;            ///< datagrams and unfinished records thrown away to stay within `max_memory`
  /// What the system threw away because its receive buffer was full, as it counts: datagrams, or groups of up to 64 where it
  /// had received several as one. The records in them are in `missing`.
  std::uint64_t dropped_by_kernel = 0;
  std::uint64_t datagrams = 0;          ///< received
  std::uint64_t bytes = 0;              ///< of these datagrams
  std::uint64_t senders = 0;            ///< seen

  std::uint64_t dropped_by_sender() const noexcept { return dropped_queue + dropped_socket + dropped_too_large; }
};

/// Owns a slot on this machine and takes the records that are posted to it. A thread of its own empties the system's receive
/// buffer. Movable, not copyable. One thread at a time, except for `close`, which any thread may call.
class MAILSLOG_EXPORT record_reader {
 public:
  /// Opens the slot. Any number of readers of one name may run; each gets every record. On Windows a local slot has one reader.
  /// Throws `address_error` for a bad address or that of another host, `std::system_error` if it cannot be opened:
  /// `what()` says what was tried, on what, and what the system answered.
  explicit record_reader(const address& where);
  record_reader(std::string_view where, const slot_options& options) : record_reader(address(where, options)) {}
  record_reader(record_reader&&) noexcept;
  record_reader& operator=(record_reader&&) noexcept;
  ~record_reader();

  /// The next thing to know, or null when `timeout` (0: does not wait; `forever`) has passed or the slot is closed.
  /// Owned by the reader, valid until the next call.
  const event* next_event(std::chrono::nanoseconds timeout);

  /// The same for who wants records only: gaps and foreign messages are passed over (and counted).
  const received_record* next(std::chrono::nanoseconds timeout);

  /// True if `next_event(0)` would very likely return null: nothing has arrived that was not yet looked at. Cheap.
  bool idle() const noexcept;

  reader_stats stats() const;

  /// Ends this and all later waiting, from any thread.
  void close() noexcept;
  bool closed() const noexcept;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace mailslog
