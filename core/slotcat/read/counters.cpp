#include "read/counters.hpp"

#include <iterator>
#include <numeric>

#include <fmt/format.h>

namespace slotcat {

std::string describe(const counters& counted, const mailslog::reader_stats& stats) {
  const auto seen = std::accumulate(counted.judged.begin(), counted.judged.end(), std::uint64_t{0});
  const auto shown = counted[verdict::shown];
  std::string text = fmt::format("seen {}, shown {}, hidden {}", seen, shown, seen - shown);
  const auto out = std::back_inserter(text);
  std::string_view before = " (";
  for (std::size_t i = 0; i < verdict_count; ++i) {
    const auto v = static_cast<verdict>(i);
    if (v == verdict::shown || counted[v] == 0) continue;
    fmt::format_to(out, "{}{} {}", before, to_string(v), counted[v]);
    before = ", ";
  }
  if (seen != shown) text += ')';
  fmt::format_to(out, ", missing {}, incomplete {}, repeated {}, malformed {}, refused {}, dropped by kernel {}, "
                      "dropped by sender {}, late {}, evicted {}, unconfirmed {}",
                 stats.missing, stats.incomplete, stats.repeated, stats.malformed,
                 stats.other_version + stats.other_slot, stats.dropped_by_kernel, stats.dropped_by_sender(), stats.late, stats.evicted,
                 stats.unconfirmed);
  if (counted.without_memory != 0) fmt::format_to(out, ", not shown for want of memory {}", counted.without_memory);
  return text;
}

bool any_loss(const mailslog::reader_stats& stats) noexcept {
  return stats.missing + stats.incomplete + stats.dropped_by_sender() + stats.dropped_by_kernel + stats.late + stats.evicted != 0;
}

}  // namespace slotcat
