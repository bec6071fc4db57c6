// Records that were dropped, and of which the readers are not yet told.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "wire/frame.hpp"

namespace mailslog {

/// Pure. Ranges of record numbers, sorted, disjoint, at most `most`. Nothing here throws but the constructor.
class drop_ledger {
 public:
  using range = wire::dropped_frame;

  /// As many as readers remember. Where there would be more, the numbers stay right as long as they adjoin, not the reasons; beyond
  /// that, readers take the oldest for lost.
  static constexpr std::size_t most = 64;

  drop_ledger() { ranges_.reserve(most); }

  bool empty() const noexcept { return ranges_.empty(); }
  std::size_t size() const noexcept { return ranges_.size(); }
  const range& operator[](std::size_t i) const noexcept { return ranges_[i]; }

  void add(const range& r) noexcept;

  // A record's pieces may be in several batches that are dropped, the one in flight after those behind it: it counts once. What is
  // yet to be counted of records `first` to `end - 1`:

  /// Of the batch that is next in the queue; `flying`: another is in flight.
  range of_next(std::uint64_t first, std::uint64_t end, wire::drop_reason reason, bool flying) noexcept;
  /// Of the batch in flight.
  range of_flying(std::uint64_t first, std::uint64_t end, wire::drop_reason reason) noexcept;
  /// None is in flight any more.
  void landed() noexcept;

  /// Where the ranges begin that reach without a hole up to `number`.
  std::size_t tail(std::uint64_t number) const noexcept;
  /// How many ranges begin at or before `number`.
  std::size_t up_to(std::uint64_t number) const noexcept;

  /// They are told.
  void erase(std::size_t from, std::size_t to) noexcept;

 private:
  std::vector<range> ranges_;
  std::uint64_t counted_to_ = 0;          // of batches before the one in flight
  std::uint64_t behind_from_ = UINT64_MAX;  // counted of batches behind it
  std::uint64_t behind_to_ = 0;
};

}  // namespace mailslog
