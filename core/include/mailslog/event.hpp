// What a reader of records hands out: a record, word of records that will not come, or what another program posted.
//
//   if (auto record = std::get_if<mailslog::received_record>(event)) use(record->from->host, record->text);
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

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
  bool start_missing = false;
  /// It did not come, but was read from what its writer remembers on this machine.
  bool from_history = false;
  /// Not 0: it was not sent (`slot_options::send_level`). It is the `kept_back`th that its sender logged before record `number`.
  std::uint64_t kept_back = 0;
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

/// A sender of this machine has ended, and all that it logged has been given or reported as missing.
struct ended {
  const sender_info* from = nullptr;  ///< never null
  bool well = false;                  ///< it said so; otherwise it was killed, crashed or left without destroying its writer
  std::uint64_t records = 0;          ///< that it logged, as far as is known
};

using event = std::variant<received_record, gap, foreign_message, ended>;

}  // namespace mailslog
