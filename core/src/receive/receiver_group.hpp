// Takes datagrams from all the ways in to a slot.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "platform/waker.hpp"
#include "transport/transport.hpp"

namespace mailslog {

/// `wait` and `refresh` belong to one thread, `receive` and `flush_pending` to one at a time, which may be another; `close`, `closed`
/// and the counters to any.
class receiver_group {
 public:
  explicit receiver_group(std::vector<std::unique_ptr<transport::datagram_receiver>> receivers) : receivers_(std::move(receivers)) {}

  /// Waits until something arrives or the group is closed, for at most `timeout`. True if something has arrived.
  bool wait(std::chrono::nanoseconds timeout);

  /// Looks after what changes in time. While nobody is in `receive`.
  void refresh() noexcept;

  /// Takes what is there, without waiting, until the buffer is full. None of the ways in is for ever behind another.
  void receive(transport::receive_buffer& out);

  /// Sees to it that `receive` gives what was sent on this machine before this call.
  void flush_pending() noexcept;

  void close() noexcept;
  bool closed() const noexcept { return closed_; }

  /// For a child made by `fork`: closed from now on. The slot stays the parent's, and nobody is woken: the waker is the parent's, too.
  /// `whole`: nobody was inside; gives up the child's copies of the descriptors.
  void abandon(bool whole) noexcept;

  /// No datagram overtakes another, whichever way it comes.
  bool ordered() const noexcept;
  std::uint64_t dropped() const noexcept;
  std::uint64_t oversized() const noexcept;
  transport::unwanted not_for_us() const noexcept;

 private:
  std::vector<std::unique_ptr<transport::datagram_receiver>> receivers_;
  platform::waker waker_;
  std::vector<platform::wait_handle> handles_;  // of `wait`
  std::atomic<bool> closed_{false};
  std::size_t turn_ = 0;  // of the receivers, which is served first
};

}  // namespace mailslog
