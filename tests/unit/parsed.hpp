// What is in a datagram, judged as docs/wire-format.md section 9 says: all of it, or nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "wire/datagram.hpp"
#include "wire/frame.hpp"

namespace mailslog::test {

struct parsed {
  struct numbered_record {
    std::uint64_t number = 0;
    mailslog::record record;
  };

  wire::header header;
  std::vector<wire::frame_type> frames;
  std::vector<wire::sender_frame> senders;
  std::vector<numbered_record> records;
  std::vector<wire::fragment_frame> fragments;
  std::vector<wire::dropped_frame> dropped;
  std::vector<std::uint64_t> next_numbers;  // of progress and goodbye
  std::vector<std::string_view> messages;
};

inline bool is_whole_record(wire::frame_type type) { return type == wire::frame_type::record || type == wire::frame_type::sharing; }

/// Nothing if the datagram is not ours or malformed. Its strings are those of the datagram.
inline std::optional<parsed> parse(byte_view datagram) {
  parsed out;
  if (wire::decode(datagram, out.header) != wire::header_error::none) return std::nullopt;
  wire::byte_reader in(datagram);
  in.bytes(wire::header_size);
  wire::record_context context;
  wire::frame frame;
  bool at_end = false;
  for (auto frame_at = wire::header_size; wire::next_frame(in, frame); frame_at = datagram.size - in.left()) {
    bool good = true;
    out.frames.push_back(frame.type);
    switch (frame.type) {
      case wire::frame_type::sender: good = wire::decode(frame.body, out.senders.emplace_back()); break;
      case wire::frame_type::record:
      case wire::frame_type::sharing: {
        auto& r = out.records.emplace_back();
        good = wire::decode(frame, context, r.record, r.number);
        break;
      }
      case wire::frame_type::fragment: good = wire::decode(frame.body, out.fragments.emplace_back()); break;
      case wire::frame_type::dropped: good = wire::decode(frame.body, out.dropped.emplace_back()); break;
      case wire::frame_type::progress:
      case wire::frame_type::goodbye: good = wire::decode_number(frame.body, out.next_numbers.emplace_back()); break;
      case wire::frame_type::message: out.messages.push_back(frame.body.text()); break;
      case wire::frame_type::check:
        good = wire::decode_check(frame.body, datagram.part(0, frame_at));
        at_end = true;
        break;
      case wire::frame_type::kept_back:
      case wire::frame_type::padding: break;
    }
    if (!good || (at_end && frame.type != wire::frame_type::check)) return std::nullopt;
  }
  if (!in.ok()) return std::nullopt;
  return out;
}

}  // namespace mailslog::test
