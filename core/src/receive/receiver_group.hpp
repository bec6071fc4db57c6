// Takes datagrams from all the ways in to a slot.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "platform/fork.hpp"
#include "platform/waker.hpp"
#include "transport/transport.hpp"

namespace mailslog {

/// One thread at a time, but for `close`, `closed` and the counters. After `fork` it is closed in the child: the slot stays the
/// parent's.
class receiver_group final : private platform::fork_aware {
 public:
  explicit receiver_group(std::vector<std::unique_ptr<transport::datagram_receiver>> receivers);
  ~receiver_group() override;

  /// Waits until something arrives or it is closed, for at most `timeout`. True if something has arrived.
  bool wait(std::chrono::nanoseconds timeout);

  /// Takes what is there, without waiting, until the buffer is full. None of the ways in is for ever behind another.
  void receive(transport::receive_buffer& out);

  /// Sees to it that `receive` gives what was sent on this machine before this call.
  void flush_pending() noexcept;

  void close() noexcept;
  bool closed() const noexcept { return closed_; }

  std::uint64_t dropped() const noexcept;
  std::uint64_t oversized() const noexcept;
  transport::unwanted not_for_us() const noexcept;

 private:
  void before_fork() noexcept override {}
  void after_fork_in_parent() noexcept override {}
  void after_fork_in_child() noexcept override;

  std::vector<std::unique_ptr<transport::datagram_receiver>> receivers_;
  platform::waker waker_;
  std::vector<platform::wait_handle> handles_;  // of `wait`
  std::atomic<bool> closed_{false};
  std::size_t turn_ = 0;  // of the receivers, which is served first
};

}  // namespace mailslog
