#include "wire/datagram_frames.hpp"

#include "wire/datagram.hpp"

namespace mailslog::wire {

decoded_frame& datagram_frames::append() {
  if (count_ == frames_.size()) frames_.emplace_back();
  return frames_[count_++];
}

bool datagram_frames::read(byte_view datagram) {
  constexpr std::size_t usual_frames = 1024;
  if (frames_.size() > usual_frames) {
    frames_.resize(usual_frames);
    frames_.shrink_to_fit();
  }
  sender_.reset();
  count_ = 0;
  byte_reader in(datagram.part(header_size, datagram.size - header_size));
  record_context context;
  frame f;
  bool good = true;
  for (auto at = header_size; good && next_frame(in, f); at = datagram.size - in.left()) {
    // Nothing but padding may stand after a check sum: it would not be covered.
    good = f.type == frame_type::check ? decode_check(f.body, datagram.part(0, at)) && !next_frame(in, f) : read_frame(f, context);
  }
  if (good && in.ok()) return true;
  sender_.reset();
  count_ = 0;
  return false;
}

bool datagram_frames::read_frame(const frame& f, record_context& context) {
  switch (f.type) {
    case frame_type::sender: {
      sender_frame who;
      if (!decode(f.body, who)) return false;
      sender_ = who;
      return true;
    }
    case frame_type::record:
    case frame_type::sharing: {
      auto& next = append();
      auto* record = std::get_if<received_record>(&next.what);
      if (record == nullptr) record = &next.what.emplace<received_record>();
      // What many records with many attributes once needed must not be kept for ever.
      constexpr std::size_t usual_attributes = 64;
      if (record->attributes.capacity() > usual_attributes) std::vector<attribute>().swap(record->attributes);
      record->missing.clear();
      record->start_missing = false;
      record->kept_back = 0;
      next.type = frame_type::record;
      return decode(f, context, *record, record->number);
    }
    case frame_type::fragment: {
      auto& next = append();
      next.type = f.type;
      return decode(f.body, next.fragment);
    }
    case frame_type::dropped: {
      auto& next = append();
      next.type = f.type;
      return decode(f.body, next.dropped);
    }
    case frame_type::progress:
    case frame_type::goodbye:
    case frame_type::kept_back: {
      auto& next = append();
      next.type = f.type;
      return decode_number(f.body, next.number);
    }
    case frame_type::message: {
      auto& next = append();
      next.type = f.type;
      next.message = f.body;
      return true;
    }
    case frame_type::padding:
    case frame_type::check: break;
  }
  return true;  // a type of a later version
}

}  // namespace mailslog::wire
