// Since when all is known that arrived.
#pragma once

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "receive/datagram_order.hpp"
#include "wire/frame.hpp"

namespace mailslog {

/// Pure. Nothing has passed us by of a sender that began after it.
class horizon {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// All times with the time that the machine was asleep. `host`: whose clock on the wall is ours.
  horizon(time_point opened, std::string host) : since_(opened), latest_(opened), host_(std::move(host)) {}

  /// A datagram arrived.
  void arrived(time_point when) noexcept { latest_ = when; }
  /// What had come of some sender is no longer known.
  void forgot() noexcept { since_ = std::max(since_, latest_ + std::chrono::nanoseconds(1)); }

  /// Did it begin after that, as far as its datagram that came so says?
  bool began_after(const wire::sender_frame& who, const origin& came) const;

 private:
  time_point since_;
  time_point latest_;
  std::string host_;
};

}  // namespace mailslog
