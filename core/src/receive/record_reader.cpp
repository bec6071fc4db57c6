#include <mailslog/record_reader.hpp>

#include <algorithm>
#include <new>
#include <optional>
#include <utility>

#include "platform/process.hpp"
#include "platform/thread.hpp"
#include "receive/inbox.hpp"
#include "receive/past.hpp"
#include "receive/receive_pump.hpp"
#include "second_try.hpp"
#include "transport/open.hpp"
#include "transport/udp/udp.hpp"

namespace mailslog {
namespace {

using namespace std::chrono;

// What has arrived may fill the system's buffers without end. So much later, time goes on though they never were empty: whoever fills them
// that fast fills them anew in less, and what other senders sent must not wait for as long as he goes on.
constexpr auto longest_backlog = milliseconds(200);

// Until memory is asked for again that was not to be had.
constexpr auto without_memory_wait = milliseconds(20);

std::size_t share(const address& at) { return reader_memory_share(at.options().max_memory); }

// A crash is told within a second.
constexpr auto between_looks_at_rings = milliseconds(400);
// Ten thousand writers are looked at less often, or it would cost more than a few hundredths of a processor; but on a busy machine looking
// takes long for others' sake.
constexpr int looks_share = 40;
constexpr auto most_between_looks_at_rings = milliseconds(900);

inbox_config inbox_config_for(const address& at, bool ordered, record_source& memory) {
  inbox_config c;
  c.memory = &memory;
  c.slot_tag = wire::slot_tag(at.name());
  // Where nothing overtakes, what is missing is lost.
  c.reorder_wait = ordered ? nanoseconds(0) : std::min<nanoseconds>(at.options().reorder_wait, hours(1));
  c.strangers = !ordered;  // whoever may post to a local slot is trusted
  c.max_memory = share(at);
  c.opened = steady_clock::now();
  c.slept = platform::slept();
  c.host = platform::host_name();
  c.seed = platform::random_id();
  return c;
}

}  // namespace

struct MAILSLOG_HIDDEN record_reader::impl {
  impl(const address& at, const history_request& wanted)
      : memory(at, wire::slot_tag(at.name())),
        pump(open_receivers(at, 0), share(at)),
        box(inbox_config_for(at, pump.receivers().ordered(), memory)),
        relay(at.options().port),
        went_back(wanted.last != 0) {
    memory.ask(wanted);
    if (!went_back) know_who_is_there();
  }

  const event* next_of_history();
  void know_who_is_there();
  void look_at_rings(steady_clock::time_point now);
  bool tell_ends();

  bool look_at_datagram();
  bool take_load();
  bool fetch(steady_clock::time_point now);
  bool due(steady_clock::time_point now) const {
    const auto at = box.deadline();
    return at && *at <= now;
  }
  // When there is something to do though nothing arrives.
  steady_clock::time_point deadline() const { return std::min(box.deadline().value_or(next_look), next_look); }

  past memory;  // made before the slot is open: what is logged from now on is ours
  receive_pump pump;
  inbox box;  // made when the slot is open: what was posted before was not for us
  transport::loopback_relay relay;
  const receive_pump::load* current = nullptr;
  std::size_t next_arrival = 0;
  bool ended = false;  // closed, and the inbox has been told
  bool went_back;      // history was asked for
  std::uint64_t from_history = 0;  // records of it
  std::uint64_t kept_back = 0;     // the same, that were not sent
  std::vector<past::end> ends;           // that are to be told when what those senders sent has been taken
  steady_clock::time_point ends_seen{};  // when the last of them was found
  std::uint64_t bytes_at_end = 0;        // received until then
  steady_clock::time_point emptied = steady_clock::now();  // the system's buffers, last
  steady_clock::time_point next_look = steady_clock::now() + between_looks_at_rings;
  steady_clock::time_point settled = steady_clock::now();  // what arrived until then has been looked at
};

void record_reader::deleter::operator()(impl* i) const noexcept { discard(i); }

// The next datagram of the current load, if it has one.
bool record_reader::impl::look_at_datagram() {
  if (current == nullptr || next_arrival == current->buffer.arrivals().size()) return false;
  const auto& a = current->buffer.arrivals()[next_arrival++];
  const auto other_slot = with_second_try([&] { return box.put(a.bytes, a.from, current->received, current->arrived, current->slept); });
  if (other_slot && a.unicast) relay.send(*other_slot, a.bytes);
  return true;
}

bool record_reader::impl::take_load() {
  if (current != nullptr) {
    settled = std::max(settled, current->emptied ? current->received : current->received - longest_backlog);
    if (current->emptied) emptied = std::max(emptied, current->received);
  }
  current = pump.next();
  next_arrival = 0;
  return current != nullptr;
}

// False if there is no memory for it. What has come is still there.
bool record_reader::impl::fetch(steady_clock::time_point now) {
  try {
    if (pump.fetch(now) == 0) settled = emptied = std::max(settled, now);
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

const event* record_reader::impl::next_of_history() try {
  const auto* e = memory.next();
  if (e == nullptr) know_who_is_there();
  if (const auto* r = e != nullptr ? std::get_if<received_record>(e) : nullptr) ++(r->kept_back != 0 ? kept_back : from_history);
  return e;
} catch (const std::bad_alloc&) {
  box.skip();
  return nullptr;
}

void record_reader::impl::know_who_is_there() {
  for (const auto& s : with_second_try([this] { return memory.take_standings(); })) {
    with_second_try([&] { box.stand(s.who, s.next, s.if_seen && !went_back, went_back); });
  }
}

void record_reader::impl::look_at_rings(steady_clock::time_point now) {
  next_look = now + between_looks_at_rings;
  std::vector<past::standing> come;
  std::vector<past::end> ended_ones;
  memory.look(come, ended_ones);
  const auto wait = looks_share * (steady_clock::now() - now);
  next_look = std::max(next_look, now + std::min<nanoseconds>(wait, most_between_looks_at_rings));
  for (const auto& s : come) with_second_try([&] { box.stand(s.who, s.next, s.if_seen, true); });
  if (ended_ones.empty()) return;
  with_second_try([&] { ends.insert(ends.end(), ended_ones.begin(), ended_ones.end()); });
  ends_seen = steady_clock::now();
  bytes_at_end = box.stats().bytes;
}

// What they sent may lie in the system's buffers: only then is it known what is missing, and others' records that came before stay before. If
// strangers keep these full for ever, that is not waited for. True if something was told.
bool record_reader::impl::tell_ends() {
  constexpr std::uint64_t most_waiting = std::uint64_t{128} * 1024 * 1024;  // bytes, in our memory and the system's
  if (ends.empty() || (emptied < ends_seen && box.stats().bytes - bytes_at_end < most_waiting)) return false;
  for (; !ends.empty(); ends.pop_back()) {
    const auto& e = ends.back();
    with_second_try([&] { box.finish(e.at.who, e.at.next, e.well, e.at.if_seen); });
  }
  return true;
}

record_reader::record_reader(const address& where, const history_request& past) : impl_(new impl(where, past)) {}
record_reader::record_reader(record_reader&&) noexcept = default;
record_reader& record_reader::operator=(record_reader&&) noexcept = default;
record_reader::~record_reader() = default;

const event* record_reader::next_event(nanoseconds timeout) {
  auto& i = *impl_;
  std::optional<steady_clock::time_point> end;  // asking the clock for every record would cost as much as decoding it
  while (i.memory.asked() && !i.pump.closed()) {
    if (const auto* e = i.next_of_history()) return e;
  }
  for (;;) {
    try {
      if (const auto* e = i.box.next(i.settled)) return e;
      if (i.look_at_datagram()) continue;
    } catch (const std::bad_alloc&) {
      i.box.skip();
      continue;
    }
    if (i.pump.closed()) {
      if (std::exchange(i.ended, true)) return nullptr;
      try {
        with_second_try([&i] { i.box.end(); });
      } catch (const std::bad_alloc&) {
        i.box.skip();
      }
      continue;
    }
    const bool more = i.take_load();
    auto now = steady_clock::now();
    const bool first_look = !end;
    if (first_look) end = now + platform::bounded(timeout);
    if (!i.ends.empty()) {
      if (!more && i.fetch(now) && i.pump.ready()) continue;
      try {
        if (i.tell_ends()) continue;
      } catch (const std::bad_alloc&) {
        i.box.skip();
      }
    }
    if (now >= i.next_look) {
      // First what had come by itself; unless that does not end.
      if (!more && i.fetch(now) && i.pump.ready()) continue;
      if (!more || now >= i.next_look + longest_backlog) {
        try {
          i.look_at_rings(now);
        } catch (const std::bad_alloc&) {
          i.box.skip();
        }
        if (!more) continue;
      }
    }
    if (more) {
      // Datagrams of which nothing comes may arrive without end.
      if (!first_look && now >= *end) return nullptr;
      continue;
    }
    // What lies in the system's buffers may be just what is missing: this process, or its thread, may have been stopped.
    const bool due = i.due(now);
    if (due && i.fetch(now)) continue;
    if (now >= *end) return nullptr;
    i.pump.wait_until(std::min(*end, due ? now + without_memory_wait : i.deadline()));
  }
}

const received_record* record_reader::next(nanoseconds timeout) {
  std::optional<steady_clock::time_point> end;
  auto left = timeout;
  for (;;) {
    const auto* e = next_event(left);
    if (e == nullptr) return nullptr;
    if (const auto* r = std::get_if<received_record>(e)) return r;
    const auto now = steady_clock::now();
    if (!end) end = now + platform::bounded(timeout);
    if (now > *end) return nullptr;
    left = *end - now;
  }
}

bool record_reader::idle() const noexcept {
  const auto& i = *impl_;
  return !i.memory.asked() && !i.pump.ready() && !i.box.has_more() && (i.current == nullptr || i.next_arrival == i.current->buffer.arrivals().size());
}

bool record_reader::expecting() const noexcept { return impl_->box.deadline().has_value(); }

bool record_reader::in_history() const noexcept { return impl_->memory.asked() && !impl_->pump.closed(); }

reader_stats record_reader::stats() const {
  auto s = impl_->box.stats();
  s.delivered += impl_->from_history;
  s.from_history += impl_->from_history;
  s.kept_back = impl_->kept_back;
  s.rings_refused = impl_->memory.refused();
  s.missing += impl_->memory.overwritten();
  const auto& in = impl_->pump.receivers();
  s.dropped_by_kernel = in.dropped();
  s.oversized = in.oversized();
  const auto other = in.not_for_us();
  s.malformed += other.malformed;
  s.other_slot += other.other_slot;
  s.repeated += other.repeated;
  return s;
}

history_findings record_reader::findings() const { return impl_->memory.findings(); }

void record_reader::close() noexcept { impl_->pump.close(); }
bool record_reader::closed() const noexcept { return impl_->pump.closed(); }

bool wait_any(const std::vector<record_reader*>& readers, nanoseconds timeout) {
  const auto end = platform::deadline(timeout);
  const auto to_be_asked = [&] {
    const auto now = steady_clock::now();
    return std::any_of(readers.begin(), readers.end(),
                       [&](const record_reader* r) { return r->closed() || !r->idle() || r->impl_->box.busy() || r->impl_->due(now) ||
                                               !r->impl_->ends.empty() || r->impl_->next_look <= now; });
  };
  // A wait may end a little before its time.
  while (!to_be_asked()) {
    if (steady_clock::now() >= end) return false;
    auto until = end;
    for (const auto* r : readers) until = std::min(until, r->impl_->deadline());
    bell ready;
    for (auto* r : readers) r->impl_->pump.ring_when_ready(&ready);
    ready.wait_until(until);
    for (auto* r : readers) r->impl_->pump.ring_when_ready(nullptr);
  }
  return true;
}

reader_stats& operator+=(reader_stats& sum, const reader_stats& s) noexcept {
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
  sum.unconfirmed += s.unconfirmed;
  sum.oversized += s.oversized;
  sum.evicted += s.evicted;
  sum.dropped_by_kernel += s.dropped_by_kernel;
  sum.datagrams += s.datagrams;
  sum.bytes += s.bytes;
  sum.senders += s.senders;
  sum.from_history += s.from_history;
  sum.kept_back += s.kept_back;
  sum.rings_refused += s.rings_refused;
  return sum;
}

}  // namespace mailslog
