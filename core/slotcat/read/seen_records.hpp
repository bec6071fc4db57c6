// Which records came already, where several slots are read: one that was posted to `*/lab` comes by `lab`, too.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <mailslog/event.hpp>

#include "read/recent.hpp"

namespace slotcat {

/// Remembers the last 4096 records of each of up to 1000 senders.
class seen_records {
 public:
  /// True if it is the first time.
  bool first(const mailslog::received_record& record) {
    auto& s = of(record.from->id);
    auto& place = s.numbers[(record.number + record.kept_back) % s.numbers.size()];
    const auto mark = record.number + 1 + (record.kept_back << 40);
    return std::exchange(place, mark) != mark;
  }

  /// The same for word of missing records.
  bool first(const mailslog::gap& gap) {
    auto& s = of(gap.from->id);
    return std::exchange(s.gap, std::pair(gap.first + 1, gap.last)) != std::pair(gap.first + 1, gap.last);
  }

  /// And for a sender's end.
  bool first(const mailslog::ended& end) { return !std::exchange(of(end.from->id).ended, true); }

 private:
  struct sender {
    bool ended = false;
    std::array<std::uint64_t, 4096> numbers{};  // and 1; 0: none
    std::pair<std::uint64_t, std::uint64_t> gap{};
  };

  sender& of(std::uint64_t id) {
    auto* known = senders_.find(id);
    return known != nullptr ? *known : senders_.add(id);
  }

  recent<sender> senders_{1000};  // strangers may invent any number
};

}  // namespace slotcat
