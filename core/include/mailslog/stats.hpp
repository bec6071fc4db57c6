// What writers and readers count.
#pragma once

#include <cstdint>
#include <system_error>

#include <mailslog/export.hpp>

namespace mailslog {

/// What a writer did since it was made. Dropped records are also told to the readers, with their reason.
struct writer_stats {
  std::uint64_t written = 0;            ///< records taken by `write`
  std::uint64_t datagrams = 0;          ///< handed to the system
  std::uint64_t bytes = 0;              ///< of these datagrams
  std::uint64_t dropped_queue = 0;      ///< records: the queue was full, or `linger` was over
  std::uint64_t dropped_socket = 0;     ///< records: the system refused them
  std::uint64_t dropped_too_large = 0;  ///< records larger than `max_record_size`
  std::uint64_t kept_back = 0;          ///< records below `slot_options::send_level` that are remembered; not in `written`
  std::error_code last_error;           ///< what the system said when it last refused something, or `errc::too_many_readers`
  std::error_code history_error;        ///< why records are not remembered, or fewer than `slot_options::history` says; no loss

  std::uint64_t dropped() const noexcept { return dropped_queue + dropped_socket + dropped_too_large; }
};

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
  /// Datagrams whose numbers were far from all others of their sender: thrown away, because others contradicted them; or believed while
  /// no other came, and taken back when the sender went on before them. What was reported missing for them is in no counter any more.
  std::uint64_t unconfirmed = 0;
  std::uint64_t oversized = 0;          ///< datagrams larger than any may be: not taken
  /// Senders that had to give up early what they waited for, so that memory stays within `max_memory`: what came was shown, with
  /// holes. Senders that were forgotten, because thousands of others came, before they had said goodbye: what was lost of them since is in
  /// no other counter. And what could not be looked at because there was no memory at all.
  std::uint64_t evicted = 0;
  /// What the system threw away because its receive buffer was full, as it counts: datagrams, or groups of up to 64 where it
  /// had received several as one. The records in them are in `missing`.
  std::uint64_t dropped_by_kernel = 0;
  std::uint64_t datagrams = 0;          ///< received
  std::uint64_t bytes = 0;              ///< of these datagrams
  std::uint64_t senders = 0;            ///< seen
  std::uint64_t from_history = 0;       ///< of the records delivered, those that were read from what is remembered on this machine
  std::uint64_t kept_back = 0;          ///< delivered from there though they were never sent; not in `delivered`
  std::uint64_t rings_refused = 0;      ///< files of what is remembered that could not be read, or not all of them

  std::uint64_t dropped_by_sender() const noexcept { return dropped_queue + dropped_socket + dropped_too_large; }
};

/// The counters of several readers, or of one that was opened again.
MAILSLOG_EXPORT reader_stats& operator+=(reader_stats& sum, const reader_stats& s) noexcept;

}  // namespace mailslog
