// Who a session is.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "history/ring.hpp"
#include "send/outbox_config.hpp"
#include "wire/packer.hpp"

namespace mailslog {

/// A sender, from now on.
class identity {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit identity(const outbox_config& config);

  /// For datagrams of this sender, at most `datagrams` of `limit` bytes in a batch.
  wire::packer packer(const outbox_config& config, std::size_t limit, std::size_t datagrams) const;
  /// Of its records; not yet divided into blocks.
  history::ring_info ring(const outbox_config& config) const;
  /// For so long it has been a sender, the time asleep included, as datagrams say it.
  std::uint32_t age_ms(time_point now_with_sleep) const noexcept;

 private:
  const std::uint64_t id_;
  const std::uint64_t started_;    // on the clock on the wall
  const time_point started_at_;    // with the time slept before
};

}  // namespace mailslog
