#include "read/event_feed.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace slotcat {

using namespace std::chrono_literals;

namespace {

// What has no time of its own belongs to what was before.
mailslog::timestamp time_of(const mailslog::event& e) {
  const auto* record = std::get_if<mailslog::received_record>(&e);
  return record != nullptr ? record->time : mailslog::timestamp::min();
}

}  // namespace

event_feed::event_feed(std::vector<mailslog::record_reader> readers) : readers_(std::move(readers)), heads_(readers_.size()) {
  for (auto& reader : readers_) all_.push_back(&reader);
}

void event_feed::close() noexcept {
  closed_ = true;
  for (auto& reader : readers_) reader.close();
}

const mailslog::event* event_feed::next(std::chrono::nanoseconds timeout) {
  using clock = std::chrono::steady_clock;
  if (readers_.size() == 1) return readers_.front().next_event(timeout);
  if (const auto* event = next_of_history()) return event;
  if (const auto* event = poll(); event != nullptr || timeout == 0ns) return event;
  const auto start = clock::now();
  while (!closed_) {
    const auto left = timeout == mailslog::forever ? timeout : timeout - (clock::now() - start);
    if (left <= 0ns || !mailslog::wait_any(all_, left)) break;
    if (const auto* event = poll()) return event;  // what has arrived need not make one
  }
  return nullptr;
}

const mailslog::event* event_feed::next_of_history() {
  if (!merging_) return nullptr;
  if (given_) heads_[*std::exchange(given_, std::nullopt)] = nullptr;
  for (std::size_t i = 0; i < readers_.size(); ++i) {
    auto& head = heads_[i];
    if (head == nullptr && readers_[i].in_history()) head = readers_[i].next_event(0ns);
    if (head != nullptr && (!given_ || time_of(*head) < time_of(*heads_[*given_]))) given_ = i;
  }
  merging_ = given_.has_value();
  if (!merging_) return nullptr;
  origin_ = *given_;
  return heads_[origin_];
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
  return !in_history() && std::all_of(readers_.begin(), readers_.end(), [](const auto& reader) { return reader.idle(); });
}

bool event_feed::expecting() const noexcept {
  return std::any_of(readers_.begin(), readers_.end(), [](const auto& reader) { return reader.expecting(); });
}

bool event_feed::in_history() const noexcept {
  const auto* const given = given_ ? heads_[*given_] : nullptr;
  return std::any_of(readers_.begin(), readers_.end(), [](const auto& reader) { return reader.in_history(); }) ||
         std::any_of(heads_.begin(), heads_.end(), [&](const auto* head) { return head != nullptr && head != given; });
}

std::vector<mailslog::history_findings> event_feed::findings() const {
  std::vector<mailslog::history_findings> all;
  for (const auto& reader : readers_) all.push_back(reader.findings());
  return all;
}

mailslog::reader_stats event_feed::stats() const {
  mailslog::reader_stats sum;
  for (const auto& reader : readers_) sum += reader.stats();
  return sum;
}

}  // namespace slotcat
