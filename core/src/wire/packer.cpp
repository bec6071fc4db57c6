#include "wire/packer.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "wire/crc32c.hpp"

namespace mailslog::wire {
namespace {

constexpr std::size_t number_offset = header_size - sizeof(std::uint64_t);
// A piece of a record that is cut anyway: if smaller than this, it is not worth its overhead and goes into the next datagram.
std::size_t min_piece(std::size_t limit) { return std::min<std::size_t>(limit / 8, 64); }

// At most `size` bytes of it, and no part of a character.
std::string_view cut(std::string_view s, std::size_t size) {
  if (s.size() <= size) return s;
  constexpr std::size_t longest_character = 4;
  auto whole = size;
  while (whole != 0 && size - whole < longest_character && (static_cast<std::uint8_t>(s[whole]) & 0xc0) == 0x80) --whole;
  return s.substr(0, whole);
}

std::vector<std::uint8_t> encoded(sender_frame f, std::size_t room) {
  f.age_ms = 0;  // `stamp` writes it
  if (encoded_bound(f) > room) {
    // Each may have half of the room; what one does not need, the other has.
    auto bare = f;
    bare.host = bare.app = {};
    const auto fixed = encoded_bound(bare) + (room < 128 ? 0 : 3);  // longer lengths
    const auto names = room > fixed ? room - fixed : 0;
    f.app = cut(f.app, std::max(names / 2, names - std::min(names, f.host.size())));
    f.host = cut(f.host, names - std::min(names, f.app.size()));
  }
  std::vector<std::uint8_t> bytes(encoded_bound(f));
  byte_writer out(bytes.data());
  encode(f, out);
  return bytes;
}

}  // namespace

void stamp(batch& b, std::size_t limit, std::uint64_t number, std::uint32_t age_ms) noexcept {
  for (std::size_t at = 0; at < b.size; at += limit) {
    auto* const datagram = b.bytes.get() + at;
    byte_writer(datagram + number_offset).u64(number++);
    byte_reader in({datagram + header_size, std::min(limit, b.size - at) - header_size});
    // What stands before the sender is the rest of a record, or what was dropped: few frames, none as a rule.
    for (frame f; next_frame(in, f);) {
      auto* const body = datagram + (f.body.data - datagram);
      if (f.type == frame_type::sender) byte_writer(body + f.body.size - sizeof age_ms).u32(age_ms);
      if (f.type == frame_type::check) {
        auto* const begin = body + f.body.size - check_frame_size;
        byte_writer out(begin);
        encode_check(crc32c({datagram, static_cast<std::size_t>(begin - datagram)}), out);
      }
      const bool nothing_after = f.type == frame_type::sender || f.type == frame_type::record || f.type == frame_type::sharing;
      if (nothing_after && !b.checked) break;
    }
  }
}

packer::packer(std::uint32_t slot_tag, std::uint64_t sender_id, const sender_frame& sender, std::size_t limit, std::size_t datagrams,
               bool checked)
    : header_{slot_tag, sender_id, 0},
      sender_(encoded(sender, limit / 4)),
      limit_(limit),
      max_datagrams_(std::max<std::size_t>(datagrams, 1)),
      end_size_(checked ? check_frame_size : 0),
      fresh_room_(limit - header_size - sender_.size() - end_size_) {}

void packer::begin(std::unique_ptr<std::uint8_t[]> memory) noexcept {
  batch_ = batch{};
  batch_.datagram_size = limit_;
  batch_.checked = end_size_ != 0;
  batch_.bytes = std::move(memory);
  out_ = byte_writer(batch_.bytes.get());
  room_end_ = batch_.bytes.get();
}

batch packer::take() noexcept {
  assert(!empty());
  end_datagram();
  batch_.size = static_cast<std::size_t>(out_.position() - batch_.bytes.get());
  out_ = byte_writer(nullptr);
  room_end_ = nullptr;
  return std::exchange(batch_, batch{});
}

bool packer::next_datagram() noexcept {
  if (batch_.datagrams == max_datagrams_) return false;
  auto* const begin = batch_.bytes.get() + batch_.datagrams * limit_;
  if (batch_.datagrams != 0) {
    end_datagram();
    std::fill(out_.position(), begin, std::uint8_t{0});
  }
  out_ = byte_writer(begin);
  room_end_ = begin + limit_ - end_size_;
  encode(header_, out_);
  ++batch_.datagrams;
  has_sender_ = false;
  context_.clear();
  return true;
}

void packer::end_datagram() noexcept {
  if (end_size_ != 0) encode_check(0, out_);  // `stamp` writes the sum
}

void packer::need_sender() {
  if (has_sender_) return;
  out_.bytes(byte_view(sender_.data(), sender_.size()));
  has_sender_ = true;
}

std::size_t packer::overflow_size(const content_size& content) const noexcept {
  const auto frame = record_frame_bound(content);
  const auto left = room() + (max_datagrams_ - batch_.datagrams) * limit_;
  if (frame + sender_.size() + header_size <= left) return 0;
  const auto each = limit_ - limit_ / 4;  // headers included; an estimate is enough
  return (frame / each + 1) * limit_;
}

std::size_t packer::prepare(const content_size& content) {
  if (fits(content)) return 0;  // as a rule
  const auto frame = record_frame_bound(content);
  const bool whole = frame <= fresh_room_ && !begins_in_rest(content);
  if (whole) return batch_.datagrams < max_datagrams_ ? 0 : 1;
  constexpr std::size_t usual_fields = 512;  // so that records of slightly different fields allocate once
  before_text_.reserve(std::max(content.before_text, usual_fields));
  if (frame <= fresh_room_) return 0;
  fragment_frame widest;
  widest.number = max_record_number;
  widest.total = widest.text_start = content.total;
  const auto piece = limit_ - header_size - fragment_overhead_bound(widest, limit_) - end_size_;
  const auto datagrams = (content.total + sender_.size()) / piece + 1;
  const auto left = max_datagrams_ - batch_.datagrams;
  return datagrams <= left ? 0 : (datagrams - left + max_datagrams_ - 1) / max_datagrams_;
}

bool packer::add(const record& r, std::uint64_t number, const content_size& content) {
  if (cutting_ && fragment_.number == number) return add_fragments(r.text);
  cutting_ = false;
  const auto frame = record_frame_bound(content);
  if (frame <= fresh_room_) {
    const bool fits = frame + sender_cost() <= room();
    if (fits || !begins_in_rest(content)) {
      if (!fits && !next_datagram()) return false;
      need_sender();
      const bool refers_to_none = !context_.any;
      if (refers_to_none || context_.number + 1 != number) unbroken_since_ = number;
      const auto* const begin = out_.position();
      const auto since = encode(r, number, content, context_, out_);
      last_since_ = refers_to_none ? number : since.value_or(0);
      last_ = refers_to_none || (since && *since >= unbroken_since_) ? begin : nullptr;
      touch(number);
      return true;
    }
  }
  last_ = nullptr;
  begin_fragments(r, number, content);
  return add_fragments(r.text);
}

// A record that would fit a datagram of its own is cut all the same if that fills a good part of the one before: it costs two
// frames of a fragment. Never at a batch's end: both pieces leave together, and if the batch ends with them, they waited together.
bool packer::begins_in_rest(const content_size& content) const noexcept {
  if (batch_.datagrams == 0 || batch_.datagrams == max_datagrams_) return false;
  fragment_frame widest;
  widest.number = max_record_number;
  widest.total = widest.text_start = content.total;
  return room() >= sender_cost() + 2 * fragment_overhead_bound(widest, limit_) + limit_ / 8;
}

void packer::begin_fragments(const record& r, std::uint64_t number, const content_size& content) {
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
