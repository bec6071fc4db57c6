#include "send/outbox.hpp"

#include <algorithm>
#include <cstddef>
#include <new>
#include <thread>
#include <utility>

#include "platform/thread.hpp"
#include "send/linger.hpp"

namespace mailslog {
namespace {

using namespace std::chrono;

// For the transport. Among hundreds of writers that wait for one reader, to look more often costs more than it gains.
constexpr auto longest_transport_wait = milliseconds(60);
// What a thread that waits for space does where the system has no thread for us.
constexpr auto between_looks = milliseconds(1);
constexpr auto after_failure = milliseconds(10);
constexpr auto between_held_looks = microseconds(50);
// A lost goodbye would hide that the last records were lost too.
constexpr int goodbyes = 12;
constexpr auto between_goodbyes = microseconds(500);
constexpr auto after_burst_at_most = milliseconds(16);  // after a long burst longer and longer, while buffers become empty
constexpr auto all_goodbyes = milliseconds(150);

// A program that ends waits once, not once for each of its writers.
shared_patience linger_of_all;
shared_patience goodbyes_of_all;

class raised {
 public:
  explicit raised(bool& flag) noexcept : flag_(flag) { flag_ = true; }
  raised(const raised&) = delete;
  raised& operator=(const raised&) = delete;
  ~raised() { flag_ = false; }

 private:
  bool& flag_;
};

}  // namespace

outbox::outbox(open_sender open, outbox_config config)
    : open_(std::move(open)), config_(std::move(config)), work_([this](lock& l) { return service(l, *own_->session, longest_transport_wait); }) {
  auto& o = config_.options;
  for (auto* time : {&o.max_delay, &o.block_time, &o.linger}) *time = platform::bounded(*time);
  opened();
  remember();
}

outbox::~outbox() {
  enter();
  forget();
  lock l(own_->mutex);
  if (own_->session) {
    if (own_->session->next_record != 0) say_goodbye(l, *own_->session);
    own_->session->recorder.end(own_->session->next_record);
  }
  own_->ours.stop(l);
}

// A sender of its own: in the beginning, and in a child.
session& outbox::opened() {
  if (!own_->session) {
    own_->session.emplace(open_(), config_);
    own_->session->lose(wire::drop_reason::queue_full, std::exchange(own_->lost_before, 0));
  }
  return *own_->session;
}

// ---- taking records

std::error_code outbox::write(const record& r) noexcept {
  enter();
  const auto content = wire::full_content_size(r);
  lock l(own_->mutex);
  if (!own_->session) try {
    opened();
  } catch (...) {
    ++own_->lost_before;
    return make_error_code(errc::queue_full);
  }
  auto& s = *own_->session;
  const bool too_large = content.total > max_record_size || r.attributes.size() > wire::max_attributes;
  if (r.level < config_.options.send_level) {
    if (too_large) return make_error_code(errc::record_too_large);
    if (r.level >= config_.options.recorder_level && s.recorder.keep_back(r, s.next_record, content)) ++s.stats.kept_back;
    return {};
  }
  if (too_large) {
    s.recorder.skip({wire::drop_reason::too_large, s.next_record, 1});
    return lose(l, s, wire::drop_reason::too_large);
  }

  const auto& o = config_.options;
  const bool never_waits = o.max_delay.count() == 0;
  bool leaves_now = never_waits || r.level >= o.flush_level;
  // As a rule, in a burst: it leaves with those that wait already, and our thread knows when.
  if (!leaves_now && (own_->ours.running() || !config_.own_thread) && s.join(r, content)) {
    s.recorder.write(r, s.next_record - 1, content, s.packing.packer.repeatable());
    return {};
  }
  const bool has_room = make_room(l, s, content);
  if (!has_room) {
    s.recorder.write(r, s.next_record, content);
    return lose(l, s, wire::drop_reason::queue_full);
  }
  const bool begins_batch = s.idle();
  auto now = s.packing.begun;
  if (begins_batch) {
    // The clock costs as much as the rest of a record that leaves alone; as long as the pace needs none, a coarse one will do.
    now = never_waits && !s.pacer.needs_time() ? config_.coarse_clock() : config_.clock();
    leaves_now = leaves_now || (!s.waiting() && !own_->sending && now - s.last_sent >= o.max_delay);
  }
  try {
    const bool began_another = s.add(r, content);
    if (began_another) now = config_.clock();
    if (begins_batch || began_another) s.packing.begun = now;
  } catch (const std::bad_alloc&) {
    s.recorder.write(r, s.next_record, content);
    return lose(l, s, wire::drop_reason::queue_full);
  }
  s.recorder.write(r, s.next_record - 1, content, s.packing.packer.repeatable());
  if (leaves_now) s.hurry();
  // Not more than what this call has added: the rest is for whoever added it, and for our thread.
  if (s.waiting()) send(l, s, 1, begins_batch ? now : config_.clock());
  wake(l, s);
  return {};
}

std::error_code outbox::lose(lock& l, session& s, wire::drop_reason why) noexcept {
  s.lose(why);
  wake(l, s);  // to tell the readers, if no record follows
  return make_error_code(why == wire::drop_reason::too_large ? errc::record_too_large : errc::queue_full);
}

bool outbox::make_room(lock& l, session& s, const wire::content_size& content) {
  if (s.has_room_for(content)) return true;
  // The queue may be full only because nobody has sent.
  send(l, s, 1);
  if (s.has_room_for(content)) return true;
  switch (config_.options.overflow) {
    case overflow_policy::drop_newest: return false;
    case overflow_policy::drop_oldest:
      while (!s.queue.queue_empty() && !s.has_room_for(content)) s.drop_oldest();
      return true;
    case overflow_policy::block: break;
  }
  wake(l, s);
  return wait_for(l, s, config_.options.block_time, [&] { return s.has_room_for(content); });
}

// Where there is no thread of ours, whoever waits does its work.
template <class Condition>
bool outbox::wait_for(lock& l, session& s, nanoseconds timeout, Condition met) noexcept {
  const auto end = platform::deadline(timeout);
  while (!met()) {
    const auto now = steady_clock::now();
    if (now >= end) return false;
    if (own_->ours.running() || !config_.own_thread) {
      own_->space.wait_until(l, end);
    } else {
      service(l, s, std::min<nanoseconds>(longest_transport_wait, end - now));
      if (!met()) own_->space.wait_until(l, std::min(end, now + between_looks));
    }
  }
  return true;
}

void outbox::flush() noexcept {
  enter();
  lock l(own_->mutex);
  if (own_->session) flush(l, *own_->session);
}

bool outbox::flush(nanoseconds timeout) noexcept {
  enter();
  lock l(own_->mutex);
  if (!own_->session) return true;
  auto& s = *own_->session;
  const auto until = s.next_record;
  flush(l, s);
  return wait_for(l, s, timeout, [&s, until] { return s.has_left(until); });
}

void outbox::flush(lock& l, session& s) noexcept {
  s.hurry();
  send_waiting(l, s);
  wake(l, s);
}

writer_stats outbox::stats() noexcept {
  enter();
  const lock l(own_->mutex);
  writer_stats now;
  if (own_->session) {
    now = own_->session->stats;
    now.history_error = own_->session->recorder.error();
  }
  now.dropped_queue += own_->lost_before;
  if (!now.last_error) now.last_error = own_->ours.error();
  return now;
}

// ---- sending

void outbox::send(lock& l, session& s, std::size_t most) noexcept { send(l, s, most, config_.clock()); }

void outbox::send(lock& l, session& s, std::size_t most, time_point now) noexcept {
  if (own_->sending || own_->waiting_for_room) return;  // whoever is sending, or our thread, comes to ours
  {
    const raised flag(own_->sending);
    for (const auto* batch = s.first(now); batch != nullptr; batch = s.next(now)) {
      const auto& d = batch->datagrams;
      const bool has_records = d.first_record != d.end_record;
      l.unlock();
      const auto result = s.sender->send({d.bytes.get(), d.size}, d.datagram_size);
      l.lock();
      if (!s.sent(result, now)) break;
      if (has_records && --most == 0) break;
      now = config_.clock();
    }
  }
  own_->space.notify_all();
}

void outbox::wake(lock& l, session& s) noexcept {
  if (!config_.own_thread || own_->sending) return;  // whoever is sending calls this when it is done
  if (own_->ours.awake()) return;  // it asks what is due when it is done
  if (own_->ours.wake_by(s.due(), l, work_)) return;
  // There is no thread to be had: this call takes along what has waited.
  if (own_->waiting_for_room) return;
  s.blocked = false;
  s.hurry();
  send_waiting(l, s);
}

std::optional<outbox::time_point> outbox::service() {
  lock l(own_->mutex);
  const auto next = service(l, opened(), longest_transport_wait);
  if (next == time_point::max()) return std::nullopt;
  return std::max(next, config_.clock());
}

outbox::time_point outbox::service(lock& l, session& s, nanoseconds longest) noexcept {
  if (s.blocked && !own_->sending && !own_->waiting_for_room) {
    {
      const raised flag(own_->waiting_for_room);  // nobody else sends
      l.unlock();
      s.sender->wait(longest);
      l.lock();
    }
    s.blocked = false;
    own_->space.notify_all();
  }
  bool failed = false;
  try {
    s.look_after(config_.clock());
  } catch (const std::bad_alloc&) {
    failed = true;
  }
  send_waiting(l, s);
  if (failed) return config_.clock() + after_failure;
  // Whoever is sending wakes us when it is done.
  return own_->sending ? time_point::max() : s.due();
}

void outbox::say_goodbye(lock& l, session& s) noexcept try {
  const auto began = steady_clock::now();
  const auto linger = linger_of_all.left(began, config_.options.linger);
  const auto left = [&] { return std::max<nanoseconds>(linger - (steady_clock::now() - began), nanoseconds(0)); };
  s.hurry();
  send_waiting(l, s);
  wake(l, s);
  wait_for(l, s, linger, [&] { return !s.waiting() && s.idle(); });
  own_->ours.stop(l);  // it may be waiting for room, and begin again at once
  l.lock();

  const bool held_up = s.blocked && config_.others_have_room;
  if (s.waiting()) {
    // What is left now could not be sent in time. The readers are told so, if the system takes at least this.
    s.drop_all();
    s.sender->abandon();
  }
  s.blocked = false;
  if (held_up) {
    // Other sockets have send buffers of their own, in which nothing waits for a reader that stands still.
    try {
      auto fresh = open_();
      s.sender = std::move(fresh);
    } catch (...) {
    }
  }
  (void)s.pacer.may_send(config_.clock(), 0);  // counts the tokens
  const bool after_burst = s.pacer.after_burst();
  s.pacer.refill();
  s.tell_all_drops();
  nanoseconds pause = between_goodbyes;
  for (int i = 0; i < (s.sender->traits().lossy ? goodbyes : 1); ++i) {
    const auto now = steady_clock::now();
    if (i != 0) {
      std::this_thread::sleep_for(std::min(pause, left()));
      const bool longer = after_burst && goodbyes_of_all.left(now, all_goodbyes) > pause;
      goodbyes_of_all.spend(now, now + pause);
      if (longer) pause = std::min<nanoseconds>(2 * pause, after_burst_at_most);
      if (!longer) pause = between_goodbyes;
    }
    s.add_number(wire::frame_type::goodbye);
    s.queue.close(s.packing.packer);
    send_waiting(l, s);
    // One that finds no room is kept for it.
    while (s.blocked && left() > nanoseconds(0)) {
      s.sender->wait(std::min<nanoseconds>(longest_transport_wait, left()));
      s.blocked = false;
      send_waiting(l, s);
    }
    if (s.blocked) break;
  }
  linger_of_all.spend(began, steady_clock::now());
} catch (const std::bad_alloc&) {
  // Then the readers are not told.
}

// ---- fork

bool outbox::hold(time_point deadline) noexcept {
  if (!platform::lock_until(own_->mutex, deadline)) return false;
  while (own_->sending) {
    own_->mutex.unlock();
    if (steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(between_held_looks);
    if (!platform::lock_until(own_->mutex, deadline)) return false;
  }
  return true;
}

void outbox::release() noexcept { own_->mutex.unlock(); }

void outbox::begin_again(bool whole) noexcept {
  if (whole) own_->session.reset();  // the parent's: what was packed or queued is the parent's to send
  own_.renew();
}

}  // namespace mailslog
