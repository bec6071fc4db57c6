// What `--stats` tells.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include <mailslog/record_reader.hpp>

#include "read/filter.hpp"

namespace slotcat {

struct counters {
  /// Records, and foreign messages, by what the filter said; `verdict::shown` were shown.
  std::array<std::uint64_t, verdict_count> judged{};
  /// Events that slotcat had no memory for.
  std::uint64_t without_memory = 0;

  std::uint64_t& operator[](verdict v) noexcept { return judged[static_cast<std::size_t>(v)]; }
  std::uint64_t operator[](verdict v) const noexcept { return judged[static_cast<std::size_t>(v)]; }
};

/// One line: seen, shown, hidden by which filter, missing, repeated, malformed, refused, dropped, late, evicted, unconfirmed.
std::string describe(const counters& counted, const mailslog::reader_stats& stats);

/// True if anything that was posted to the slot is known not to have arrived whole. What a datagram held that nothing confirmed is missing
/// if its sender went on behind it, and else was not its sender's.
bool any_loss(const mailslog::reader_stats& stats) noexcept;

}  // namespace slotcat
