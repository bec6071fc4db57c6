#include "send/outbox.hpp"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <limits>
#include <utility>

#include "platform/process.hpp"
#include "platform/thread.hpp"
#include "wire/datagram_frames.hpp"

namespace mailslog {
namespace {

using namespace std::chrono;

// What a receiver's buffer takes in one go, at least.
constexpr double least_burst = 128 * 1024;
// What a reader that prints each record takes for it on one processor: so much for its bytes, and so much besides. See docs/performance.md.
constexpr double reader_per_byte = 1e-9;     // seconds
constexpr double reader_per_record = 80e-9;
// For so long a receiver may not get a processor, though it has work: until the next tick of the system's clock.
constexpr double receiver_pause = 4e-3;  // seconds
// How long our thread looks after its work before it sleeps until it is woken, and says where a burst ended.
constexpr auto quiet = milliseconds(20);
constexpr auto longest_wait = milliseconds(10);
// For the transport. Among hundreds of writers that wait for one reader, to look more often costs more than it gains.
constexpr auto longest_transport_wait = milliseconds(60);
// How soon our thread tells again what the system did not take; a record that is written takes it along before.
constexpr auto between_refused_notices = seconds(1);
// A lost goodbye would hide that the last records were lost too.
constexpr int goodbyes = 12;
constexpr auto between_goodbyes = microseconds(500);
constexpr auto after_burst_at_most = milliseconds(16);  // after a long burst longer and longer, while buffers become empty

std::uint64_t wall_clock_ns() {
  return static_cast<std::uint64_t>(duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count());
}

}  // namespace

outbox::outbox(open_sender open, outbox_config config) : open_(std::move(open)), config_(std::move(config)) {
  auto& o = config_.options;
  for (auto* time : {&o.max_delay, &o.block_time, &o.linger}) *time = platform::bounded(*time);
  start_session();
  remember();
}

outbox::~outbox() {
  forget();
  lock l(mutex_);
  say_goodbye(l);
  stopping_ = true;
  conditions_->work.notify_all();
  auto thread = std::move(thread_);
  l.unlock();
  if (thread) thread->join();
}

// A sender of its own: in the beginning, and in a child.
void outbox::start_session() {
  sender_ = open_();
  const auto& wanted = config_.options.limit;
  const auto limit = std::min(wanted != 0 ? wanted : sender_->default_datagram(), sender_->max_datagram());
  wire::sender_frame who;
  who.started = wall_clock_ns();
  who.process = platform::process_id();
  who.host = config_.host;
  who.app = config_.app;
  const auto id = platform::random_id();
  for (auto* packer : {&packer_, &notices_}) {
    packer->emplace(config_.slot_tag, id, who, limit, sender_->datagrams_at_once(limit));
  }
  const auto buffer = static_cast<double>(sender_->receiver_buffer());
  burst_ = std::max(least_burst, buffer / 8);
  buffer_pace_ = buffer == 0 ? std::numeric_limits<double>::infinity() : buffer / receiver_pause;
  tokens_ = burst_;
}

// ---- taking records

std::error_code outbox::write(const record& r) noexcept try {
  const auto content = wire::full_content_size(r);
  const bool too_large = content.total > max_record_size || r.attributes.size() > wire::max_attributes;
  lock l(mutex_);
  if (!sender_) start_session();
  if (too_large) {
    drop(next_record_++, 1, wire::drop_reason::too_large);
    ensure_thread();  // to tell the readers, if no record follows
    return make_error_code(errc::record_too_large);
  }
  if (!admit(l, content)) {
    drop(next_record_++, 1, wire::drop_reason::queue_full);
    ensure_thread();
    return make_error_code(errc::queue_full);
  }

  const bool never_waits = config_.options.max_delay.count() == 0;
  bool begins_batch = packer_->empty();
  bool leaves_now = never_waits || r.level >= config_.options.flush_level;
  if (begins_batch) {
    // The clock costs as much as the rest of a record that leaves alone; as long as the pace needs none, the last time will do.
    oldest_ = never_waits && tokens_ > 0 ? last_sent_ : config_.clock();
    leaves_now = leaves_now || (queue_.empty() && !sending_ && oldest_ - last_sent_ >= config_.options.max_delay);
  }
  if (add(r, content)) {
    begins_batch = true;
    oldest_ = config_.clock();
  }
  ++stats_.written;
  if (leaves_now) hurry();
  // Not more than what this call has added: the rest is for whoever added it, and for our thread.
  if (waiting()) send_ready(l, 1, begins_batch ? oldest_ : config_.clock());
  if (!nothing_left()) ensure_thread();
  return {};
} catch (...) {  // no memory
  const lock l(mutex_);
  ++next_record_;
  ++stats_.dropped_queue;
  return make_error_code(errc::queue_full);
}

bool outbox::admit(lock& l, const wire::content_size& content) {
  const auto fits = [&] {
    const auto more = packer_->overflow_size(content);
    return more == 0 || has_room(more);
  };
  if (fits()) return true;
  // If it is not the transport that has no room, then only nobody has come to send; or another thread is just doing so, which
  // is no longer a wait than for any other lock.
  send_ready(l, 1);
  if (sending_ && !blocked_) conditions_->space.wait_for(l, longest_wait, [&] { return fits() || !sending_; });
  if (fits()) return true;
  switch (config_.options.overflow) {
    case overflow_policy::drop_newest: return false;
    case overflow_policy::drop_oldest:
      while (!queue_.empty() && !fits()) {
        drop_batch(queue_.front(), wire::drop_reason::queue_full);
        queued_bytes_ -= queue_.front().size;
        std::list<wire::batch> dropped;
        dropped.splice(dropped.end(), queue_, queue_.begin());
        recycle(dropped);
      }
      return true;
    case overflow_policy::block: break;
  }
  ensure_thread();
  return conditions_->space.wait_for(l, config_.options.block_time, fits);
}

// True if it did not fit the batch that had been begun.
bool outbox::add(const record& r, const wire::content_size& content) {
  tell_drops(false);
  provide_memory();
  bool began_another = false;
  while (!packer_->add(r, next_record_, content)) {
    close_batch();
    provide_memory();
    began_another = true;
  }
  ++next_record_;
  return began_another;
}

void outbox::provide_memory() {
  if (packer_->has_memory()) return;
  if (memory_.empty()) {
    packer_->begin(std::unique_ptr<std::uint8_t[]>(new std::uint8_t[packer_->batch_capacity()]));
  } else {
    packer_->begin(std::move(memory_.back()));
    memory_.pop_back();
  }
}

// All of them, or only what was dropped since the last record that was taken: what is older has its place in front of batches
// that are queued.
void outbox::tell_drops(bool all) {
  auto first = drops_.begin();
  if (!all) {
    first = drops_.end();
    for (auto next = next_record_; first != drops_.begin() && first[-1].first + first[-1].count == next; next = first->first) --first;
  }
  for (auto d = first; d != drops_.end(); ++d) {
    provide_memory();
    while (!packer_->add(*d)) {
      close_batch();
      provide_memory();
    }
  }
  drops_.erase(first, drops_.end());
}

// What was dropped in front of the batch that is next is told before it: readers learn the reason before they see the gap.
void outbox::tell_drops_before(const wire::batch& next) try {
  const auto end = std::find_if(drops_.begin(), drops_.end(),
                                [&](const wire::dropped_frame& d) { return d.first + d.count > next.first_record; });
  if (end == drops_.begin()) return;
  notices_->begin(std::unique_ptr<std::uint8_t[]>(new std::uint8_t[notices_->batch_capacity()]));
  auto told = drops_.begin();
  while (told != end && notices_->add(*told)) ++told;
  queue_.push_front(notices_->take());
  queued_bytes_ += queue_.front().size;
  drops_.erase(drops_.begin(), told);
} catch (const std::bad_alloc&) {
  // Then they learn it afterwards.
}

void outbox::add_number(wire::frame_type type) {
  provide_memory();
  while (!packer_->add_number(type, next_record_)) {
    close_batch();
    provide_memory();
  }
}

// What is packed leaves next: now, or when all that is queued has left. A batch has the memory of a full one, so none is ended
// only to wait behind others.
void outbox::hurry() {
  if (waiting()) {
    urgent_ = true;
  } else {
    close_batch();
  }
}

void outbox::close_batch() {
  urgent_ = false;
  if (packer_->empty()) return;
  if (spare_.empty()) spare_.emplace_back();
  spare_.front() = packer_->take();
  queued_bytes_ += spare_.front().size;
  queue_.splice(queue_.end(), spare_, spare_.begin());
}

void outbox::recycle(std::list<wire::batch>& done) {
  for (auto& b : done) memory_.push_back(std::move(b.bytes));
  spare_.splice(spare_.end(), done);
  conditions_->space.notify_all();
}

void outbox::drop(std::uint64_t first, std::uint64_t count, wire::drop_reason reason) {
  switch (reason) {
    case wire::drop_reason::queue_full: stats_.dropped_queue += count; break;
    case wire::drop_reason::send_failed: stats_.dropped_socket += count; break;
    case wire::drop_reason::too_large: stats_.dropped_too_large += count; break;
  }
  remember_to_tell({reason, first, count});
}

void outbox::remember_to_tell(const wire::dropped_frame& fresh) {
  constexpr std::size_t most_kept_apart = 64;  // as many as readers remember; more: the numbers stay right, not the reasons
  const auto after = std::upper_bound(drops_.begin(), drops_.end(), fresh.first,
                                      [](std::uint64_t number, const wire::dropped_frame& d) { return number < d.first; });
  if (after != drops_.begin()) {
    auto& before = after[-1];
    if (before.first + before.count == fresh.first && (before.reason == fresh.reason || drops_.size() >= most_kept_apart)) {
      before.count += fresh.count;
      return;
    }
  }
  drops_.insert(after, fresh);
}

// What a batch that is dropped itself would have said of earlier drops.
void outbox::take_back_notices(const wire::batch& b) noexcept try {
  wire::datagram_frames contents;
  for (std::size_t at = 0; at < b.size; at += packer_->limit()) {
    byte_view datagram{b.bytes.get() + at, std::min(packer_->limit(), b.size - at)};
    wire::header head;
    if (wire::decode(datagram, head) != wire::header_error::none || !contents.read(datagram)) continue;
    for (std::size_t i = 0; i < contents.size(); ++i) {
      if (contents[i].type == wire::frame_type::dropped) remember_to_tell(contents[i].dropped);
    }
  }
} catch (const std::bad_alloc&) {
  // Then readers take them for lost.
}

void outbox::drop_batch(const wire::batch& b, wire::drop_reason reason) {
  take_back_notices(b);
  // A large record may have been in the batch before this one, which was dropped too.
  const auto first = std::max(b.first_record, std::min(drops_counted_to_, b.end_record));
  if (first < b.end_record) drop(first, b.end_record - first, reason);
  drops_counted_to_ = std::max(drops_counted_to_, b.end_record);
}

// ---- sending

double outbox::pace() const noexcept {
  const auto& o = config_.options;
  if (o.pace != 0) return static_cast<double>(o.pace);
  const double safe_pace = std::min(buffer_pace_, full_pace_);
  if (o.overflow == overflow_policy::block) return safe_pace;
  // The fuller the queue, the faster: a record that a receiver may lose is better off than one that is dropped here for certain.
  const double filled = static_cast<double>(queued_bytes_) / static_cast<double>(std::max<std::size_t>(o.queue, 1));
  return safe_pace + (full_pace_ - safe_pace) * std::min(filled, 1.0);
}

// When what is waiting may leave.
outbox::time_point outbox::next_send() const noexcept {
  if (blocked_ || tokens_ > 0) return time_point::min();
  return tokens_at_ + duration_cast<nanoseconds>(duration<double>(-tokens_ / pace())) + microseconds(1);
}

bool outbox::may_send(time_point now) noexcept {
  if (blocked_) return false;
  if (!config_.lossy) return true;
  tokens_ = std::min(burst_, tokens_ + duration<double>(now - tokens_at_).count() * pace());
  tokens_at_ = now;
  return tokens_ > 0;  // a batch larger than what is left borrows from the future
}

void outbox::send_ready(lock& l, std::size_t most) { send_ready(l, most, config_.clock()); }

void outbox::send_ready(lock& l, std::size_t most, time_point now) {
  if (sending_) return;  // whoever is sending, or our thread, comes to ours
  sending_ = true;
  for (bool more = false; most != 0; --most, more = true) {
    if (!waiting() && urgent_) close_batch();
    if (!waiting()) break;
    if (more) now = config_.clock();
    if (!may_send(now)) break;
    if (in_flight_.empty()) {
      if (now >= tell_at_) tell_drops_before(queue_.front());
      in_flight_.splice(in_flight_.end(), queue_, queue_.begin());
      auto& next = in_flight_.front();
      wire::stamp(next, packer_->limit(), next_datagram_);
      next_datagram_ += next.datagrams;
      const auto size = static_cast<double>(next.size);
      const auto records = static_cast<double>(next.end_record - next.first_record);
      full_pace_ = size / (size * reader_per_byte + records * reader_per_record);
      tokens_ -= size;
    }
    auto& b = in_flight_.front();
    l.unlock();
    const auto result = sender_->send({b.bytes.get(), b.size}, packer_->limit());
    l.lock();
    last_sent_ = now;
    if (result.status == transport::send_status::would_block) {
      if (result.error) stats_.last_error = result.error;
      blocked_ = true;
      break;
    }
    finish(b, result);
  }
  sending_ = false;
  conditions_->space.notify_all();
}

void outbox::finish(wire::batch& b, const transport::send_result& r) {
  if (r.error) stats_.last_error = r.error;
  // Where some got it, those who did not will see for themselves.
  if (r.status == transport::send_status::failed && r.taken == 0) {
    drop_batch(b, wire::drop_reason::send_failed);
    if (b.first_record == b.end_record) tell_at_ = config_.clock() + between_refused_notices;
  } else {
    stats_.datagrams += b.datagrams;
    stats_.bytes += b.size;
    untold_end_ = true;
  }
  queued_bytes_ -= b.size;
  recycle(in_flight_);
}

void outbox::flush() noexcept try {
  lock l(mutex_);
  if (!sender_) return;
  hurry();
  send_ready(l, SIZE_MAX);
  if (!nothing_left()) ensure_thread();
} catch (...) {
  // No memory: what is packed stays packed.
}

bool outbox::flush(nanoseconds timeout) noexcept {
  flush();
  lock l(mutex_);
  return conditions_->space.wait_for(l, platform::bounded(timeout), [this] { return nothing_left() && !sending_; });
}

writer_stats outbox::stats() const noexcept {
  const lock l(mutex_);
  return stats_;
}

// ---- our thread

void outbox::ensure_thread() {
  if (!config_.own_thread || stopping_) return;
  if (!thread_) {
    try {
      thread_ = std::make_unique<std::thread>(platform::start_thread([this] { run(); }));
    } catch (const std::system_error& e) {
      stats_.last_error = e.code();  // the next record tries again, and sends what has waited
    }
    return;
  }
  if (waiting() && sending_) return;  // whoever is sending calls us when it is done
  const auto due = waiting() ? next_send() : urgent_ ? time_point::min() : oldest_ + config_.options.max_delay;
  if (due < thread_wakes_) {
    thread_wakes_ = due;
    conditions_->work.notify_one();
  }
}

void outbox::run() {
  lock l(mutex_);
  while (!stopping_) {
    const auto next = service(l);
    if (stopping_) break;
    thread_wakes_ = next.value_or(time_point::max());
    if (next) {
      conditions_->work.wait_until(l, *next);
    } else {
      conditions_->work.wait(l);
    }
    thread_wakes_ = time_point::min();
  }
}

std::optional<outbox::time_point> outbox::service() {
  lock l(mutex_);
  return service(l);
}

std::optional<outbox::time_point> outbox::service(lock& l) {
  const auto& delay = config_.options.max_delay;
  if (blocked_ && !sending_) {
    waiting_for_room_ = true;  // as long as it is blocked, nobody else sends
    l.unlock();
    sender_->wait(longest_transport_wait);
    l.lock();
    waiting_for_room_ = false;
    blocked_ = false;
    conditions_->space.notify_all();
  }
  auto now = config_.clock();
  if (!packer_->empty() && now - oldest_ >= delay) hurry();
  send_ready(l, SIZE_MAX);

  now = config_.clock();
  if (waiting()) return sending_ ? now + quiet : std::max(next_send(), now);
  if (!packer_->empty()) return oldest_ + delay;
  if (!drops_.empty()) {
    if (now < tell_at_) return tell_at_;
    tell_drops(true);
    oldest_ = now;
    return oldest_ + delay;
  }
  if (now - last_sent_ < quiet) return last_sent_ + quiet;
  if (config_.lossy && untold_end_) {
    // If the burst's last datagrams were lost, the readers learn it from this.
    add_number(wire::frame_type::progress);
    close_batch();
    send_ready(l, SIZE_MAX);
    untold_end_ = false;
  }
  return std::nullopt;
}

void outbox::say_goodbye(lock& l) {
  if (next_record_ == 0) return;
  l.unlock();
  flush(config_.options.linger);
  l.lock();
  conditions_->space.wait(l, [this] { return !sending_ && !waiting_for_room_; });
  // What is left now could not be sent in time. The readers are told so, if the system takes at least this.
  for (auto* left : {&in_flight_, &queue_}) {
    for (const auto& b : *left) drop_batch(b, wire::drop_reason::queue_full);
    left->clear();
  }
  queued_bytes_ = 0;
  sender_->abandon();
  blocked_ = false;
  (void)may_send(config_.clock());  // counts the tokens
  const bool after_burst = tokens_ < burst_ / 2;
  tokens_ = burst_;
  try {
    tell_drops(true);
    nanoseconds pause = between_goodbyes;
    for (int i = 0; i < (config_.lossy ? goodbyes : 1); ++i) {
      if (i != 0) std::this_thread::sleep_for(pause);
      if (i != 0 && after_burst) pause = std::min<nanoseconds>(2 * pause, after_burst_at_most);
      add_number(wire::frame_type::goodbye);
      close_batch();
      send_ready(l, SIZE_MAX);
    }
  } catch (const std::bad_alloc&) {
    // Then the readers are not told.
  }
}

// ---- fork

void outbox::before_fork() noexcept {
  mutex_.lock();
  while (sending_) {
    std::unique_lock<std::mutex> l(mutex_, std::adopt_lock);
    conditions_->space.wait_for(l, longest_wait);
    l.release();
  }
}

void outbox::after_fork_in_parent() noexcept { mutex_.unlock(); }

void outbox::after_fork_in_child() noexcept {
  // What the parent's threads may be waiting on cannot be destroyed; what they were cannot be joined.
  (void)conditions_.release();
  conditions_.reset(new conditions);
  (void)thread_.release();
  thread_wakes_ = time_point::min();

  queue_.clear();
  in_flight_.clear();
  queued_bytes_ = 0;
  packer_.reset();
  notices_.reset();
  sender_.reset();  // opened again, and a session begun, by the first record
  drops_.clear();
  drops_counted_to_ = 0;
  tell_at_ = {};
  next_record_ = 0;
  next_datagram_ = 0;
  stats_ = {};
  blocked_ = false;
  waiting_for_room_ = false;
  urgent_ = false;
  untold_end_ = false;
  last_sent_ = {};
  mutex_.unlock();
}

}  // namespace mailslog
