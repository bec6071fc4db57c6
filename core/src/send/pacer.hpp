// How fast datagrams may leave for receivers that lose what comes too fast.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace mailslog {

/// Pure: the time is passed in. A bucket of tokens, one for a byte: never more than the burst, and what is sent borrows at most one
/// batch from the future.
class pacer {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  struct limits {
    std::size_t receiver_buffer = 0;  ///< bytes that wait at a receiver; 0: as many as come
    std::uint64_t fixed = 0;          ///< bytes per second that the user asked for; 0: what receivers bear
    bool yields = true;               ///< the fuller the queue, the faster
  };

  /// Never makes anybody wait.
  pacer() noexcept;
  explicit pacer(const limits& of) noexcept;

  /// `filled`: how full the queue is, 0 to 1.
  bool may_send(time_point now, double filled) noexcept;
  void sent(std::size_t bytes, std::uint64_t records) noexcept;
  /// When `may_send` will be true.
  time_point next(double filled) const noexcept;

  /// False if `may_send` is true whatever time it is.
  bool needs_time() const noexcept { return tokens_ <= 0; }
  /// Has much been sent of late? That is, receivers' buffers may still be full.
  bool after_burst() const noexcept { return tokens_ < burst_ / 2; }
  /// From now on a whole burst may leave.
  void refill() noexcept { tokens_ = burst_; }

 private:
  double rate(double filled) const noexcept;

  double burst_;         // bytes that may leave without a pause
  double fixed_ = 0;
  bool yields_ = false;
  double buffer_rate_;   // bytes per second that the receivers' buffers bear
  double reader_rate_;   // bytes per second that a reader keeps up with; set by how large the records sent last were
  double tokens_;        // bytes that may leave now
  time_point tokens_at_{};
};

}  // namespace mailslog
