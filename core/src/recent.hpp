// Which of many things were seen lately.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_set>
#include <vector>

namespace mailslog {

/// The last `most` keys that were not known when they came. What strangers choose must not be the keys themselves: see `mixed`.
class recent {
 public:
  explicit recent(std::size_t most) : order_(most) { keys_.reserve(most); }

  /// True if `key` is one of them; from now on it is.
  bool seen(std::uint64_t key) {
    if (!keys_.insert(key).second) return true;
    if (count_ >= order_.size()) keys_.erase(order_[count_ % order_.size()]);
    order_[count_++ % order_.size()] = key;
    return false;
  }

 private:
  std::unordered_set<std::uint64_t> keys_;
  std::vector<std::uint64_t> order_;
  std::size_t count_ = 0;
};

/// A number that nobody can foresee who does not know `seed`: keys that strangers choose do not gather in a table's bucket.
constexpr std::uint64_t mixed(std::uint64_t key, std::uint64_t seed) noexcept {
  key ^= seed;
  for (int round = 0; round < 2; ++round) {  // splitmix64's finisher, keyed twice
    key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9;
    key = (key ^ (key >> 27)) * 0x94d049bb133111eb;
    key = (key ^ (key >> 31)) + seed;
  }
  return key;
}

}  // namespace mailslog
