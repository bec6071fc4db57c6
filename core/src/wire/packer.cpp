#include "wire/packer.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace mailslog::wire {
namespace {

constexpr std::size_t number_offset = header_size - sizeof(std::uint64_t);
// A piece smaller than this is not worth its overhead: it goes into the next datagram.
std::size_t min_piece(std::size_t limit) { return std::min<std::size_t>(limit / 8, 64); }

std::vector<std::uint8_t> encoded(sender_frame f, std::size_t room) {
  const auto cut = [room](std::string_view s) { return s.substr(0, room / 4); };
  if (encoded_bound(f) > room) {
    f.host = cut(f.host);
    f.app = cut(f.app);
  }
  std::vector<std::uint8_t> bytes(encoded_bound(f));
  byte_writer out(bytes.data());
  encode(f, out);
  return bytes;
}

}  // namespace

void stamp(batch& b, std::size_t limit, std::uint64_t number) noexcept {
  for (std::size_t at = 0; at < b.size; at += limit) byte_writer(b.bytes.get() + at + number_offset).u64(number++);
}

packer::packer(std::uint32_t slot_tag, std::uint64_t sender_id, const sender_frame& sender, std::size_t limit,
               std::size_t datagrams)
    : header_{slot_tag, sender_id, 0},
      sender_(encoded(sender, limit / 4)),
      limit_(limit),
      max_datagrams_(std::max<std::size_t>(datagrams, 1)) {}

void packer::begin(std::unique_ptr<std::uint8_t[]> memory) noexcept {
  batch_ = batch{};
  batch_.bytes = std::move(memory);
  out_ = byte_writer(batch_.bytes.get());
  datagram_end_ = batch_.bytes.get();
}

batch packer::take() noexcept {
  assert(!empty());
  batch_.size = static_cast<std::size_t>(out_.position() - batch_.bytes.get());
  out_ = byte_writer(nullptr);
  datagram_end_ = nullptr;
  return std::exchange(batch_, batch{});
}

bool packer::next_datagram() noexcept {
  if (batch_.datagrams == max_datagrams_) return false;
  std::fill(out_.position(), datagram_end_, std::uint8_t{0});
  out_ = byte_writer(datagram_end_);
  datagram_end_ += limit_;
  encode(header_, out_);
  ++batch_.datagrams;
  has_sender_ = false;
  context_ = {};
  return true;
}

void packer::need_sender() {
  if (has_sender_) return;
  out_.bytes(byte_view(sender_.data(), sender_.size()));
  has_sender_ = true;
}

void packer::touch(std::uint64_t number) noexcept {
  if (batch_.end_record == batch_.first_record) batch_.first_record = number;
  batch_.end_record = number + 1;
}

std::size_t packer::overflow_size(const content_size& content) const noexcept {
  const auto frame = record_frame_bound(content);
  const auto left = room() + (max_datagrams_ - batch_.datagrams) * limit_;
  if (frame + sender_.size() + header_size <= left) return 0;
  const auto each = limit_ - limit_ / 4;  // headers included; an estimate is enough
  return (frame / each + 1) * limit_;
}

bool packer::add(const record& r, std::uint64_t number, const content_size& content) {
  if (cutting_) return add_fragments(r.text);
  const auto frame = record_frame_bound(content);
  const auto fresh = limit_ - header_size - sender_.size();
  if (frame <= fresh) {
    if (frame + sender_cost() > room() && !next_datagram()) return false;
    need_sender();
    encode(r, number, content, context_, out_);
    touch(number);
    return true;
  }
  before_text_.resize(content.before_text);
  byte_writer before_text(before_text_.data());
  encode_before_text(r, before_text);
  fragment_ = {};
  fragment_.flags = content_flags(r);
  fragment_.number = number;
  fragment_.time = static_cast<std::uint64_t>(r.time.time_since_epoch().count());
  fragment_.total = content.total;
  fragment_.text_start = content.before_text;
  cutting_ = true;
  return add_fragments(r.text);
}

bool packer::add_fragments(std::string_view text) {
  const auto overhead = fragment_overhead_bound(fragment_, limit_);
  while (fragment_.offset < fragment_.total) {
    const bool first = fragment_.offset == 0;
    const auto at = static_cast<std::size_t>(fragment_.offset);
    const auto left = static_cast<std::size_t>(fragment_.total) - at;
    if (room() < (first ? sender_cost() : 0) + overhead + std::min(min_piece(limit_), left)) {
      if (!next_datagram()) return false;
      continue;
    }
    if (first) need_sender();
    const auto piece = std::min(room() - overhead, left);
    const auto fields = byte_view(before_text_.data(), before_text_.size());
    const auto fields_at = std::min(at, fields.size);
    fragment_.bytes = fields.part(fields_at, std::min(piece, fields.size - fields_at));
    const auto of_text = piece - fragment_.bytes.size;
    encode(fragment_, out_, byte_view(text.substr(of_text == 0 ? 0 : at + fragment_.bytes.size - fields.size, of_text)));
    touch(fragment_.number);
    fragment_.offset += piece;
  }
  cutting_ = false;
  // One huge record must not keep its memory for ever.
  if (before_text_.capacity() > std::size_t{256} * 1024) decltype(before_text_)().swap(before_text_);
  return true;
}

bool packer::add(const dropped_frame& f) {
  if (room() < dropped_frame_bound && !next_datagram()) return false;
  encode(f, out_);
  return true;
}

bool packer::add_number(frame_type type, std::uint64_t next_number) {
  if (room() < number_frame_bound + sender_cost() && !next_datagram()) return false;
  need_sender();
  encode_number(type, next_number, out_);
  return true;
}

}  // namespace mailslog::wire
