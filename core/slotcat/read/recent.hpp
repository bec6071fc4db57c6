// What is known by a number, of those that came lately.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <utility>

namespace slotcat {

/// At most so many entries: the one longest not asked for goes first. The numbers may be strangers' choice: no hash to collide in.
template <class T>
class recent {
 public:
  explicit recent(std::size_t most) : most_(most) {}

  /// Null if it is not known. Valid until it is the oldest.
  T* find(std::uint64_t id) {
    const auto found = index_.find(id);
    if (found == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->second;
  }

  /// One that is not known yet. Nothing has changed if there is no memory for it.
  T& add(std::uint64_t id) {
    entries fresh;
    fresh.emplace_front(id, T{});
    index_.emplace(id, fresh.begin());
    entries_.splice(entries_.begin(), fresh);
    if (entries_.size() > most_) {
      index_.erase(entries_.back().first);
      entries_.pop_back();
    }
    return entries_.front().second;
  }

 private:
  using entries = std::list<std::pair<std::uint64_t, T>>;

  std::size_t most_;
  entries entries_;  // lately asked for first
  std::map<std::uint64_t, typename entries::iterator> index_;
};

}  // namespace slotcat
