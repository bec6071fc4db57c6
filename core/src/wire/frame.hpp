// The frames of a datagram, one struct each; docs/wire-format.md sections 4 to 8. Strings are views into the datagram.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <mailslog/record.hpp>

#include "wire/bytes.hpp"

namespace mailslog::wire {

enum class frame_type : std::uint8_t {
  padding = 0,
  sender = 1,
  record = 2,
  fragment = 3,
  dropped = 4,
  progress = 5,
  goodbye = 6,
  message = 7,
  sharing = 11,
  check = 12,
  kept_back = 13,
};

struct frame {
  frame_type type = frame_type::padding;
  byte_view body;
};

/// Steps to the next frame. False at the end, or where the datagram breaks off inside a frame: then `in.ok()` is false.
bool next_frame(byte_reader& in, frame& out) noexcept;

struct sender_frame {
  std::uint64_t started = 0;
  std::uint64_t process = 0;
  std::string_view host;
  std::string_view app;
  /// Since `started`, when the datagram left, by a clock that nobody sets. None: an old sender, that does not say it.
  std::optional<std::uint32_t> age_ms{};
};
constexpr std::uint32_t max_age_ms = UINT32_MAX;  // or more

/// Bits of the first byte of `record` and `fragment`.
namespace record_flag {
constexpr std::uint8_t level_mask = 0x07;
constexpr std::uint8_t follows = 0x08;
constexpr std::uint8_t same_thread = 0x10;
constexpr std::uint8_t same_logger = 0x20;
constexpr std::uint8_t has_source = 0x40;
constexpr std::uint8_t has_attributes = 0x80;
}  // namespace record_flag

/// Bits of the second byte of `sharing`.
namespace share_flag {
constexpr std::uint8_t file = 0x01;
constexpr std::uint8_t function = 0x02;
constexpr std::uint8_t names = 0x04;
constexpr std::uint8_t all = 0x07;
}  // namespace share_flag

/// So that the number after any record's is a number.
constexpr std::uint64_t max_record_number = UINT64_MAX - 1;

/// Longer ones are said again: what a datagram says at most is bounded by its size.
constexpr std::size_t max_shared_string = 255;
constexpr std::size_t max_shared_names = 32;

/// The names of a record's attributes, which the next record need not say again if they are few and short.
class attribute_names {
 public:
  attribute_names() noexcept {}  // leaves the names alone: this is made for each datagram
  void clear() noexcept { count_ = size_ = encoded_ = 0; }
  void add(std::string_view name) noexcept {
    size_ += name.size();
    encoded_ += varint_size(name.size()) + name.size();
    if (count_ < max_shared_names) names_[count_] = {name.data(), name.size()};
    ++count_;
  }
  bool known() const noexcept { return count_ != 0 && count_ <= max_shared_names && size_ <= max_shared_string; }
  std::size_t count() const noexcept { return count_; }
  std::string_view operator[](std::size_t i) const noexcept { return {names_[i].data, names_[i].size}; }
  /// What count and names take, if they are `known`.
  std::size_t encoded_size() const noexcept { return encoded_ + 1; }

 private:
  struct piece {
    const char* data;
    std::size_t size;
  };
  std::array<piece, max_shared_names> names_;
  std::size_t count_ = 0;
  std::size_t size_ = 0;
  std::size_t encoded_ = 0;
};

/// What a record's frame may refer to: records before it in the same datagram.
struct record_context {
  bool any = false;
  bool any_source = false;
  // The last record's.
  std::uint64_t number = 0;
  std::int64_t time = 0;  // ns since the epoch
  std::uint64_t thread = 0;
  std::string_view logger;
  // Of the last that had a source, which had the number `source_at`.
  std::string_view file;
  std::string_view function;
  // Of the last that had attributes, which had the number `names_at`.
  attribute_names names;
  std::uint64_t source_at = 0;
  std::uint64_t names_at = 0;

  void clear() noexcept {
    any = any_source = false;
    names.clear();
  }
};

/// More attributes than this break the format: decoded ones take more memory than the bytes they came in.
constexpr std::size_t max_attributes = 4096;

struct fragment_frame {
  std::uint8_t flags = 0;
  std::uint64_t number = 0;
  std::uint64_t time = 0;
  std::uint64_t total = 0;
  std::uint64_t offset = 0;
  std::uint64_t text_start = 0;
  byte_view bytes;
};

enum class drop_reason : std::uint8_t { queue_full = 0, send_failed = 1, too_large = 2 };

struct dropped_frame {
  drop_reason reason = drop_reason::queue_full;
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};

/// At most this many bytes are written for the frame: type, length and body.
std::size_t encoded_bound(const sender_frame& f) noexcept;
constexpr std::size_t dropped_frame_bound = 3 + 2 * max_varint_size;
constexpr std::size_t number_frame_bound = 2 + max_varint_size;  // progress, goodbye
constexpr std::size_t check_frame_size = 2 + sizeof(std::uint32_t);
constexpr std::size_t message_frame_overhead = 1 + 3;            // for messages of less than 2 MiB

void encode(const sender_frame& f, byte_writer& out);
void encode(const dropped_frame& f, byte_writer& out);
void encode_number(frame_type type, std::uint64_t next_number, byte_writer& out);
void encode_message(byte_view message, byte_writer& out);
void encode_check(std::uint32_t crc32c_of_all_before, byte_writer& out);

/// Bytes of a `fragment` frame without its piece, which has at most `piece` bytes. `f.bytes` and `f.offset` are not looked at.
std::size_t fragment_overhead_bound(const fragment_frame& f, std::size_t piece) noexcept;
/// `more` belongs to the piece, after `f.bytes`.
void encode(const fragment_frame& f, byte_writer& out, byte_view more = {});

/// A record's content as it is sent when nothing is taken from a record before it.
struct content_size {
  std::size_t before_text = 0;
  std::size_t total = 0;
};
content_size full_content_size(const record& r) noexcept;
/// All of it but the text, which is the end of it.
void encode_before_text(const record& r, byte_writer& out);
/// Level, `has_source` and `has_attributes` of a record.
std::uint8_t content_flags(const record& r) noexcept;

/// At most this many bytes are written for the frame of a whole record with this content.
constexpr std::size_t record_frame_bound(const content_size& content) noexcept {
  return 1 + 4 + 2 + max_varint_size + max_varint_size + content.total;
}
/// Writes a `record` frame, or a `sharing` one if that is shorter, and makes it the context of the next one. It must stay in place
/// in memory.
/// `content` is `full_content_size(r)`.
/// If the frame follows another one and says nothing that later ones could share: the number of the first record that it refers to. It may be
/// copied to wherever all records from that one on are.
std::optional<std::uint64_t> encode(const record& r, std::uint64_t number, const content_size& content, record_context& context, byte_writer& out);

// Decoding. False: the body breaks the format, and `out` must not be used.
bool decode(byte_view body, sender_frame& out) noexcept;
bool decode(byte_view body, fragment_frame& out) noexcept;
bool decode(byte_view body, dropped_frame& out) noexcept;
bool decode_number(byte_view body, std::uint64_t& next_number) noexcept;
/// False also if the sum is not that of `before`, the datagram's bytes in front of the frame.
bool decode_check(byte_view body, byte_view before) noexcept;
/// Of a `record` or `sharing` frame. Also makes the record the context of the next one. May allocate for attributes, in proportion
/// to the body.
bool decode(const frame& f, record_context& context, record& out, std::uint64_t& number);
/// `out.text` is all that follows the fields before it.
bool decode_content(byte_view content, std::uint8_t flags, record& out);

}  // namespace mailslog::wire
