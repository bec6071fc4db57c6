// A ring of blocks in memory, as docs/ring-format.md has it. Pure: who writes gives memory, who reads gives a way to copy bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <mailslog/record.hpp>

#include "byte_view.hpp"
#include "wire/packer.hpp"

namespace mailslog::history {

constexpr std::size_t ring_header_size = 4096;
constexpr std::size_t block_header_size = 64;
constexpr std::size_t smallest_block = 4096;
constexpr std::size_t largest_block = std::size_t{64} * 1024;
constexpr std::size_t most_blocks = 16384;
constexpr std::uint32_t ring_version = 1;

/// Of a ring, header not counted.
constexpr std::size_t smallest_ring = 2 * smallest_block;
constexpr std::size_t largest_ring = std::size_t{64} * 1024 * 1024;

enum class ring_scope : std::uint32_t { local = 0, lan = 1, host = 2, classic = 3 };

/// What stands in a ring's header for all its life.
struct ring_info {
  std::size_t block_size = 0;
  std::size_t blocks = 0;
  std::uint32_t slot_tag = 0;
  ring_scope scope = ring_scope::local;
  std::uint64_t sender = 0;
  std::uint64_t started = 0;
  std::uint64_t process = 0;
  std::string host;
  std::string app;
  std::string slot;

  /// So many bytes in blocks of a size that fits them; `smallest_ring` to `largest_ring`.
  void divide(std::size_t bytes) noexcept;
  std::size_t file_size() const noexcept { return ring_header_size + blocks * block_size; }
  std::size_t block_offset(std::size_t index) const noexcept { return ring_header_size + index * block_size; }
};

/// Where a ring is written. What it gives stays where it is.
class ring_memory {
 public:
  virtual ~ring_memory() = default;
  /// `ring_header_size` bytes, zeroed, aligned for 64 bits.
  virtual std::uint8_t* header() noexcept = 0;
  /// Memory of a block, to be asked once for each index, from 0 on; null: there is no more to be had.
  virtual std::uint8_t* block(std::size_t index) noexcept = 0;
};

/// What a sender's file is called.
std::string ring_name(std::uint64_t sender);

/// One thread at a time. Readers may look at any moment.
class ring_writer {
 public:
  /// Writes the header. `memory` lives longer. Throws `std::bad_alloc`.
  ring_writer(ring_memory& memory, const ring_info& info);
  ring_writer(const ring_writer&) = delete;
  ring_writer& operator=(const ring_writer&) = delete;
  ~ring_writer();

  /// Remembers a record. Numbers rise. `content` is `full_content_size(r)`; `sent`, its frame elsewhere, saves making another. False if it is not
  /// remembered: it is too large, or there is no memory.
  bool write(const record& r, std::uint64_t number, const wire::content_size& content, const wire::repeatable_frame& sent = {}) noexcept {
    latest_ = r.time;
    if (block_ == nullptr || !packer_.repeat(r, number, sent)) return write_anew(r, number, content);
    publish();
    return true;
  }
  /// The same for a record that is not sent, the `place`th (from 1) of those before the record that will have the number. Not remembered if it
  /// does not fit a block.
  bool keep_back(const record& r, std::uint64_t number, std::uint64_t place, const wire::content_size& content) noexcept;
  /// Says that these records will not be found here.
  void skip(const wire::dropped_frame& dropped) noexcept;
  /// A good end.
  void end(std::uint64_t next_record) noexcept;

  /// Bytes of a file that hold something: from the header to the last of them.
  std::size_t extent() const noexcept;
  bool has_blocks() const noexcept { return block_ != nullptr; }

 private:
  bool write_anew(const record& r, std::uint64_t number, const wire::content_size& content) noexcept;
  bool holds(const wire::content_size& content) const noexcept;
  bool add(const record& r, std::uint64_t number, const wire::content_size& content);
  bool next_block(std::uint64_t number, timestamp time) noexcept;
  void publish() noexcept;

  ring_memory& memory_;
  ring_info info_;
  wire::packer packer_;
  std::vector<std::uint8_t*> blocks_;  // in use, by index
  struct unpublished {
    std::uint8_t* block;
    std::size_t used;
  };
  std::vector<unpublished> unpublished_;  // of a record that takes several blocks
  std::uint8_t* block_ = nullptr;
  std::uint64_t sequence_ = 0;  // of `block_`
  timestamp latest_{};          // of a record
  bool all_blocks_ = false;     // there will be no more
};

/// Copies bytes of a ring that others may be writing.
class ring_source {
 public:
  virtual ~ring_source() = default;
  /// At most `size` bytes from `offset` on; how many there were.
  virtual std::size_t read(std::uint64_t offset, std::uint8_t* to, std::size_t size) noexcept = 0;
};

enum class ring_error { none, not_a_ring, other_version, damaged };

struct ring_block {
  std::uint64_t sequence = 0;
  std::size_t index = 0;
  std::size_t used = 0;
  std::uint64_t first_record = 0;
  timestamp first_time{};
};

/// Leaves `out` untouched unless it returns `none`.
ring_error read_header(ring_source& from, ring_info& out);
/// Has it ended well? Then `next_record` is the number after the last record.
bool ended_well(ring_source& from, std::uint64_t& next_record) noexcept;

/// The blocks that hold something, in order. Adds to `damaged` those whose headers contradict the format.
std::vector<ring_block> read_blocks(ring_source& from, const ring_info& info, std::uint64_t& damaged);
/// Copies a block's datagram, with its number, and as much of it as counts by now. False if it is gone.
bool read_block(ring_source& from, const ring_info& info, ring_block& block, std::vector<std::uint8_t>& datagram);

}  // namespace mailslog::history
