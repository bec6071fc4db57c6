#include "receive/teller.hpp"

#include <new>
#include <utility>

namespace mailslog {

void teller::release_partial() {
  auto& s = *std::exchange(partial_of_, nullptr);
  s.records.partial.clear();
  senders_.account(s);
}

const event* teller::catch_up(sender& s, std::uint64_t number, std::uint64_t datagram) {
  auto& r = s.records;
  if (r.partial.active() && number >= r.partial.number()) {
    const auto end = r.partial.number() + 1;
    if (r.numbers.known() && r.numbers.next() < end) {
      if (const auto* e = recall(s, {r.numbers.next(), end, datagram})) {
        if (r.numbers.next() == end) r.partial.clear();  // it is whole there
        return e;
      }
    }
    if (const auto* e = partial(s)) return e;
  }
  if (!r.numbers.known()) r.numbers.begin_at(number, datagram);
  if (number <= r.numbers.next()) return nullptr;
  const record_numbers::absence absence{r.numbers.next(), number, datagram};
  if (const auto* e = recall(s, absence)) return e;
  return report(s, absence);
}

// The first of these records, or the gap before the first that is found; null if its sender remembers none.
const event* teller::recall(sender& s, const record_numbers::absence& a) {
  if (memory_ == nullptr) return nullptr;
  const auto* found = memory_->find(s.info.id, a.first, a.end);
  if (found == nullptr) return nullptr;
  if (found->number != a.first) return report(s, {a.first, found->number, a.datagram});
  auto r = *found;
  r.from = &s.info;
  r.from_history = true;
  s.records.numbers.took(r.number);
  s.records.numbers.be_certain();
  ++stats_.delivered;
  ++stats_.from_history;
  what_ = std::move(r);
  return &what_;
}

const event* teller::partial(sender& s) {
  partial_of_ = &s;  // its memory is needed until the next call
  received_record r;
  bool good = false;
  try {
    good = s.records.partial.get(r);
    if (!good) ++stats_.malformed;
  } catch (const std::bad_alloc&) {
    ++stats_.evicted;
  }
  if (!good) {
    release();  // then the record counts as missing
    return nullptr;
  }
  s.records.numbers.took(r.number);  // what is kept back is never cut
  r.from = &s.info;
  r.from_history = from_history_;
  ++(r.missing.empty() ? stats_.delivered : stats_.incomplete);
  what_ = std::move(r);
  return &what_;
}

const event* teller::report(sender& s, const record_numbers::absence& a) {
  gap g;
  g.from = &s.info;
  s.records.numbers.skip(a, g).add_to(stats_);
  what_ = g;
  return &what_;
}

const event* teller::dropped(sender& s) {
  auto& numbers = s.records.numbers;
  const auto dropped = numbers.dropped_last();
  if (!dropped) return nullptr;
  if (!numbers.known()) numbers.begin_at(dropped->first, dropped->datagram);
  if (const auto* e = recall(s, *dropped)) return e;
  return report(s, *dropped);
}

const event* teller::end(sender& s, std::uint64_t datagram) {
  auto& r = s.records;
  if (const auto* e = catch_up(s, r.ends->records, datagram)) return e;
  r.numbers.be_certain();
  what_ = ended{&s.info, r.ends->well, r.ends->records};
  r.ends.reset();
  return &what_;
}

const event* teller::foreign(byte_view bytes, const origin& came) {
  from_ = came.from.text();
  ++stats_.foreign;
  what_ = foreign_message{came.on_the_wall, from_, bytes.text(), came.from.claimed_name.data()};
  return &what_;
}

}  // namespace mailslog
