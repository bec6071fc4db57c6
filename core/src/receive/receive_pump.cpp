#include "receive/receive_pump.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "platform/process.hpp"
#include "platform/thread.hpp"

namespace mailslog {

using namespace std::chrono;

void bell::ring() noexcept {
  const std::lock_guard lock(mutex_);
  rung_ = true;
  changed_.notify_one();
}

void bell::wait_until(steady_clock::time_point end) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, end, [this] { return rung_; });
  rung_ = false;
}

receive_pump::receive_pump(std::vector<std::unique_ptr<transport::datagram_receiver>> receivers, std::size_t max_memory)
    : group_(std::move(receivers)),
      max_loads_(std::max<std::size_t>(max_memory / transport::receive_buffer::footprint(), 2)),
      owner_(platform::process_id()) {
  spare_.emplace_back();
  remember();
  try {  // nothing may fail while it runs
    thread_ = platform::start_thread([this] { run(); });
  } catch (...) {
    forget();
    throw;
  }
}

receive_pump::~receive_pump() {
  forget();
  close();
  thread_.join();
}

bool receive_pump::inherited() const noexcept { return platform::process_id() != owner_; }

// ---- the thread

void receive_pump::run() {
  while (!group_.closed()) {
    try {
      group_.wait(seconds(1));
      {
        std::unique_lock lock(mutex_);
        room_.wait(lock, [this] { return group_.closed() || has_room(); });
      }
      {
        const std::lock_guard lock(receiving_);
        if (group_.closed()) return;
        group_.refresh();
        receive();
      }
    } catch (const std::bad_alloc&) {
      // What has come is still there. Not in a hot loop, then.
      std::unique_lock lock(mutex_);
      room_.wait_for(lock, milliseconds(20), [this] { return group_.closed(); });
    }
  }
}

// By our thread or the owner's, with `receiving_` locked. Does nothing if there is no room.
receive_pump::time_point receive_pump::receive() {
  if (group_.closed()) return steady_clock::now();
  auto filled = load_to_fill();
  const auto now = steady_clock::now();
  if (filled.empty()) return now;
  auto& l = filled.front();
  const auto before = l.buffer.arrivals().size();
  try {
    group_.receive(l.buffer);
  } catch (const std::bad_alloc&) {
    // What it could not take down is lost, and counts as that; the rest is here.
  }
  // A load that goes on keeps what was true of its first datagrams.
  if (before == 0) l.slept = slept_;
  if (l.buffer.arrivals().size() != before) {
    l.received = now;
    l.arrived = time_point_cast<nanoseconds>(system_clock::now());
  }
  l.emptied = !l.buffer.full();
  if (l.emptied) slept_ = platform::slept();
  publish(std::move(filled));
  return now;
}

receive_pump::loads receive_pump::load_to_fill() {
  loads one;
  std::unique_lock lock(mutex_);
  if (!has_room()) return one;
  // Goes on with the last one that nobody has taken, so that small datagrams do not take a load each.
  if (queue_.size() > fixed_ && !queue_.back().buffer.full()) {
    one.splice(one.begin(), queue_, std::prev(queue_.end()));
    queued_ = queue_.size();
  } else if (!spare_.empty()) {
    one.splice(one.begin(), spare_, spare_.begin());
  } else {
    lock.unlock();
    one.emplace_back();
  }
  return one;
}

void receive_pump::publish(loads filled) noexcept {
  const std::lock_guard lock(mutex_);
  if (filled.front().buffer.arrivals().empty()) {
    spare_.splice(spare_.begin(), filled);
    return;
  }
  queue_.splice(queue_.end(), filled);
  queued_ = queue_.size();
  if (bell_ != nullptr) bell_->ring();
}

// ---- its owner

const receive_pump::load* receive_pump::next() {
  if (closed() && inherited()) return nullptr;
  const std::lock_guard lock(mutex_);
  constexpr std::size_t max_spare = 2;
  if (!current_.empty()) {
    current_.front().buffer.clear();
    if (spare_.size() < max_spare) {
      spare_.splice(spare_.begin(), current_);
    } else {
      current_.clear();
    }
  }
  if (queue_.empty()) return nullptr;
  current_.splice(current_.begin(), queue_, queue_.begin());
  if (fixed_ != 0) --fixed_;
  queued_ = queue_.size();
  room_.notify_all();
  return &current_.front();
}

std::size_t receive_pump::fetch(time_point& now) {
  const std::lock_guard lock(receiving_);  // none is being filled
  now = receive();
  const std::lock_guard counting(mutex_);
  return fixed_ = queue_.size();
}

void receive_pump::ring_when_ready(bell* ring) noexcept {
  if (closed() && inherited()) {
    if (ring != nullptr) ring->ring();
    return;
  }
  const std::lock_guard lock(mutex_);
  bell_ = ring;
  if (ring != nullptr && (!queue_.empty() || closed())) ring->ring();
}

void receive_pump::wait_until(time_point end) {
  bell b;
  ring_when_ready(&b);
  b.wait_until(end);
  ring_when_ready(nullptr);
}

void receive_pump::close() noexcept {
  if (inherited()) return;  // closed already, and a thread that is not there may have left the mutex locked
  group_.close();
  const std::lock_guard lock(mutex_);
  room_.notify_all();
  if (bell_ != nullptr) bell_->ring();
}

// ---- fork

bool receive_pump::hold(time_point deadline) noexcept {
  if (!platform::lock_until(receiving_, deadline)) return false;
  if (platform::lock_until(mutex_, deadline)) return true;
  receiving_.unlock();
  return false;
}

void receive_pump::release() noexcept {
  mutex_.unlock();
  receiving_.unlock();
}

void receive_pump::begin_again(bool whole) noexcept {
  group_.abandon(whole);
  if (whole) release();
}

}  // namespace mailslog
