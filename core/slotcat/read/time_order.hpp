// `--order time`: merges senders by time. Events are held back for a while, and leave in the order of their times.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <mailslog/record_reader.hpp>

namespace slotcat {

/// Keeps copies of events. Each sender's order is kept, whatever times it claims; a time after the event's arrival counts as
/// that of arrival. Pure: the time is passed in.
class time_order {
 public:
  /// Events are held for `wait`, and while no more than about `max_memory` bytes are held.
  time_order(std::chrono::nanoseconds wait, std::size_t max_memory) : wait_(wait), max_memory_(max_memory) {}

  void push(const mailslog::event& event, mailslog::timestamp now);

  struct released {
    const mailslog::event* event = nullptr;  ///< valid until the next call of `pop`; null: nothing is due
    bool late = false;                       ///< events of later times were released before it came
  };
  /// The next event that has been held long enough.
  released pop(mailslog::timestamp now);
  /// The next event, however short it was held.
  released pop_any();

  bool empty() const noexcept { return heap_.empty(); }
  /// When `pop` will have something, unless something older arrives. Not to be asked when empty.
  mailslog::timestamp due() const noexcept { return arrivals_.front().time + wait_; }

 private:
  struct held {
    mailslog::timestamp key{};
    std::uint64_t arrival = 0;  // a number
    bool late = false;
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
    mailslog::timestamp time;
    bool gone = false;
  };
  struct sender {
    std::shared_ptr<const mailslog::sender_info> info;
    mailslog::timestamp last{};
  };

  sender& know(const mailslog::sender_info& info, mailslog::timestamp now);

  std::chrono::nanoseconds wait_;
  std::size_t max_memory_;
  std::vector<std::unique_ptr<held>> heap_;
  std::deque<arrival> arrivals_;     // since the oldest of what is held
  std::uint64_t first_arrival_ = 0;  // number of the first of them
  std::size_t size_ = 0;             // bytes held, about
  mailslog::timestamp newest_released_{};
  std::unique_ptr<held> out_;
  std::unordered_map<std::uint64_t, sender> senders_;
};

}  // namespace slotcat
