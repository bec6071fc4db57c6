#include "receive/ring_cursor.hpp"

#include <algorithm>
#include <new>
#include <system_error>
#include <utility>

#include "second_try.hpp"

namespace mailslog {

void ring_cursor::begin_at(std::size_t block) {
  block_ = block;
  least_ = 0;
  inbox_config config;
  config.slot_tag = info_.slot_tag;
  config.from_history = true;
  config.max_senders = 2;
  config.max_memory = 2 * max_record_size;
  box_ = std::make_unique<inbox>(std::move(config));
}

void ring_cursor::seek(std::uint64_t from) {
  look();
  // A record may begin in the block before the one that begins with a piece of it.
  const auto after = std::partition_point(blocks_.begin(), blocks_.end(), [&](const history::ring_block& b) { return b.first_record < from; });
  begin_at(static_cast<std::size_t>(after - blocks_.begin()) - (after != blocks_.begin() ? 1 : 0));
}

void ring_cursor::seek(timestamp since) {
  look();
  // Times need not rise: clocks are set. The last block that begins in time, unless an earlier one does not.
  std::size_t first = blocks_.size();
  while (first != 0 && blocks_[first - 1].first_time >= since) --first;
  begin_at(first != 0 ? first - 1 : 0);
}

bool ring_cursor::take_block() {
  while (block_ < blocks_.size()) {
    auto& b = blocks_[block_++];
    if (!with_second_try([&] { return history::read_block(*ring_, info_, b, datagram_); }) || datagram_.empty()) continue;  // begun anew meanwhile
    const auto before = box_->stats();
    with_second_try([&] { box_->put({datagram_.data(), datagram_.size()}, {}, {}, {}); });
    const auto& after = box_->stats();
    if (after.malformed + after.foreign + after.other_slot + after.other_version !=
        before.malformed + before.foreign + before.other_slot + before.other_version) {
      ++damaged_;
    }
    return true;
  }
  return false;
}

// What it finds no memory for is left out.
const event* ring_cursor::next_event() {
  for (;;) {
    try {
      return box_->next({});
    } catch (const std::bad_alloc&) {
      box_->skip();
    }
  }
}

const event* ring_cursor::next() {
  for (;;) {
    while (const auto* e = next_event()) {
      const auto* r = std::get_if<received_record>(e);
      if (r == nullptr || !r->missing.empty() || r->start_missing || r->from->id != info_.sender) continue;
      if (r->number < least_) continue;  // a sender's numbers never fall
      least_ = number_after(*r);
      return e;
    }
    if (!take_block()) return nullptr;
  }
}

std::optional<ring_cursor::place> ring_cursor::end() {
  look();
  std::optional<place> end;
  // The last ones may hold nothing yet, or but pieces.
  for (auto first = blocks_.size(); first != 0 && !end;) {
    begin_at(--first);
    while (const auto* e = next()) {
      const auto& r = std::get<received_record>(*e);
      end = place{number_after(r), r.time};
    }
  }
  return end;
}

std::unique_ptr<ring_cursor> open_ring_cursor(history::ring_folder& folder, const std::string& name, std::uint32_t slot_tag, std::uint64_t& refused) {
  std::error_code error;
  auto ring = folder.open(name, error);
  history::ring_info info;
  if (!ring) {
    if (error && error != std::errc::no_such_file_or_directory) ++refused;
    return nullptr;
  }
  if (history::read_header(*ring, info) != history::ring_error::none || info.slot_tag != slot_tag) {
    ++refused;
    return nullptr;
  }
  return std::make_unique<ring_cursor>(std::move(ring), std::move(info));
}

}  // namespace mailslog
