// Tells datagrams apart by their headers: the one place where it is decided what a datagram is.
#pragma once

#include <cstdint>

#include "byte_view.hpp"
#include "wire/datagram.hpp"

namespace mailslog {

class demux {
 public:
  enum class kind {
    ours,           ///< a datagram of this slot; `header` is filled in
    foreign,        ///< no mailslog datagram
    other_slot,     ///< for the slot with the tag in `header`
    other_version,  ///< of a version that we do not know, or sealed
  };
  struct datagram {
    demux::kind kind = kind::foreign;
    wire::header header;
  };

  explicit demux(std::uint32_t slot_tag) noexcept : slot_tag_(slot_tag) {}

  datagram look_at(byte_view bytes) const noexcept {
    datagram d;
    switch (wire::decode(bytes, d.header)) {
      case wire::header_error::none: d.kind = d.header.slot_tag == slot_tag_ ? kind::ours : kind::other_slot; break;
      case wire::header_error::other_version: d.kind = kind::other_version; break;
      case wire::header_error::foreign: break;
    }
    return d;
  }

 private:
  std::uint32_t slot_tag_;
};

}  // namespace mailslog
