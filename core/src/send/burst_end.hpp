// When readers are told how far a sender is: if a burst's last datagrams were lost, nothing after them would show it.
#pragma once

#include <chrono>
#include <cstdint>

namespace mailslog {

/// Pure. Where datagrams may be lost on the way, the last of a burst is told; elsewhere the last one if it tells of drops alone.
class burst_end {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// For so long nothing leaves before it is told.
  static constexpr std::chrono::milliseconds quiet{20};

  explicit burst_end(bool lossy) noexcept : lossy_(lossy) {}

  /// Datagrams from number `first` on have left, with records or without.
  void left(std::uint64_t first, bool with_records) noexcept {
    const bool tells = first == told_by_;
    untold_ = lossy_ ? untold_ || !tells : !with_records && !tells;
  }

  bool untold() const noexcept { return untold_; }
  /// When `reached` wants to be asked. Not to be asked unless `untold`.
  time_point due() const noexcept { return watched_ ? since_ + quiet : time_point::min(); }
  /// Has none left for long enough? `next_datagram`: number of the one that leaves next.
  bool reached(time_point now, std::uint64_t next_datagram) noexcept {
    if (watched_ && datagrams_ == next_datagram) return now - since_ >= quiet;
    watched_ = true;
    since_ = now;
    datagrams_ = next_datagram;
    return false;
  }
  /// This datagram tells it, and does not ask for another that does.
  void told_by(std::uint64_t datagram) noexcept {
    told_by_ = datagram;
    untold_ = watched_ = false;
  }

 private:
  const bool lossy_;
  bool untold_ = false;
  bool watched_ = false;  // since `since_`, when the next one was `datagrams_`
  time_point since_{};
  std::uint64_t datagrams_ = 0;
  std::uint64_t told_by_ = UINT64_MAX;
};

}  // namespace mailslog
