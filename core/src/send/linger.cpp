#include "send/linger.hpp"

#include <algorithm>

namespace mailslog {
namespace {

std::int64_t ns(shared_patience::time_point t) noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(t.time_since_epoch()).count();
}

}  // namespace

shared_patience::duration shared_patience::left(time_point now, duration wanted) const noexcept {
  const auto owed = std::max<std::int64_t>(repaid_at_.load() - ns(now), 0);
  return wanted > duration(owed) ? wanted - duration(owed) : duration(0);
}

void shared_patience::spend(time_point from, time_point to) noexcept {
  // Time passes while one waits: what is spent comes back only afterwards.
  const auto spent = 2 * (ns(to) - ns(from));
  for (auto before = repaid_at_.load(); !repaid_at_.compare_exchange_weak(before, std::max(before, ns(from)) + spent);) {
  }
}

}  // namespace mailslog
