// Which of many things came lately.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_set>
#include <vector>

namespace mailslog {

/// The last `most` keys that were not known when they came. What strangers choose must not be the keys themselves: see `mixed`.
class repeats {
 public:
  explicit repeats(std::size_t most) : order_(most) { keys_.reserve(most); }

  /// True if `key` is one of them; from now on it is.
  bool repeated(std::uint64_t key) {
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

}  // namespace mailslog
