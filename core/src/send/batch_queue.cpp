#include "send/batch_queue.hpp"

#include <algorithm>
#include <utility>

namespace mailslog {

// The one place where blocks come from.
void batch_queue::add_spare() {
  std::list<outgoing> fresh(1);
  fresh.front().datagrams.bytes.reset(new std::uint8_t[capacity_]);  // not zeroed
  spare_.splice(spare_.end(), fresh);
}

void batch_queue::reserve(std::size_t blocks) {
  while (spare_.size() < blocks) add_spare();
}

void batch_queue::open(wire::packer& packer) {
  if (packer.has_memory()) return;
  if (spare_.empty()) add_spare();
  open_.splice(open_.end(), spare_, std::prev(spare_.end()));
  packer.begin(std::move(open_.front().datagrams.bytes));
}

void batch_queue::close(wire::packer& packer) noexcept {
  if (packer.empty()) return;
  auto& batch = open_.front().datagrams;
  batch = packer.take();
  bytes_ += batch.size;
  queue_.splice(queue_.end(), open_);
}

std::list<outgoing> batch_queue::begin_first(wire::packer& packer) {
  if (spare_.empty()) add_spare();
  std::list<outgoing> first;
  first.splice(first.end(), spare_, std::prev(spare_.end()));
  packer.begin(std::move(first.front().datagrams.bytes));
  return first;
}

void batch_queue::close_first(std::list<outgoing>& first, wire::packer& packer) noexcept {
  first.front().datagrams = packer.take();
  bytes_ += first.front().datagrams.size;
  queue_.splice(queue_.begin(), first);
}

void batch_queue::recycle(std::list<outgoing>& from) noexcept {
  bytes_ -= from.front().datagrams.size;
  from.front().notices.clear();
  if ((spare_.size() + 1) * capacity_ > most_kept_) {
    from.pop_front();
  } else {
    spare_.splice(spare_.end(), from, from.begin());
  }
}

bool batch_queue::holds_before(std::uint64_t number) const noexcept {
  const auto earlier = [number](const outgoing& o) {
    return o.datagrams.first_record < o.datagrams.end_record && o.datagrams.first_record < number;
  };
  return std::any_of(in_flight_.begin(), in_flight_.end(), earlier) || std::any_of(queue_.begin(), queue_.end(), earlier);
}

}  // namespace mailslog
