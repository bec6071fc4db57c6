// `--order time`: merges senders by time. Events are held back for a while, and leave in the order of their times.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <mailslog/record_reader.hpp>

#include "read/recent.hpp"

namespace slotcat {

/// One point in time by two clocks.
struct moment {
  mailslog::timestamp wall;          ///< to compare with the times of records
  std::chrono::nanoseconds steady;   ///< since any start: to wait by, whatever becomes of the wall's clock
};

/// Keeps copies of events. Each sender's order is kept, whatever times it claims; a time after the event's arrival counts as
/// that of arrival. When this machine's clock is set back, what came before is before what comes after. Pure: the time is passed in.
class time_order {
 public:
  /// Events are held for `wait`, and while no more than about `max_memory` bytes are held.
  time_order(std::chrono::nanoseconds wait, std::size_t max_memory) : wait_(wait), max_memory_(max_memory) {}

  /// `slot`: comes back with the event.
  void push(const mailslog::event& event, const moment& now, std::size_t slot = 0);

  struct released {
    const mailslog::event* event = nullptr;  ///< valid until the next call of `pop`; null: nothing is due
    bool late = false;                       ///< events of later times were released before it came
    std::size_t slot = 0;
  };
  /// The next event that has been held long enough.
  released pop(const moment& now);
  /// The next event, however short it was held.
  released pop_any();

  bool empty() const noexcept { return heap_.empty(); }
  /// The steady clock's time when `pop` will have something, unless something older arrives. Not to be asked when empty.
  std::chrono::nanoseconds due() const noexcept { return arrivals_.front().time + wait_; }

 private:
  using place = std::pair<unsigned, mailslog::timestamp>;  // how often the clock had been set back, and a time by it

  struct held {
    place key{};
    std::uint64_t arrival = 0;  // a number
    bool late = false;
    std::size_t slot = 0;
    std::size_t size = 0;
    mailslog::event event;
    std::shared_ptr<const mailslog::sender_info> from;
    std::string strings;  // what the event's views point to
  };
  struct older_on_top {
    bool operator()(const std::unique_ptr<held>& a, const std::unique_ptr<held>& b) const {
      return a->key != b->key ? a->key > b->key : a->arrival > b->arrival;
    }
  };
  struct arrival {
    std::chrono::nanoseconds time;  // by the steady clock
    bool gone = false;
  };
  struct sender {
    std::shared_ptr<const mailslog::sender_info> info;
    place last{~0U, {}};  // no such place: it has none yet
  };

  void look_at_clock(const moment& now);
  sender& know(const mailslog::sender_info& info);

  std::chrono::nanoseconds wait_;
  std::size_t max_memory_;
  std::vector<std::unique_ptr<held>> heap_;
  std::deque<arrival> arrivals_;     // since the oldest of what is held
  std::uint64_t first_arrival_ = 0;  // number of the first of them
  std::size_t size_ = 0;             // bytes held, about
  place newest_released_{};
  std::unique_ptr<held> out_;
  recent<sender> senders_{4096};  // as many as a reader knows
  unsigned set_back_ = 0;
  std::optional<moment> seen_;
};

}  // namespace slotcat
