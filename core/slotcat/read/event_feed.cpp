#include "read/event_feed.hpp"

#include <algorithm>
#include <utility>

namespace slotcat {

using namespace std::chrono_literals;

event_feed::event_feed(std::vector<mailslog::record_reader> readers) : readers_(std::move(readers)) {
  for (auto& reader : readers_) all_.push_back(&reader);
}

void event_feed::close() noexcept {
  closed_ = true;
  for (auto& reader : readers_) reader.close();
}

const mailslog::event* event_feed::next(std::chrono::nanoseconds timeout) {
  using clock = std::chrono::steady_clock;
  if (readers_.size() == 1) return readers_.front().next_event(timeout);
  if (const auto* event = poll(); event != nullptr || timeout == 0ns) return event;
  const auto start = clock::now();
  while (!closed_) {
    const auto left = timeout == mailslog::forever ? timeout : timeout - (clock::now() - start);
    if (left <= 0ns || !mailslog::wait_any(all_, left)) break;
    if (const auto* event = poll()) return event;  // what has arrived need not make one
  }
  return nullptr;
}

const mailslog::event* event_feed::poll() {
  constexpr unsigned most_in_a_row = 256;  // or one sender could keep all others waiting
  for (std::size_t tries = 0; tries <= readers_.size(); ++tries) {
    if (served_ < most_in_a_row) {
      ++served_;
      if (const auto* event = readers_[turn_].next_event(0ns)) {
        origin_ = turn_;
        return event;
      }
    }
    turn_ = (turn_ + 1) % readers_.size();
    served_ = 0;
  }
  return nullptr;
}

bool event_feed::idle() const noexcept {
  return std::all_of(readers_.begin(), readers_.end(), [](const auto& reader) { return reader.idle(); });
}

bool event_feed::in_history() const noexcept {
  return std::any_of(readers_.begin(), readers_.end(), [](const auto& reader) { return reader.in_history(); });
}

mailslog::reader_stats event_feed::stats() const {
  mailslog::reader_stats sum;
  for (const auto& reader : readers_) sum += reader.stats();
  return sum;
}

}  // namespace slotcat
