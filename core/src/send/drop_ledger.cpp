#include "send/drop_ledger.hpp"

#include <algorithm>

namespace mailslog {
namespace {

std::uint64_t end_of(const drop_ledger::range& r) noexcept { return r.first + r.count; }

}  // namespace

void drop_ledger::add(const range& r) noexcept {
  if (r.count == 0) return;
  auto after = std::upper_bound(ranges_.begin(), ranges_.end(), r.first,
                                [](std::uint64_t number, const range& have) { return number < have.first; });
  const bool full = ranges_.size() == most;
  if (after != ranges_.begin()) {
    auto& before = after[-1];
    if (end_of(before) == r.first && (before.reason == r.reason || full)) {
      before.count += r.count;
      return;
    }
  }
  if (after != ranges_.end() && end_of(r) == after->first && (after->reason == r.reason || full)) {
    after->first = r.first;
    after->count += r.count;
    return;
  }
  if (full) {
    if (after == ranges_.begin()) return;
    ranges_.erase(ranges_.begin());
    --after;
  }
  ranges_.insert(after, r);
}

drop_ledger::range drop_ledger::of_next(std::uint64_t first, std::uint64_t end, wire::drop_reason reason, bool flying) noexcept {
  auto& counted_to = flying ? behind_to_ : counted_to_;
  const auto from = std::min(std::max({first, counted_to_, behind_to_}), end);
  if (flying) behind_from_ = std::min(behind_from_, first);
  counted_to = std::max(counted_to, end);
  return {reason, from, end - from};
}

drop_ledger::range drop_ledger::of_flying(std::uint64_t first, std::uint64_t end, wire::drop_reason reason) noexcept {
  const auto to = std::max(std::min(end, behind_from_), first);
  const auto from = std::min(std::max(first, counted_to_), to);
  counted_to_ = std::max(counted_to_, end);
  return {reason, from, to - from};
}

void drop_ledger::landed() noexcept {
  counted_to_ = std::max(counted_to_, behind_to_);
  behind_from_ = UINT64_MAX;
  behind_to_ = 0;
}

std::size_t drop_ledger::tail(std::uint64_t number) const noexcept {
  auto i = ranges_.size();
  while (i != 0 && end_of(ranges_[i - 1]) == number) number = ranges_[--i].first;
  return i;
}

std::size_t drop_ledger::up_to(std::uint64_t number) const noexcept {
  const auto end = std::upper_bound(ranges_.begin(), ranges_.end(), number,
                                    [](std::uint64_t n, const range& have) { return n < have.first; });
  return static_cast<std::size_t>(end - ranges_.begin());
}

void drop_ledger::erase(std::size_t from, std::size_t to) noexcept {
  const auto at = [this](std::size_t i) { return ranges_.begin() + static_cast<std::ptrdiff_t>(i); };
  ranges_.erase(at(from), at(to));
}

}  // namespace mailslog
