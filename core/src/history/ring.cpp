#include "history/ring.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <memory>
#include <new>

#include "wire/bytes.hpp"
#include "wire/datagram.hpp"

namespace mailslog::history {
namespace {

constexpr std::array<std::uint8_t, 8> magic{0x9c, 0x6d, 0x73, 0x6c, 0x72, 0x69, 0x6e, 0x67};
constexpr std::size_t state_at = 56;
constexpr std::size_t next_record_at = 64;
constexpr std::size_t names_at = 96;
constexpr std::size_t sequence_at = 0;
constexpr std::size_t used_at = 8;
constexpr std::size_t first_record_at = 16;
constexpr std::size_t longest_name = 255;

using atomic_word = std::atomic<std::uint64_t>;
static_assert(sizeof(atomic_word) == 8 && atomic_word::is_always_lock_free);

// Little-endian in memory, whatever the machine.
std::uint64_t swapped(std::uint64_t v) noexcept {
  std::uint8_t bytes[sizeof v];
  wire::byte_writer(bytes).u64(v);
  std::memcpy(&v, bytes, sizeof v);
  return v;
}

atomic_word& word(std::uint8_t* at) noexcept { return *std::launder(reinterpret_cast<atomic_word*>(at)); }
void store(std::uint8_t* at, std::uint64_t v, std::memory_order order) noexcept { word(at).store(swapped(v), order); }

std::uint64_t number_of(const timestamp& t) noexcept { return static_cast<std::uint64_t>(t.time_since_epoch().count()); }

wire::packer packer_for(const ring_info& i) {
  wire::sender_frame who;
  who.started = i.started;
  who.process = i.process;
  who.host = i.host;
  who.app = i.app;
  return wire::packer(i.slot_tag, i.sender, who, i.block_size - block_header_size, 1);
}

bool read_word(ring_source& from, std::uint64_t offset, std::uint64_t& out) noexcept {
  std::uint8_t bytes[sizeof out];
  if (from.read(offset, bytes, sizeof bytes) != sizeof bytes) return false;
  out = wire::byte_reader({bytes, sizeof bytes}).u64();
  return true;
}

}  // namespace

void ring_info::divide(std::size_t bytes) noexcept {
  constexpr std::size_t usual_blocks = 16;
  block_size = std::clamp(bytes / usual_blocks / smallest_block * smallest_block, smallest_block, largest_block);
  blocks = std::clamp<std::size_t>(bytes / block_size, 2, most_blocks);
}

std::string ring_name(std::uint64_t sender) {
  char text[24];
  std::snprintf(text, sizeof text, "%016llx.ring", static_cast<unsigned long long>(sender));
  return text;
}

// ---- writing

ring_writer::ring_writer(ring_memory& memory, const ring_info& info) : memory_(memory), info_(info), packer_(packer_for(info)) {
  blocks_.reserve(info.blocks);
  unpublished_.reserve(info.blocks);
  auto* const header = memory.header();
  wire::byte_writer out(header);
  for (const auto byte : magic) out.u8(byte);
  out.u32(ring_version);
  out.u32(ring_header_size);
  out.u32(static_cast<std::uint32_t>(info.block_size));
  out.u32(static_cast<std::uint32_t>(info.blocks));
  out.u32(info.slot_tag);
  out.u32(static_cast<std::uint32_t>(info.scope));
  out.u64(info.sender);
  out.u64(info.started);
  out.u64(info.process);
  new (header + state_at) atomic_word(0);
  new (header + next_record_at) atomic_word(0);
  out = wire::byte_writer(header + names_at);
  for (const auto* name : {&info.host, &info.app, &info.slot}) {
    const auto size = std::min(name->size(), longest_name);
    out.u8(static_cast<std::uint8_t>(size));
    out.bytes(std::string_view(*name).substr(0, size));
  }
}

// The packer does not own the memory that it was given.
ring_writer::~ring_writer() { (void)packer_.release().release(); }

bool ring_writer::next_block(std::uint64_t number, timestamp time) noexcept {
  if (block_ != nullptr) {
    if (!packer_.empty()) {
      auto full = packer_.take();
      unpublished_.push_back({block_, full.size});
      (void)full.bytes.release();
    } else {
      (void)packer_.release().release();
    }
  }
  std::uint8_t* next = nullptr;
  if (!all_blocks_) {
    next = memory_.block(blocks_.size());
    if (next != nullptr) {
      new (next + sequence_at) atomic_word(0);
      new (next + used_at) atomic_word(0);
      blocks_.push_back(next);
    }
    all_blocks_ = next == nullptr || blocks_.size() == info_.blocks;
  }
  if (next == nullptr) {
    // To begin one anew would be to forget everything, or the beginning of the record that is being written.
    if (blocks_.size() < 2 || unpublished_.size() >= blocks_.size()) {
      block_ = nullptr;
      unpublished_.clear();
      return false;
    }
    next = blocks_[sequence_ % blocks_.size()];
  }
  store(next + sequence_at, 0, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  store(next + used_at, 0, std::memory_order_relaxed);
  wire::byte_writer out(next + first_record_at);
  out.u64(number);
  out.u64(number_of(time));
  store(memory_.header() + next_record_at, number, std::memory_order_relaxed);
  store(next + sequence_at, ++sequence_, std::memory_order_release);
  block_ = next;
  packer_.begin(std::unique_ptr<std::uint8_t[]>(block_ + block_header_size));
  return true;
}

void ring_writer::publish() noexcept {
  for (const auto& u : unpublished_) store(u.block + used_at, u.used, std::memory_order_release);
  unpublished_.clear();
  store(block_ + used_at, packer_.size(), std::memory_order_release);
}

// Of a larger one the beginning would be overwritten by its end, or everything else would.
bool ring_writer::holds(const wire::content_size& content) const noexcept {
  return content.total <= (all_blocks_ ? blocks_.size() : info_.blocks) * info_.block_size / 2;
}

bool ring_writer::add(const record& r, std::uint64_t number, const wire::content_size& content) {
  packer_.prepare(content);
  while (!packer_.add(r, number, content)) {
    if (!next_block(number, r.time)) return false;
  }
  publish();
  return true;
}

bool ring_writer::write_anew(const record& r, std::uint64_t number, const wire::content_size& content) noexcept try {
  if (block_ == nullptr && !next_block(number, r.time)) return false;
  if (holds(content)) return add(r, number, content);
  skip({wire::drop_reason::too_large, number, 1});
  return false;
} catch (const std::bad_alloc&) {
  return false;
}

bool ring_writer::keep_back(const record& r, std::uint64_t number, std::uint64_t place, const wire::content_size& content) noexcept try {
  latest_ = r.time;
  if (block_ == nullptr && !next_block(number, r.time)) return false;
  // Both frames stand in one block, and the record is never cut: should blocks be overwritten, nobody takes it, or a piece of it, for the record
  // that has the number.
  if (!packer_.fits_alone(content, wire::number_frame_bound)) return false;
  const bool together = packer_.empty() || packer_.fits(content, wire::number_frame_bound);
  if (!together && !next_block(number, r.time)) return false;
  packer_.add_number(wire::frame_type::kept_back, place);
  packer_.add(r, number, content);
  publish();
  return true;
} catch (const std::bad_alloc&) {
  return false;
}

void ring_writer::skip(const wire::dropped_frame& dropped) noexcept {
  if (block_ == nullptr && !next_block(dropped.first, latest_)) return;
  while (!packer_.add(dropped)) {
    if (!next_block(dropped.first, latest_)) return;
  }
  publish();
}

void ring_writer::end(std::uint64_t next_record) noexcept {
  store(memory_.header() + next_record_at, next_record, std::memory_order_relaxed);
  store(memory_.header() + state_at, 1, std::memory_order_release);
}

std::size_t ring_writer::extent() const noexcept {
  if (block_ == nullptr || sequence_ > blocks_.size()) return info_.block_offset(blocks_.size());
  return info_.block_offset(blocks_.size() - 1) + block_header_size + packer_.size();
}

// ---- reading

ring_error read_header(ring_source& from, ring_info& out) {
  std::vector<std::uint8_t> bytes(ring_header_size);
  bytes.resize(from.read(0, bytes.data(), bytes.size()));
  wire::byte_reader in({bytes.data(), bytes.size()});
  for (const auto byte : magic) {
    if (in.u8() != byte) return ring_error::not_a_ring;
  }
  const auto version = in.u32();
  if (!in.ok()) return ring_error::damaged;
  if (version != ring_version) return ring_error::other_version;
  if (bytes.size() < ring_header_size || in.u32() != ring_header_size) return ring_error::damaged;
  ring_info i;
  i.block_size = in.u32();
  i.blocks = in.u32();
  i.slot_tag = in.u32();
  const auto scope = in.u32();
  i.sender = in.u64();
  i.started = in.u64();
  i.process = in.u64();
  in.bytes(names_at - state_at);
  for (auto* name : {&i.host, &i.app, &i.slot}) *name = in.bytes(in.u8()).text();
  const bool good = in.ok() && i.block_size % smallest_block == 0 && i.block_size >= smallest_block && i.block_size <= largest_block &&
                    i.blocks >= 2 && i.blocks <= most_blocks && i.blocks * i.block_size <= largest_ring && scope <= static_cast<std::uint32_t>(ring_scope::classic);
  if (!good) return ring_error::damaged;
  i.scope = static_cast<ring_scope>(scope);
  out = std::move(i);
  return ring_error::none;
}

bool ended_well(ring_source& from, std::uint64_t& next_record) noexcept {
  std::uint64_t state = 0;
  std::uint64_t next = 0;
  if (!read_word(from, state_at, state) || state != 1) return false;
  std::atomic_thread_fence(std::memory_order_acquire);
  if (!read_word(from, next_record_at, next)) return false;
  next_record = next;
  return true;
}

std::vector<ring_block> read_blocks(ring_source& from, const ring_info& info, std::uint64_t& damaged) {
  std::vector<ring_block> blocks;
  for (std::size_t i = 0; i < info.blocks; ++i) {
    std::uint8_t bytes[block_header_size];
    if (from.read(info.block_offset(i), bytes, sizeof bytes) != sizeof bytes) break;
    wire::byte_reader in({bytes, sizeof bytes});
    ring_block b;
    b.index = i;
    b.sequence = in.u64();
    const auto used = in.u64();
    b.first_record = in.u64();
    b.first_time = timestamp(std::chrono::nanoseconds(static_cast<std::int64_t>(in.u64())));
    if (b.sequence == 0) continue;
    if (used > info.block_size - block_header_size) {
      ++damaged;
      continue;
    }
    b.used = static_cast<std::size_t>(used);
    blocks.push_back(b);
  }
  std::stable_sort(blocks.begin(), blocks.end(), [](const ring_block& a, const ring_block& b) { return a.sequence < b.sequence; });
  const auto same = [](const ring_block& a, const ring_block& b) { return a.sequence == b.sequence; };
  const auto end = std::unique(blocks.begin(), blocks.end(), same);
  damaged += static_cast<std::uint64_t>(blocks.end() - end);
  blocks.erase(end, blocks.end());
  return blocks;
}

bool read_block(ring_source& from, const ring_info& info, ring_block& block, std::vector<std::uint8_t>& datagram) {
  const auto at = info.block_offset(block.index);
  std::uint64_t sequence = 0;
  std::uint64_t used = 0;
  if (!read_word(from, at + sequence_at, sequence) || sequence != block.sequence) return false;
  std::atomic_thread_fence(std::memory_order_acquire);
  if (!read_word(from, at + used_at, used) || used > info.block_size - block_header_size) return false;
  std::atomic_thread_fence(std::memory_order_acquire);
  datagram.resize(static_cast<std::size_t>(used));
  datagram.resize(from.read(at + block_header_size, datagram.data(), datagram.size()));
  std::atomic_thread_fence(std::memory_order_acquire);
  if (!read_word(from, at + sequence_at, sequence) || sequence != block.sequence) return false;
  block.used = datagram.size();
  if (datagram.size() >= wire::header_size) {
    wire::byte_writer(datagram.data() + wire::header_size - sizeof sequence).u64(sequence - 1);
  }
  return true;
}

}  // namespace mailslog::history
