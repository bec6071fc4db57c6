// Puts records into datagrams: many small ones into one, a large one into many.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/datagram.hpp"
#include "wire/frame.hpp"

namespace mailslog::wire {

/// Consecutive datagrams in one piece of memory, as the system can send in one call: each is `limit` bytes long, filled up with
/// padding, but for the last, which is as long as it needs to be.
struct batch {
  std::unique_ptr<std::uint8_t[]> bytes;
  std::size_t size = 0;
  std::size_t datagrams = 0;
  std::size_t datagram_size = 0;  // the packer's limit then
  /// Records of which anything is in here: `first_record` to `end_record - 1`.
  std::uint64_t first_record = 0;
  std::uint64_t end_record = 0;
  bool checked = false;  // each datagram ends with a `check` frame
};

/// Writes what is known only when the datagrams leave: their numbers, beginning with `number`, the sender's age, and check sums.
void stamp(batch& b, std::size_t limit, std::uint64_t number, std::uint32_t age_ms) noexcept;

/// A record's frame in a datagram that says nothing that is not said in the datagram before it, or refers to nothing before it.
struct repeatable_frame {
  byte_view bytes;          // none: there is no such frame
  std::uint64_t since = 0;  // it may refer to this record and to all after it, and to no other; its own number: to none
  std::string_view logger;  // in `bytes`, if it refers to none
  bool has_source = false;
  bool has_attributes = false;
};

class packer {
 public:
  /// `limit`: bytes of a datagram. A batch holds at most `datagrams` of them. `sender` goes into each datagram in which a record
  /// begins or that says how far the sender is; if it takes more than a quarter of the limit, its strings are cut.
  /// `checked`: each datagram ends with a check sum.
  packer(std::uint32_t slot_tag, std::uint64_t sender_id, const sender_frame& sender, std::size_t limit, std::size_t datagrams,
         bool checked = false);

  /// Bytes that a batch's memory needs.
  std::size_t batch_capacity() const noexcept { return limit_ * max_datagrams_; }
  std::size_t limit() const noexcept { return limit_; }

  /// Begins a batch in memory of `batch_capacity` bytes, allocated by the caller.
  void begin(std::unique_ptr<std::uint8_t[]> memory) noexcept;
  bool has_memory() const noexcept { return batch_.bytes != nullptr; }
  /// Gives it back. Only while nothing is packed.
  std::unique_ptr<std::uint8_t[]> release() noexcept { return std::move(batch_.bytes); }
  bool empty() const noexcept { return batch_.datagrams == 0; }
  /// Bytes that are packed so far.
  std::size_t size() const noexcept { return static_cast<std::size_t>(out_.position() - batch_.bytes.get()); }

  /// About how many bytes of datagrams a record takes that does not fit the batch's free space; 0 if it fits.
  std::size_t overflow_size(const content_size& content) const noexcept;

  /// True if `add` has a place for the whole record, and `before` it for so many bytes of other frames, in the datagram that it is at: then it
  /// needs no `prepare`.
  bool fits(const content_size& content, std::size_t before = 0) const noexcept {
    const auto frame = record_frame_bound(content) + before;
    return frame <= fresh_room_ && frame + sender_cost() <= room();
  }

  /// The same in a datagram of its own.
  bool fits_alone(const content_size& content, std::size_t before = 0) const noexcept { return record_frame_bound(content) + before <= fresh_room_; }

  /// Gets the memory that `add` needs for such a record, so that it does not throw, and says of how many further batches it will
  /// at most need the memory. Throws `std::bad_alloc`.
  std::size_t prepare(const content_size& content);

  // Each returns false when the batch has no room left: take it, begin another, and call again with the same arguments.
  // Of a record larger than a batch, a part has then been added; who gives it up, adds another record instead.
  // Only a record throws, if `prepare` was not called, and before any of it is added.
  bool add(const record& r, std::uint64_t number, const content_size& content);
  bool add(const dropped_frame& f);
  bool add_number(frame_type type, std::uint64_t next_number);

  /// The frame of the record that was added last, until anything else is called.
  repeatable_frame repeatable() const noexcept {
    if (last_ == nullptr) return {};
    const auto number = context_.number;
    return {{last_, static_cast<std::size_t>(out_.position() - last_)}, last_since_, context_.logger, context_.source_at == number, context_.names_at == number};
  }
  /// Adds the record by copying its frame from another packer of the same sender's records, if it says the same here. False: it has done nothing.
  bool repeat(const record& r, std::uint64_t number, const repeatable_frame& frame) noexcept {
    if (frame.bytes.size == 0 || frame.bytes.size > room() || !context_.any) return false;
    const bool next = context_.number + 1 == number;
    const bool refers_to_none = frame.since == number;
    if (!refers_to_none && !(next && unbroken_since_ <= frame.since)) return false;
    if (refers_to_none) {
      if (!next) unbroken_since_ = number;
      context_.logger = {reinterpret_cast<const char*>(out_.position()) + (frame.logger.data() - reinterpret_cast<const char*>(frame.bytes.data)), frame.logger.size()};
      // What it says besides is not shared by those that are encoded here.
      context_.any_source = false;
      context_.names.clear();
    }
    out_.bytes(frame.bytes);
    context_.number = number;
    context_.time = r.time.time_since_epoch().count();
    context_.thread = r.thread;
    if (frame.has_source) context_.source_at = number;
    if (frame.has_attributes) context_.names_at = number;
    touch(number);
    return true;
  }

  /// Ends the batch and hands it out. Only if it is not empty.
  batch take() noexcept;

 private:
  std::size_t room() const noexcept { return static_cast<std::size_t>(room_end_ - out_.position()); }
  bool next_datagram() noexcept;
  void end_datagram() noexcept;
  void need_sender();
  std::size_t sender_cost() const noexcept { return has_sender_ ? 0 : sender_.size(); }
  bool begins_in_rest(const content_size& content) const noexcept;
  void begin_fragments(const record& r, std::uint64_t number, const content_size& content);
  bool add_fragments(std::string_view text);
  void touch(std::uint64_t number) noexcept {
    if (batch_.end_record == batch_.first_record) batch_.first_record = number;
    batch_.end_record = number + 1;
  }

  header header_;
  std::vector<std::uint8_t> sender_;  // the encoded frame
  std::size_t limit_;
  std::size_t max_datagrams_;
  std::size_t end_size_;    // of a datagram's last frame: the check sum, or nothing
  std::size_t fresh_room_;  // for frames behind the sender's in a datagram

  batch batch_;
  byte_writer out_{nullptr};
  std::uint8_t* room_end_ = nullptr;  // of the current datagram; `end_size_` before its end
  bool has_sender_ = false;  // the current datagram
  record_context context_;   // of the current datagram
  std::uint64_t unbroken_since_ = 0;  // all records from this one to the context's are in the datagram, and no other between them
  const std::uint8_t* last_ = nullptr;  // the last record's frame, if it may be repeated
  std::uint64_t last_since_ = 0;        // of it

  // A record that is being cut: its content but for the text.
  std::vector<std::uint8_t> before_text_;
  fragment_frame fragment_;
  bool cutting_ = false;
};

}  // namespace mailslog::wire
