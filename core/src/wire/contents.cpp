#include "wire/contents.hpp"

#include "wire/datagram.hpp"

namespace mailslog::wire {

item& contents::next_item() {
  if (count_ == items_.size()) items_.emplace_back();
  return items_[count_++];
}

bool contents::read(byte_view datagram) {
  constexpr std::size_t usual_items = 1024;
  if (items_.size() > usual_items) items_.resize(usual_items);
  sender_.reset();
  count_ = 0;
  byte_reader in(datagram.part(header_size, datagram.size - header_size));
  record_context context;
  frame f;
  bool good = true;
  while (good && next_frame(in, f)) good = read_frame(f, context);
  if (good && in.ok()) return true;
  sender_.reset();
  count_ = 0;
  return false;
}

bool contents::read_frame(const frame& f, record_context& context) {
  switch (f.type) {
    case frame_type::sender: {
      sender_frame who;
      if (!decode(f.body, who)) return false;
      sender_ = who;
      return true;
    }
    case frame_type::record: {
      auto& next = next_item();
      auto* record = std::get_if<received_record>(&next.what);
      if (record == nullptr) record = &next.what.emplace<received_record>();
      // What many records with many attributes once needed must not be kept for ever.
      constexpr std::size_t usual_attributes = 64;
      if (record->attributes.capacity() > usual_attributes) std::vector<attribute>().swap(record->attributes);
      record->missing.clear();
      record->headless = false;
      next.type = f.type;
      return decode(f.body, context, *record, record->number);
    }
    case frame_type::fragment: {
      auto& next = next_item();
      next.type = f.type;
      return decode(f.body, next.fragment);
    }
    case frame_type::dropped: {
      auto& next = next_item();
      next.type = f.type;
      return decode(f.body, next.dropped);
    }
    case frame_type::progress:
    case frame_type::goodbye: {
      auto& next = next_item();
      next.type = f.type;
      return decode_number(f.body, next.number);
    }
    case frame_type::message: {
      auto& next = next_item();
      next.type = f.type;
      next.message = f.body;
      return true;
    }
    case frame_type::padding: break;
  }
  return true;  // a type of a later version
}

}  // namespace mailslog::wire
