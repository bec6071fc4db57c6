#include "receive/horizon.hpp"

#include <cstdint>

namespace mailslog {

bool horizon::began_after(const wire::sender_frame& who, const origin& came) const {
  if (came.with_sleep < since_) return false;
  const auto here = static_cast<std::uint64_t>(std::chrono::nanoseconds(came.with_sleep - since_).count());
  // Both ends of it by our own clock on the wall, which may have been set in between: then it says nothing.
  const auto on_the_wall = static_cast<std::uint64_t>(came.on_the_wall.time_since_epoch().count());
  const bool same_host = who.host == host_;
  const bool after_by_wall = who.started <= on_the_wall && on_the_wall - who.started <= here;
  if (!who.age_ms) return same_host && after_by_wall;
  const auto age = std::uint64_t{*who.age_ms} * 1'000'000;  // rounded down
  return *who.age_ms != wire::max_age_ms && (age + 1'000'000 <= here || (same_host && after_by_wall && age <= here));
}

}  // namespace mailslog
