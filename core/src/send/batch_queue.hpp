// Batches of datagrams on their way to the system, and the memory they are packed in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <vector>

#include "send/drop_ledger.hpp"
#include "wire/packer.hpp"

namespace mailslog {

/// A batch, and what it tells of dropped records: taken back if the batch is dropped itself.
struct outgoing {
  wire::batch datagrams;
  std::vector<drop_ledger::range> notices;
};

/// Pure. One batch is open: a packer packs it. Others are closed and wait; one at most is in flight. All memory is blocks of one
/// capacity. What throws does so before it changes anything, and only for want of memory.
class batch_queue {
 public:
  /// Unused blocks are kept up to `most_kept` bytes.
  batch_queue(std::size_t block_capacity, std::size_t most_kept) noexcept : capacity_(block_capacity), most_kept_(most_kept) {}

  /// Gets blocks, so that `open` will not throw that many times.
  void reserve(std::size_t blocks);
  /// Gives the packer a block, unless it has one.
  void open(wire::packer& packer);
  /// Of the batch that is open.
  std::vector<drop_ledger::range>& open_notices() noexcept { return open_.front().notices; }
  /// What is packed waits behind what is queued. Unless nothing is packed.
  void close(wire::packer& packer) noexcept;

  /// A batch that is packed in one go and waits in front of all others.
  std::list<outgoing> begin_first(wire::packer& packer);
  void close_first(std::list<outgoing>& first, wire::packer& packer) noexcept;

  bool empty() const noexcept { return queue_.empty() && in_flight_.empty(); }
  bool queue_empty() const noexcept { return queue_.empty(); }
  /// Closed ones, the one in flight among them.
  std::size_t batches() const noexcept { return queue_.size() + in_flight_.size(); }
  /// Of the closed batches.
  std::size_t bytes() const noexcept { return bytes_; }
  std::size_t blocks() const noexcept { return open_.size() + queue_.size() + in_flight_.size() + spare_.size(); }
  const outgoing& front() const noexcept { return queue_.front(); }

  bool flying() const noexcept { return !in_flight_.empty(); }
  outgoing& in_flight() noexcept { return in_flight_.front(); }
  /// The first of the queue is in flight now.
  void fly() noexcept { in_flight_.splice(in_flight_.end(), queue_, queue_.begin()); }
  void landed() noexcept { recycle(in_flight_); }
  void pop_front() noexcept { recycle(queue_); }

  /// Is anything of records before `number` in a closed batch?
  bool holds_before(std::uint64_t number) const noexcept;

 private:
  void add_spare();
  void recycle(std::list<outgoing>& from) noexcept;

  std::size_t capacity_;
  std::size_t most_kept_;
  std::size_t bytes_ = 0;
  std::list<outgoing> open_;  // none or one
  std::list<outgoing> queue_;
  std::list<outgoing> in_flight_;  // none or one
  std::list<outgoing> spare_;      // with their blocks: a warm queue allocates nothing
};

}  // namespace mailslog
