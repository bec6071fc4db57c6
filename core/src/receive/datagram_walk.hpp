// The datagram that an inbox goes through, frame by frame.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "receive/datagram_order.hpp"
#include "receive/sender_store.hpp"
#include "wire/datagram_frames.hpp"

namespace mailslog {

/// Pure. Where there is no memory for a datagram's frames, it has none.
class datagram_walk {
 public:
  /// What is looked at now came so, whether it is read or not.
  void arrived(const origin& came) { came_ = came; }

  /// Reads one that has just come; the bytes are the caller's. False if it breaks the format. None of its frames is the next before `begin`.
  bool read(byte_view datagram);
  void begin(std::uint64_t number, byte_view datagram) noexcept;
  /// Reads one that was judged when it came, and keeps its bytes.
  void begin(datagram_order::held&& waited);
  void begin(record_order::doubted&& waited);

  bool more() const noexcept { return at_ < frames_.size(); }
  wire::decoded_frame& next() noexcept { return frames_[at_]; }
  void step() noexcept { ++at_; }
  void leave() noexcept { at_ = frames_.size(); }
  /// A copy of what is left, because of record `record`.
  record_order::doubted rest(std::uint64_t record) const;

  std::uint64_t number() const noexcept { return number_; }
  const origin& came() const noexcept { return came_; }
  const std::optional<wire::sender_frame>& sender() const noexcept { return frames_.sender(); }
  /// Calls `use` with what the datagram says was dropped, wherever in it that stands.
  template <class Use>
  void each_dropped(Use use) {
    for (std::size_t i = 0; i < frames_.size(); ++i) {
      if (frames_[i].type == wire::frame_type::dropped) use(frames_[i].dropped);
    }
  }

 private:
  void keep(std::uint64_t number, std::vector<std::uint8_t>&& bytes, const origin& came);

  wire::datagram_frames frames_;
  std::size_t at_ = 0;
  byte_view bytes_;
  std::uint64_t number_ = 0;
  std::vector<std::uint8_t> memory_;  // of `bytes_`, if it had to wait
  origin came_;
};

}  // namespace mailslog
