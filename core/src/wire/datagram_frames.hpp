// All that is in a datagram, judged as a whole before any of it is used.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <mailslog/event.hpp>

#include "wire/frame.hpp"

namespace mailslog::wire {

struct decoded_frame {
  frame_type type = frame_type::padding;
  event what;               // record, also a `sharing` one: a `received_record`
  fragment_frame fragment;  // fragment
  dropped_frame dropped;    // dropped
  std::uint64_t number = 0; // progress, goodbye: of the next record; kept_back: its place
  byte_view message;        // message
};

/// Made once and used again and again: it keeps its memory. Strings are views into the datagram.
class datagram_frames {
 public:
  /// Reads the frames of a datagram whose header was decoded. False if any of it breaks the format; then it is empty.
  bool read(byte_view datagram);

  const std::optional<sender_frame>& sender() const noexcept { return sender_; }
  std::size_t size() const noexcept { return count_; }
  decoded_frame& operator[](std::size_t i) noexcept { return frames_[i]; }

 private:
  bool read_frame(const frame& f, record_context& context);
  decoded_frame& append();

  std::optional<sender_frame> sender_;
  std::vector<decoded_frame> frames_;  // the first `count_` are in use
  std::size_t count_ = 0;
};

}  // namespace mailslog::wire
