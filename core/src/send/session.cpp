#include "send/session.hpp"

#include <algorithm>
#include <cstdint>
#include <new>
#include <utility>

namespace mailslog {
namespace {

using namespace std::chrono;

// How soon we tell again what the system did not take; a record that is written takes it along before.
constexpr auto between_refused_notices = seconds(1);

bool has_records(const wire::batch& b) noexcept { return b.first_record != b.end_record; }

pacer pacer_for(const transport::datagram_sender& sender, const slot_options& o) {
  if (!sender.traits().lossy) return pacer();
  return pacer({sender.receiver_buffer(), o.pace, o.overflow != overflow_policy::block});
}

history::recorder recorder_for(const outbox_config& c, const identity& who) {
  return history::recorder(who.ring(c), c.slot.empty() ? 0 : c.options.history);
}

}  // namespace

session::session(std::unique_ptr<transport::datagram_sender> to, const outbox_config& c)
    : sender(std::move(to)),
      config(c),
      who_(c),
      packing{make_packer(SIZE_MAX)},
      queue(packing.packer.batch_capacity(), c.options.queue + 2 * packing.packer.batch_capacity()),
      pacer(pacer_for(*sender, c.options)),
      recorder(recorder_for(c, who_)),
      notices_{make_packer(SIZE_MAX)},
      end_(sender->traits().lossy) {}

std::size_t session::limit() const noexcept {
  const auto wanted = config.options.limit;
  return std::min(wanted != 0 ? wanted : sender->default_datagram(), sender->max_datagram());
}

wire::packer session::make_packer(std::size_t most_bytes) const {
  const auto limit = this->limit();
  return who_.packer(config, limit, std::min(sender->datagrams_at_once(limit), most_bytes / limit));
}

// A path has become narrower, or a reader has come that takes less: what is packed from now on is smaller. Blocks stay as they are.
void session::follow_limit() {
  const auto smaller = [this](wire::packer& p, wire::packer fresh) {
    if (p.has_memory()) fresh.begin(p.release());
    p = std::move(fresh);
  };
  auto next = make_packer(packing.packer.batch_capacity());
  auto next_notices = make_packer(packing.packer.batch_capacity());
  smaller(packing.packer, std::move(next));
  smaller(notices_.packer, std::move(next_notices));
}

// ---- records come in

bool session::has_room_for(const wire::content_size& content) const noexcept {
  const auto more = packing.packer.overflow_size(content);
  return more == 0 || queue.bytes() == 0 || queue.bytes() + more <= config.options.queue;
}

bool session::add(const record& r, const wire::content_size& content) {
  const bool begins = packing.packer.empty();
  if (begins && limit() < packing.packer.limit()) follow_limit();
  // Of a dropped record the last piece may be packed already: that drop is told before the batch.
  if (!drops.empty()) {
    auto tail = drops.tail(next_record);
    while (!begins && tail != drops.size() && drops[tail].first < packing.end_record) ++tail;
    tell(tail, drops.size());
  }
  queue.open(packing.packer);
  if (const auto more = packing.packer.prepare(content)) queue.reserve(more);
  // From here on nothing throws.
  const auto number = next_record++;
  bool begins_another = begins;
  while (!packing.packer.add(r, number, content)) {
    queue.close(packing.packer);
    queue.open(packing.packer);
    begins_another = true;
  }
  if (begins_another) packing.first_record = number;
  packing.end_record = next_record;
  ++stats.written;
  return begins_another && !begins;
}

bool session::join(const record& r, const wire::content_size& content) noexcept {
  if (packing.packer.empty() || waiting() || !drops.empty() || !packing.packer.fits(content)) return false;
  packing.packer.add(r, next_record, content);
  packing.end_record = ++next_record;
  ++stats.written;
  return true;
}

void session::lose(wire::drop_reason why, std::uint64_t records) noexcept {
  count({why, next_record, records});
  next_record += records;
}

void session::count(const drop_ledger::range& r) noexcept {
  switch (r.reason) {
    case wire::drop_reason::queue_full: stats.dropped_queue += r.count; break;
    case wire::drop_reason::send_failed: stats.dropped_socket += r.count; break;
    case wire::drop_reason::too_large: stats.dropped_too_large += r.count; break;
  }
  drops.add(r);
}

void session::drop(const outgoing& o, wire::drop_reason why) noexcept {
  for (const auto& n : o.notices) drops.add(n);
  const auto& b = o.datagrams;
  if (!has_records(b)) return;
  const bool flying = queue.flying();
  count(flying && &o == &queue.in_flight() ? drops.of_flying(b.first_record, b.end_record, why)
                                            : drops.of_next(b.first_record, b.end_record, why, flying));
}

void session::drop_oldest() noexcept {
  drop(queue.front(), wire::drop_reason::queue_full);
  queue.pop_front();
}

void session::drop_all() noexcept {
  queue.close(packing.packer);
  packing.urgent = false;
  if (queue.flying()) {
    drop(queue.in_flight(), wire::drop_reason::queue_full);
    landed();
  }
  while (!queue.empty()) drop_oldest();
}

// ---- what is told of drops

void session::tell(std::size_t from, std::size_t to) {
  for (; from != to; --to) {
    const auto d = drops[from];
    queue.open(packing.packer);
    queue.open_notices().push_back(d);
    while (!packing.packer.add(d)) {
      queue.open_notices().pop_back();
      queue.close(packing.packer);
      queue.open(packing.packer);
      queue.open_notices().push_back(d);
    }
    drops.erase(from, from + 1);
  }
}

void session::tell_all_drops() { tell(0, drops.size()); }

// What was dropped in front of the batch that is next is told before it: readers learn the reason before they see the gap. Of a
// dropped record the last pieces may be in that batch.
void session::tell_before(const outgoing& next) noexcept try {
  const auto end = has_records(next.datagrams) ? drops.up_to(next.datagrams.first_record) : 0;
  if (end == 0) return;
  std::vector<drop_ledger::range> told;
  told.reserve(end);
  auto first = queue.begin_first(notices_.packer);
  while (told.size() != end && notices_.packer.add(drops[told.size()])) told.push_back(drops[told.size()]);
  drops.erase(0, told.size());
  first.front().notices = std::move(told);
  queue.close_first(first, notices_.packer);
} catch (const std::bad_alloc&) {
  // Then they learn it afterwards.
}

void session::add_number(wire::frame_type type) {
  queue.open(packing.packer);
  while (!packing.packer.add_number(type, next_record)) {
    queue.close(packing.packer);
    queue.open(packing.packer);
  }
}

// ---- batches go out

double session::filled() const noexcept {
  return static_cast<double>(queue.bytes()) / static_cast<double>(std::max<std::size_t>(config.options.queue, 1));
}

bool session::has_left(std::uint64_t number) const noexcept {
  return (packing.packer.empty() || packing.first_record >= number) && !queue.holds_before(number);
}

// A batch has the memory of a full one, so none is ended only to wait behind others.
void session::hurry() noexcept {
  packing.urgent = waiting();
  if (!packing.urgent) queue.close(packing.packer);
}

const outgoing* session::first(time_point now) noexcept {
  notices_.refused = false;
  return next(now);
}

const outgoing* session::next(time_point now) noexcept {
  if (!waiting() && packing.urgent) hurry();
  if (!waiting() || blocked || !pacer.may_send(now, filled())) return nullptr;
  if (queue.flying()) return &queue.in_flight();  // again
  if (!drops.empty() && !notices_.refused) tell_before(queue.front());
  queue.fly();
  auto& next = queue.in_flight().datagrams;
  wire::stamp(next, next.datagram_size, next_datagram, who_.age_ms(now + config.slept()));
  // What leaves is complete now, and has its number: whoever seals or keeps it does so here.
  next_datagram += next.datagrams;
  pacer.sent(next.size, next.end_record - next.first_record);
  return &queue.in_flight();
}

bool session::sent(const transport::send_result& result, time_point now) noexcept {
  last_sent = now;
  if (result.error) stats.last_error = result.error;
  // For want of memory nothing was wrong with the datagrams. What some receivers have got, they will know again.
  const bool no_memory = result.status == transport::send_status::failed && result.error == std::errc::not_enough_memory;
  blocked = result.status == transport::send_status::would_block || (no_memory && result.taken == 0);
  if (blocked) return false;
  const auto& o = queue.in_flight();
  const auto& b = o.datagrams;
  // Taken by at least one receiver counts as sent; the others will see the gap.
  if (result.status == transport::send_status::failed && result.taken == 0) {
    drop(o, wire::drop_reason::send_failed);
    if (!has_records(b)) {
      notices_.again = config.clock() + between_refused_notices;
      notices_.refused = true;
    }
  } else {
    stats.datagrams += b.datagrams;
    stats.bytes += b.size;
    end_.left(next_datagram - b.datagrams, has_records(b));
  }
  landed();
  return true;
}

void session::landed() noexcept {
  drops.landed();
  queue.landed();
}

session::time_point session::due() const noexcept {
  if (waiting()) return blocked ? time_point::min() : pacer.next(filled());
  if (packing.urgent) return time_point::min();
  if (!packing.packer.empty()) return packing.begun + config.options.max_delay;
  if (!drops.empty()) return notices_.again;
  return end_.untold() ? end_.due() : time_point::max();
}

void session::look_after(time_point now) {
  if (!packing.packer.empty() && now - packing.begun >= config.options.max_delay) hurry();
  if (waiting() || !packing.packer.empty()) return;
  if (!drops.empty()) {
    if (now < notices_.again) return;
    packing.begun = now;
    packing.first_record = next_record;
    tell_all_drops();
    return;
  }
  if (!end_.untold() || !end_.reached(now, next_datagram)) return;
  add_number(wire::frame_type::progress);
  queue.close(packing.packer);
  end_.told_by(next_datagram);
}

}  // namespace mailslog
