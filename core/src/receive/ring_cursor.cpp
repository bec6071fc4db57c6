#include "receive/ring_cursor.hpp"

#include <algorithm>
#include <new>
#include <system_error>
#include <utility>

#include "second_try.hpp"

namespace mailslog {
namespace {

// All is there at once: a number far ahead, behind blocks that were begun anew meanwhile, need not be confirmed.
constexpr inbox::time_point after_doubts{2 * confirmation_wait};

}  // namespace

void ring_cursor::begin_at(std::size_t block) {
  block_ = block;
  keeping_ = false;
  kept_.clear();
  begin();
}

void ring_cursor::begin() {
  kept_block_ = 0;
  least_ = 0;
  inbox_config config;
  config.slot_tag = info_.slot_tag;
  config.from_history = true;
  config.max_senders = 2;
  config.max_memory = 2 * max_record_size;
  config.unfinished_wait = 2 * after_doubts.time_since_epoch();
  box_ = std::make_unique<inbox>(std::move(config));
}

void ring_cursor::rewind() { begin(); }

// In which a record begins that `block` begins with, or with a piece of.
std::size_t ring_cursor::block_before(std::size_t block) const noexcept {
  while (block != 0 && blocks_[block - 1].first_record == blocks_[block].first_record) --block;
  return block != 0 ? block - 1 : 0;
}

void ring_cursor::seek(std::uint64_t from) {
  look();
  // A record may begin in the block before the one that begins with a piece of it.
  const auto after = std::partition_point(blocks_.begin(), blocks_.end(), [&](const history::ring_block& b) { return b.first_record < from; });
  begin_at(static_cast<std::size_t>(after - blocks_.begin()) - (after != blocks_.begin() ? 1 : 0));
}

void ring_cursor::seek(timestamp since) {
  look();
  // Where the clock was set back, nobody knows how far it had come before.
  std::size_t first = 0;
  while (first < blocks_.size() && blocks_[first].first_time < since && (first == 0 || blocks_[first - 1].first_time <= blocks_[first].first_time)) ++first;
  begin_at(blocks_.empty() ? 0 : block_before(std::min(first, blocks_.size() - 1)));
}

bool ring_cursor::take_block() {
  if (kept_block_ < kept_.size()) {
    const auto& again = kept_[kept_block_++];
    with_second_try([&] { box_->put({again.data(), again.size()}, {}, {}, {}); });
    return true;
  }
  while (block_ < blocks_.size()) {
    auto& b = blocks_[block_++];
    if (!with_second_try([&] { return history::read_block(*ring_, info_, b, datagram_); }) || datagram_.empty()) continue;  // begun anew meanwhile
    if (keeping_) {
      with_second_try([&] { kept_.push_back(datagram_); });
      kept_block_ = kept_.size();
    }
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
      return box_->next(after_doubts);
    } catch (const std::bad_alloc&) {
      box_->skip();
    }
  }
}

const event* ring_cursor::next() {
  for (;;) {
    while (const auto* e = next_event()) {
      const auto* r = std::get_if<received_record>(e);
      if (r == nullptr || !r->missing.empty() || r->start_missing) continue;
      if (r->from->id != info_.sender) {
        ++damaged_;
        continue;
      }
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
  // The last ones may hold nothing yet, or but pieces. How many is for whoever wrote the file to say: each is not looked at often.
  for (std::size_t last = 1; !end; last *= 2) {
    const bool all = last >= blocks_.size();
    begin_at(all ? 0 : blocks_.size() - last);
    while (const auto* e = next()) {
      const auto& r = std::get<received_record>(*e);
      end = place{number_after(r), r.time};
    }
    if (all) break;
  }
  return end;
}

std::unique_ptr<ring_cursor> open_ring_cursor(history::ring_folder& folder, const std::string& name, std::uint32_t slot_tag, std::string& problem,
                                              std::error_code& error) {
  error.clear();
  auto ring = folder.open(name, error);
  history::ring_info info;
  const auto path = [&] { return folder.path() + '/' + name; };
  if (!ring) {
    if (error == std::errc::no_such_file_or_directory) error.clear();
    if (!error) return nullptr;
    problem = "cannot read " + path() + ": " + error.message();
    if (error == std::errc::permission_denied) problem += "; " + folder.rights(name);
    return nullptr;
  }
  error = std::make_error_code(std::errc::invalid_argument);
  switch (history::read_header(*ring, info)) {
    case history::ring_error::none: break;
    case history::ring_error::other_version: problem = path() + " is of a later version of mailslog than this one"; return nullptr;
    case history::ring_error::not_a_ring: problem = path() + " is something else"; return nullptr;
    case history::ring_error::damaged: problem = path() + " is damaged"; return nullptr;
  }
  if (info.slot_tag != slot_tag || name != history::ring_name(info.sender)) {
    problem = path() + " is that of another slot, or of another sender";
    return nullptr;
  }
  error.clear();
  return std::make_unique<ring_cursor>(std::move(ring), std::move(info));
}

}  // namespace mailslog
