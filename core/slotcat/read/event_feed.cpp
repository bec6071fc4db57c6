#include "read/event_feed.hpp"

#include <algorithm>
#include <utility>

namespace slotcat {
namespace {

using namespace std::chrono_literals;

void add(mailslog::reader_stats& sum, const mailslog::reader_stats& s) {
  sum.delivered += s.delivered;
  sum.incomplete += s.incomplete;
  sum.missing += s.missing;
  sum.dropped_queue += s.dropped_queue;
  sum.dropped_socket += s.dropped_socket;
  sum.dropped_too_large += s.dropped_too_large;
  sum.repeated += s.repeated;
  sum.late += s.late;
  sum.malformed += s.malformed;
  sum.other_version += s.other_version;
  sum.other_slot += s.other_slot;
  sum.foreign += s.foreign;
  sum.evicted += s.evicted;
  sum.dropped_by_kernel += s.dropped_by_kernel;
  sum.datagrams += s.datagrams;
  sum.bytes += s.bytes;
  sum.senders += s.senders;
}

}  // namespace

// A reader, and whose it is at present: ours, or its own thread's, which waits for an event.
struct event_feed::lane {
  explicit lane(mailslog::record_reader r) : reader(std::move(r)) {}

  mailslog::record_reader reader;
  bool waiting = false;                   // the thread's
  const mailslog::event* event = nullptr; // what it found
  mailslog::reader_stats stats;           // when it began to wait, or lately
  std::thread thread;
};

event_feed::event_feed(std::vector<mailslog::record_reader> readers, std::chrono::nanoseconds refresh) : refresh_(refresh) {
  for (auto& reader : readers) lanes_.push_back(std::make_unique<lane>(std::move(reader)));
  if (lanes_.size() == 1) return;
  for (auto& l : lanes_) l->thread = std::thread([this, &l = *l] { wait_in_lane(l); });
}

event_feed::~event_feed() { stop(); }

void event_feed::stop() {
  close();
  for (auto& l : lanes_) {
    if (l->thread.joinable()) l->thread.join();
    l->waiting = false;
  }
}

void event_feed::close() noexcept {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  for (auto& l : lanes_) l->reader.close();
  wake_lane_.notify_all();
  wake_main_.notify_all();
}

const mailslog::event* event_feed::next(std::chrono::nanoseconds timeout) {
  if (lanes_.size() == 1) return lanes_.front()->reader.next_event(timeout);
  if (const auto* event = poll_lanes()) return event;
  if (timeout == 0ns) return nullptr;

  std::unique_lock lock(mutex_);
  for (auto& l : lanes_) {
    if (!l->waiting) l->stats = l->reader.stats();
    l->waiting = true;
  }
  wake_lane_.notify_all();
  const auto arrived = [&] {
    return closed_ || std::any_of(lanes_.begin(), lanes_.end(), [](const auto& l) { return l->event != nullptr; });
  };
  if (timeout == mailslog::forever) {
    wake_main_.wait(lock, arrived);
  } else {
    wake_main_.wait_for(lock, timeout, arrived);
  }
  lock.unlock();
  return poll_lanes();
}

const mailslog::event* event_feed::poll_lanes() {
  constexpr unsigned most_in_a_row = 256;  // or one sender could keep all others waiting
  for (std::size_t tries = 0; tries <= lanes_.size(); ++tries) {
    auto& l = *lanes_[turn_];
    if (served_ < most_in_a_row) {
      ++served_;
      std::unique_lock lock(mutex_);
      if (!l.waiting) {
        lock.unlock();
        if (const auto* event = l.reader.next_event(0ns)) return event;
      } else if (l.event != nullptr) {
        l.waiting = false;
        return std::exchange(l.event, nullptr);
      }
    }
    turn_ = (turn_ + 1) % lanes_.size();
    served_ = 0;
  }
  return nullptr;
}

void event_feed::wait_in_lane(lane& l) {
  std::unique_lock lock(mutex_);
  while (!closed_) {
    wake_lane_.wait(lock, [&] { return closed_ || (l.waiting && l.event == nullptr); });
    if (closed_) break;
    lock.unlock();
    const auto* event = l.reader.next_event(refresh_);
    auto stats = l.reader.stats();
    lock.lock();
    l.stats = stats;
    l.event = event;
    if (event != nullptr) wake_main_.notify_one();
  }
}

mailslog::reader_stats event_feed::stats() {
  mailslog::reader_stats sum;
  const std::lock_guard lock(mutex_);
  for (const auto& l : lanes_) add(sum, l->waiting ? l->stats : l->reader.stats());
  return sum;
}

}  // namespace slotcat
