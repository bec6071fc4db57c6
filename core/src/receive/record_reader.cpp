#include <mailslog/record_reader.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "receive/inbox.hpp"
#include "receive/receiver_group.hpp"
#include "platform/process.hpp"
#include "platform/thread.hpp"
#include "transport/open.hpp"
#include "transport/udp/udp.hpp"

namespace mailslog {
namespace {

using namespace std::chrono;
using transport::receive_buffer;

timestamp wall_clock() { return time_point_cast<nanoseconds>(system_clock::now()); }

// Of `max_memory`: for what waits to be put in order or together, and as much again for what nobody has looked at yet. The rest
// is for what is being looked at, and for the program.
std::size_t share(const address& at) { return at.options().max_memory / 8 * 3; }

inbox_config config_for(const address& at) {
  inbox_config c;
  c.slot_tag = wire::slot_tag(at.name());
  // Nothing overtakes on this machine: what is missing there is lost.
  const bool this_machine = at.scope() == slot_scope::local && !at.classic();
  c.reorder_wait = this_machine ? nanoseconds(0) : std::min<nanoseconds>(at.options().reorder_wait, hours(1));
  c.max_memory = share(at);
  c.opened = wall_clock();
  c.host = platform::host_name();
  return c;
}

}  // namespace

struct MAILSLOG_HIDDEN record_reader::impl {
  explicit impl(const address& at)
      : in(open_receivers(at, 0)),
        box(config_for(at)),
        relay(at.options().port),
        max_queue(std::max<std::size_t>(share(at) / receive_buffer::footprint(), 2)) {
    thread = platform::start_thread([this] { drain(); });
  }
  ~impl() {
    close();
    platform::join(thread, owner);
  }

  void close() noexcept {
    in.close();
    if (platform::process_id() != owner) return;  // our thread, not there after a fork, may have left the mutex locked
    const std::lock_guard lock(mutex);
    changed.notify_all();
  }

  void drain();
  std::unique_ptr<receive_buffer> next_to_fill();
  void publish(std::unique_ptr<receive_buffer> filled);
  bool take_buffer();

  receiver_group in;
  inbox box;  // made when the slot is open: what was posted before was not for us
  transport::loopback_relay relay;
  const std::size_t max_queue;
  const std::uint64_t owner = platform::process_id();

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::unique_ptr<receive_buffer>> queue;  // filled, the oldest first
  std::vector<std::unique_ptr<receive_buffer>> spare;
  std::atomic<std::size_t> queued{0};                 // size of `queue`
  std::thread thread;

  // The reading thread's.
  std::unique_ptr<receive_buffer> current;
  std::size_t next_arrival = 0;
  steady_clock::time_point now = steady_clock::now();
  timestamp arrived{};
};

// All that the draining thread does. When the queue is full it stops, and what more arrives is the system's to keep, to refuse
// or to drop.
void record_reader::impl::drain() {
  while (!in.closed()) {
    in.wait(seconds(1));  // without a buffer: what is in it could not be read meanwhile
    auto buffer = next_to_fill();
    if (!buffer) return;
    in.receive(*buffer);
    publish(std::move(buffer));
  }
}

std::unique_ptr<receive_buffer> record_reader::impl::next_to_fill() {
  std::unique_lock lock(mutex);
  changed.wait(lock, [this] { return in.closed() || queue.size() < max_queue || !queue.back()->full(); });
  if (in.closed()) return nullptr;
  // Goes on with the last one that nobody has taken, so that small datagrams do not take a buffer each.
  if (!queue.empty() && !queue.back()->full()) {
    auto buffer = std::move(queue.back());
    queue.pop_back();
    queued = queue.size();
    return buffer;
  }
  if (spare.empty()) return std::make_unique<receive_buffer>();
  auto buffer = std::move(spare.back());
  spare.pop_back();
  return buffer;
}

void record_reader::impl::publish(std::unique_ptr<receive_buffer> filled) {
  const std::lock_guard lock(mutex);
  if (filled->arrivals().empty()) {
    spare.push_back(std::move(filled));
    return;
  }
  queue.push_back(std::move(filled));
  queued = queue.size();
  changed.notify_all();
}

// True if there is one, which is `current` then.
bool record_reader::impl::take_buffer() {
  const std::lock_guard lock(mutex);
  constexpr std::size_t max_spare = 4;
  if (current) {
    current->clear();
    if (spare.size() < max_spare) spare.push_back(std::move(current));
    current.reset();
  }
  next_arrival = 0;
  if (queue.empty()) return false;
  current = std::move(queue.front());
  queue.pop_front();
  queued = queue.size();
  changed.notify_all();
  return true;
}

record_reader::record_reader(const address& where) : impl_(std::make_unique<impl>(where)) {}
record_reader::record_reader(record_reader&&) noexcept = default;
record_reader& record_reader::operator=(record_reader&&) noexcept = default;
record_reader::~record_reader() = default;

const event* record_reader::next_event(nanoseconds timeout) {
  auto& i = *impl_;
  std::optional<steady_clock::time_point> end;  // asking the clock for every record would cost as much as decoding it
  for (;;) {
    if (const auto* e = i.box.next(i.now)) return e;
    if (i.current && i.next_arrival < i.current->arrivals().size()) {
      const auto& a = i.current->arrivals()[i.next_arrival++];
      const auto other_slot = i.box.put(a.bytes, a.from, i.now, i.arrived);
      if (other_slot && a.unicast) i.relay.send(*other_slot, a.bytes);
      continue;
    }
    if (i.in.closed()) return nullptr;
    const bool more = i.take_buffer();
    i.now = steady_clock::now();
    if (more) {
      i.arrived = wall_clock();
      continue;
    }
    if (!end) end = i.now + platform::bounded(timeout);
    const auto due = i.box.deadline();
    if (due && *due <= i.now) continue;
    if (i.now >= *end) return nullptr;
    std::unique_lock lock(i.mutex);
    i.changed.wait_until(lock, std::min(*end, due.value_or(*end)), [&i] { return !i.queue.empty() || i.in.closed(); });
  }
}

const received_record* record_reader::next(nanoseconds timeout) {
  std::optional<steady_clock::time_point> end;
  for (;;) {
    const auto* e = next_event(end ? std::max<nanoseconds>(*end - steady_clock::now(), nanoseconds(0)) : timeout);
    if (e == nullptr) return nullptr;
    if (const auto* r = std::get_if<received_record>(e)) return r;
    if (!end) end = platform::deadline(timeout);
  }
}

bool record_reader::idle() const noexcept {
  const auto& i = *impl_;
  return i.queued == 0 && (!i.current || i.next_arrival == i.current->arrivals().size());
}

reader_stats record_reader::stats() const {
  auto s = impl_->box.stats();
  s.dropped_by_kernel = impl_->in.dropped();
  const auto other = impl_->in.not_for_us();
  s.malformed += other.malformed;
  s.other_slot += other.other_slot;
  s.repeated += other.repeated;
  return s;
}

void record_reader::close() noexcept { impl_->close(); }
bool record_reader::closed() const noexcept { return impl_->in.closed(); }

}  // namespace mailslog
