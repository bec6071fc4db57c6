// Moves datagrams and does not know what is in them. Answered by local, udp, classic and (for tests) memory.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "byte_view.hpp"
#include "platform/endpoint.hpp"
#include "platform/wait.hpp"

namespace mailslog::transport {

using platform::endpoint;

enum class send_status {
  done,     ///< nothing is left to do for these datagrams
  would_block,  ///< some receiver, or the system, has no room now: wait, then send the same datagrams again
  failed,   ///< done with, but some receiver or path did not take them: `error` says why
};

struct send_result {
  send_status status = send_status::done;
  std::error_code error;
  /// Receivers or paths that did take them. A slot that nobody reads is `done` with none.
  std::size_t taken = 0;

  /// Sets the status: nothing but what `error` says is wrong, unless some `must_wait`.
  void conclude(bool must_wait) noexcept {
    status = must_wait ? send_status::would_block : error ? send_status::failed : send_status::done;
  }
};

/// What a way of moving datagrams does to them.
struct transport_traits {
  bool lossy = true;     ///< some may be lost on the way, though the system took them
  bool ordered = false;  ///< none overtakes another of the same sender
  bool framed = false;   ///< carries nothing but mailslog's own datagrams: a message is put into one
};

/// Not thread-safe; its user sees to it that one thread at a time is inside.
class datagram_sender {
 public:
  virtual ~datagram_sender() = default;

  /// Always the same. From any thread.
  virtual transport_traits traits() const noexcept = 0;

  /// Sends consecutive datagrams of `datagram_size` bytes each, the last of which may be shorter, to every receiver.
  /// Never waits. After `would_block` the next call must be with the same datagrams: what they have reached is remembered.
  virtual send_result send(byte_view datagrams, std::size_t datagram_size) noexcept = 0;

  /// After `would_block`: forgets those datagrams, though not all receivers have them. The next `send` may be with others.
  virtual void abandon() noexcept = 0;

  /// Waits after `would_block` until it makes sense to call `send` again, for at most `timeout`.
  virtual void wait(std::chrono::nanoseconds timeout) noexcept = 0;

  /// Largest datagram, in bytes.
  virtual std::size_t max_datagram() const noexcept = 0;
  /// A good size where the user asks for none. May become smaller: a path narrower, a reader that takes less. From any thread.
  virtual std::size_t default_datagram() const noexcept = 0;
  /// Bytes that wait at a receiver before it loses some: what this system grants to who asks for much. 0: none are lost there.
  virtual std::size_t receiver_buffer() const noexcept { return 0; }
  /// How many datagrams make one good call of `send`.
  virtual std::size_t datagrams_at_once(std::size_t datagram_size) const noexcept = 0;
};

/// Memory that is filled by receivers, one datagram after another.
class receive_buffer {
 public:
  /// The largest datagram of any transport, or several small ones that the system hands over as one.
  static constexpr std::size_t max_received = 64 * 1024;
  static constexpr std::size_t capacity = 4 * max_received;
  /// More are not taken, however small: what is noted of each takes memory, too.
  static constexpr std::size_t max_arrivals = 2048;

  struct arrival {
    byte_view bytes;
    endpoint from;
    /// Sent over the network to this machine alone: other slots' readers have not got it.
    bool unicast = false;
    /// By a way that carries mailslog's datagrams only, see `transport_traits`.
    bool framed = false;
  };

  /// In bytes, of one that is full.
  static constexpr std::size_t footprint() noexcept { return capacity + reserved_arrivals * sizeof(arrival); }

  receive_buffer() : memory_(new std::uint8_t[capacity]) { arrivals_.reserve(reserved_arrivals); }  // not zeroed

  bool full() const noexcept { return capacity - used_ < max_received || arrivals_.size() >= max_arrivals; }
  /// Where the next at most `max_received` bytes go; only if not full.
  std::uint8_t* free() noexcept { return memory_.get() + used_; }
  /// What is added from now on comes from a receiver with these.
  void comes_by(const transport_traits& way) noexcept { framed_ = way.framed; }
  /// What was written to `free()`: datagrams of `datagram_size` bytes each but for the last.
  void add(std::size_t size, std::size_t datagram_size, const endpoint& from, bool unicast) {
    std::size_t at = 0;
    do {
      const auto n = datagram_size < size - at ? datagram_size : size - at;
      arrivals_.push_back({{memory_.get() + used_ + at, n}, from, unicast, framed_});
      at += n;
    } while (at < size);
    used_ += size;
  }
  void clear() noexcept {
    used_ = 0;
    arrivals_.clear();
  }

  const std::vector<arrival>& arrivals() const noexcept { return arrivals_; }

 private:
  static constexpr std::size_t reserved_arrivals = max_arrivals + 64;  // the last may be several in one

  std::unique_ptr<std::uint8_t[]> memory_;
  std::size_t used_ = 0;
  bool framed_ = false;
  std::vector<arrival> arrivals_;
};

/// What came and was not handed out, of transports that look.
struct unwanted {
  std::uint64_t malformed = 0;   ///< contradicts the transport's protocol
  std::uint64_t other_slot = 0;  ///< for another slot, or for somebody else
  std::uint64_t repeated = 0;    ///< came before, by another way
};

/// One thread at a time, but for `traits`, `add_handles` and `dropped`.
class datagram_receiver {
 public:
  virtual ~datagram_receiver() = default;

  /// Always the same.
  virtual transport_traits traits() const noexcept = 0;

  /// Takes what has arrived, without waiting, until nothing is left or the buffer is full; or until it has thrown away as much as
  /// `most_unwanted`, which may come as fast as it is looked at.
  virtual void receive(receive_buffer& out) = 0;
  static constexpr int most_unwanted = 1024;
  /// Appends what `platform::wait_readable` waits for. From any thread.
  virtual void add_handles(std::vector<platform::wait_handle>& to) const = 0;
  /// Sees to it that `receive` gives what was sent on this machine before this call; unless it does so anyway.
  virtual void flush_pending() noexcept {}
  /// Looks after what changes in time, such as network interfaces. Called now and then.
  virtual void refresh() noexcept {}

  /// Datagrams that the system threw away because the receive buffer was full.
  virtual std::uint64_t dropped() const noexcept = 0;
  /// Datagrams not taken because they were larger than asked for.
  virtual std::uint64_t oversized() const noexcept { return 0; }
  virtual unwanted not_for_us() const noexcept { return {}; }
};

}  // namespace mailslog::transport
