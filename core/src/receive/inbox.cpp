#include "receive/inbox.hpp"

#include <algorithm>
#include <new>

#include "second_try.hpp"

namespace mailslog {
namespace {

using namespace std::chrono;

constexpr std::size_t max_sender_name = 255;     // bytes kept of a host's or a program's name
constexpr unsigned sender_share = 8;      // one sender's datagrams may wait in one part in so many of the memory

std::uint64_t distance(std::uint64_t a, std::uint64_t b) { return a < b ? b - a : a - b; }

}  // namespace

inbox::inbox(inbox_config config)
    : config_(std::move(config)),
      demux_(config_.slot_tag),
      senders_(config_.max_senders, config_.max_memory, config_.seed),
      known_since_(config_.opened + config_.slept) {}

// ---- datagrams

std::optional<std::uint32_t> inbox::put(byte_view datagram, const platform::endpoint& from, time_point now, timestamp arrived,
                                        nanoseconds slept) {
  current_ = nullptr;
  datagram_.came = {from, now, arrived, now + slept};
  latest_ = now + slept;

  const auto d = demux_.look_at(datagram);
  if (d.kind != demux::kind::ours) {
    count(datagram);
    switch (d.kind) {
      case demux::kind::foreign: foreign_bytes_ = datagram; break;
      case demux::kind::other_version: ++stats_.other_version; break;
      default: ++stats_.other_slot; return d.header.slot_tag;
    }
    return std::nullopt;
  }
  if (!frames_.read(datagram)) {
    count(datagram);
    ++stats_.malformed;
    return std::nullopt;
  }

  bool whole = false;
  auto& s = find_sender(d.header, whole);
  const auto verdict = s.datagrams.put(d.header.number, datagram, datagram_.came, patience(s), whole);
  // From here on nothing throws.
  count(datagram);
  switch (verdict) {
    case datagram_order::verdict::next: open(s, d.header.number, datagram); break;  // the usual case: nothing is copied
    case datagram_order::verdict::late: ++stats_.late; break;
    case datagram_order::verdict::repeated: ++stats_.repeated; break;
    case datagram_order::verdict::held:
      current_ = &s;  // it may have filled a hole
      at_ = frames_.size();
      senders_.account(s);
      press();
      break;
  }
  return std::nullopt;
}

void inbox::count(byte_view datagram) noexcept {
  ++stats_.datagrams;
  stats_.bytes += datagram.size;
}

sender& inbox::find_sender(const wire::header& h, bool& whole) {
  auto* known = senders_.find(h.sender);
  if (known != nullptr && !known->datagrams.contradicts(h.number)) return *known;
  if (known != nullptr) {
    ++stats_.unconfirmed;  // the one that was believed
    if (known->datagrams.take_back()) return *known;
    known->records.numbers.told().take_from(stats_);
    senders_.forget(*known);
  }
  auto& s = senders_.add(h.sender);
  if (known == nullptr) ++stats_.senders;
  whole = frames_.sender() && began_after_us(*frames_.sender());
  if (auto* old = senders_.surplus()) {
    // Of what it sends from now on, nobody will know what came before, and what is missing in between.
    if (!old->datagrams.empty() || (old->records.numbers.known() && !old->records.over)) ++stats_.evicted;
    old->pressed = old->leaving = true;
    senders_.schedule(*old, time_point::min());
  }
  return s;
}

// Then nothing of it has passed us by, and it was not forgotten either.
bool inbox::began_after_us(const wire::sender_frame& who) const {
  if (datagram_.came.with_sleep < known_since_) return false;
  const auto here = static_cast<std::uint64_t>(nanoseconds(datagram_.came.with_sleep - known_since_).count());
  // Both ends of it by our own clock on the wall, which may have been set in between: then it says nothing.
  const auto on_the_wall = static_cast<std::uint64_t>(datagram_.came.on_the_wall.time_since_epoch().count());
  const bool same_host = who.host == config_.host;
  const bool after_by_wall = who.started <= on_the_wall && on_the_wall - who.started <= here;
  if (!who.age_ms) return same_host && after_by_wall;
  const auto age = std::uint64_t{*who.age_ms} * 1'000'000;  // rounded down
  return *who.age_ms != wire::max_age_ms && (age + 1'000'000 <= here || (same_host && after_by_wall && age <= here));
}

// Stays within the bounds: who holds most gives it up first, so that a sender that behaves loses nothing for one that does not. What
// came is shown, with its holes.
void inbox::press() noexcept try {
  if (pressing_ || !senders_.too_full()) return;
  for (auto* s : senders_.fattest()) {
    senders_.schedule(*s, time_point::min());
    ++stats_.evicted;
    s->pressed = pressing_ = true;
  }
} catch (const std::bad_alloc&) {
  // Then with the next datagram.
}

datagram_order::patience inbox::patience(const sender& s) const {
  return {config_.reorder_wait, config_.max_memory / sender_share, s.pressed || ended_};
}

void inbox::open(sender& s, std::uint64_t number, byte_view datagram) noexcept {
  current_ = &s;
  at_ = 0;
  datagram_.bytes = datagram;
  datagram_.number = number;
  s.records.numbers.looking_at(number);
  try {
    if (frames_.sender() && !s.introduced) with_second_try([&] { introduce(s, *frames_.sender()); });
    // They may stand behind the records after the gap that they explain.
    for (std::size_t i = 0; i < frames_.size(); ++i) {
      if (frames_[i].type != wire::frame_type::dropped) continue;
      if (with_second_try([&] { return s.records.numbers.note(frames_[i].dropped, number); })) s.records.noticed = datagram_.came.at;
    }
  } catch (const std::bad_alloc&) {
    ++stats_.evicted;
  }
}

void inbox::introduce(sender& s, const wire::sender_frame& who) {
  s.info.host = who.host.substr(0, max_sender_name);
  s.info.app = who.app.substr(0, max_sender_name);
  s.info.process = who.process;
  s.introduced = true;
  senders_.account(s);
  if (!s.records.numbers.known() && began_after_us(who)) s.records.numbers.begin_at(0);
}

// ---- events

const event* inbox::next(time_point now) {
  release_partial();
  if (foreign_bytes_) {
    const auto bytes = *foreign_bytes_;
    foreign_bytes_.reset();
    return foreign(bytes);
  }
  const event* e = nullptr;
  do {
    while (current_ != nullptr && at_ < frames_.size()) {
      if (show(frames_[at_], e) == outcome::done) ++at_;
      if (e != nullptr) return e;
    }
  } while (go_on(now, e));
  if (e == nullptr) current_ = nullptr;
  return e;
}

// What is due besides the frames of the datagram. True if there are frames again; `e` may be an event.
bool inbox::go_on(time_point now, const event*& e) {
  if (current_ != nullptr && go_on_with(*current_, now, e)) return e == nullptr;
  while (auto* s = senders_.due(now)) {
    current_ = s;
    if (go_on_with(*s, now, e)) return e == nullptr;
  }
  current_ = nullptr;
  pressing_ = false;
  return false;
}

// True if there is something to go through, or an event. Afterwards nothing of this sender is due.
bool inbox::go_on_with(sender& s, time_point now, const event*& e) {
  at_ = frames_.size();
  if (resume(s)) return true;
  if (auto held = s.datagrams.take(now, patience(s), stats_.unconfirmed)) {
    datagram_.memory = std::move(held->bytes);
    datagram_.came = held->came;
    const byte_view bytes(datagram_.memory.data(), datagram_.memory.size());
    at_ = SIZE_MAX;  // should there be no memory
    with_second_try([&] { frames_.read(bytes); });  // was judged when it came
    open(s, held->number, bytes);
    return true;
  }
  auto& r = s.records;
  const bool over = s.pressed || ended_;
  if (r.doubt && (over || r.doubt->came.at + confirmation_wait <= now)) {  // nothing has contradicted it
    r.numbers.believe(r.doubt->number);
    r.resume = std::move(r.doubt);
    r.doubt.reset();
    return resume(s);
  }
  if (r.partial.active() && (over || r.continued + config_.unfinished_wait <= now)) {
    if ((e = give_partial()) != nullptr) return true;
  }
  if (r.noticed && !r.partial.active() && (over || *r.noticed + config_.unfinished_wait <= now)) {
    if ((e = tell_dropped()) != nullptr) return true;
    r.noticed.reset();
  }
  if (r.ends) {
    if ((e = catch_up(r.ends->records)) != nullptr) return true;
    r.numbers.be_certain();
    given_.what = ended{&s.info, r.ends->well, r.ends->records};
    r.ends.reset();
    e = &given_.what;
    return true;
  }
  if (s.leaving) {
    known_since_ = std::max(known_since_, latest_ + nanoseconds(1));
    senders_.forget(s);
    current_ = nullptr;
    return false;
  }
  if (s.pressed) {
    s.pressed = false;
    s.datagrams.shrink();
    r.shrink();
  }
  senders_.account(s);
  senders_.schedule_after(now, s, due(s));
  return false;
}

// The datagram that confirmed another one goes on after that one.
bool inbox::resume(sender& s) {
  if (!s.records.resume) return false;
  auto& d = *s.records.resume;
  datagram_.memory = std::move(d.bytes);
  datagram_.bytes = {datagram_.memory.data(), datagram_.memory.size()};
  datagram_.number = d.datagram;
  datagram_.came = d.came;
  const auto frame = d.frame;
  s.records.resume.reset();
  at_ = SIZE_MAX;  // should there be no memory
  with_second_try([&] { frames_.read(datagram_.bytes); });
  at_ = frame;
  return true;
}

std::optional<inbox::time_point> inbox::due(const sender& s) const {
  auto first = s.pressed ? time_point::min() : time_point::max();
  const auto& r = s.records;
  if (const auto d = s.datagrams.due(patience(s))) first = std::min(first, *d);
  if (r.doubt) first = std::min(first, r.doubt->came.at + confirmation_wait);
  if (r.partial.active()) first = std::min(first, r.continued + config_.unfinished_wait);
  if (r.noticed && !r.partial.active()) first = std::min(first, *r.noticed + config_.unfinished_wait);
  if (r.ends) first = time_point::min();
  if (first == time_point::max()) return std::nullopt;
  return first;
}

void inbox::end() {
  ended_ = true;
  senders_.for_each([this](sender& s) {
    if (due(s)) senders_.schedule(s, time_point::min());
  });
}

void inbox::skip() noexcept {
  ++stats_.evicted;
  foreign_bytes_.reset();
  if (current_ != nullptr && at_ < frames_.size()) ++at_;
}

inbox::outcome inbox::show(wire::decoded_frame& f, const event*& e) {
  auto& s = *current_;
  auto& numbers = s.records.numbers;
  switch (f.type) {
    case wire::frame_type::record: {
      auto& r = std::get<received_record>(f.what);
      if (numbers.in_question() || s.records.doubt) weigh(r.number);
      if (r.number != numbers.next() || !numbers.known() || s.records.partial.active()) {
        if (!may_catch_up(r.number)) return outcome::again;
        if ((e = catch_up(r.number)) != nullptr) return outcome::again;
        if (r.number < numbers.next()) return outcome::done;
      }
      r.kept_back = std::exchange(s.records.kept_back, 0);
      if (r.kept_back == 0) numbers.took(r.number);
      s.records.over = false;
      r.from = &s.info;
      r.from_history = config_.from_history;
      ++stats_.delivered;
      e = &f.what;
      return outcome::done;
    }
    case wire::frame_type::fragment:
      weigh(f.fragment.number);
      // The rest of a record that began before we came, or whose beginning is lost: then it will count as missing.
      if (!numbers.known() && f.fragment.offset != 0) return outcome::done;
      if (!s.records.partial.active() || f.fragment.number != s.records.partial.number()) {
        if (!may_catch_up(f.fragment.number)) return outcome::again;
        if ((e = catch_up(f.fragment.number)) != nullptr) return outcome::again;
      }
      e = take_fragment(f.fragment);
      return outcome::done;
    case wire::frame_type::progress:
    case wire::frame_type::goodbye:
      weigh(f.number);
      if (!may_catch_up(f.number)) return outcome::again;
      if ((e = catch_up(f.number)) != nullptr) return outcome::again;
      s.records.over = f.type == wire::frame_type::goodbye;
      return outcome::done;
    case wire::frame_type::kept_back:
      if (config_.from_history) s.records.kept_back = f.number;
      return outcome::done;
    case wire::frame_type::message: e = foreign(f.message); return outcome::done;
    default: return outcome::done;
  }
}

// ---- numbers that are not believed

// False: not now. The frames may be others then.
bool inbox::may_catch_up(std::uint64_t number) {
  if (!config_.strangers || current_->records.numbers.believes(number, datagram_.number)) return true;
  doubt(number);
  return false;
}

// Keeps the rest of the datagram until another one says about the same.
void inbox::doubt(std::uint64_t number) {
  auto& r = current_->records;
  record_order::doubted d{number, datagram_.number, at_, {datagram_.bytes.data, datagram_.bytes.data + datagram_.bytes.size}, datagram_.came};
  at_ = frames_.size();
  if (r.doubt && r.doubt->datagram != d.datagram && distance(r.doubt->number, number) <= believed_records) {
    r.numbers.believe(std::max(r.doubt->number, number));
    r.resume = std::move(r.doubt);
    r.doubt.reset();
    resume(*current_);
    r.resume = std::move(d);  // afterwards
  } else {
    if (r.doubt) ++stats_.unconfirmed;
    r.doubt = std::move(d);
  }
  senders_.account(*current_);
}

// What other datagrams said before is confirmed or contradicted by this one.
void inbox::weigh(std::uint64_t number) {
  auto& r = current_->records;
  if (const auto told = r.numbers.weigh(number, datagram_.number)) {
    ++stats_.unconfirmed;
    told->take_from(stats_);
    if (r.partial.active() && r.partial.number() >= r.numbers.next()) r.partial.clear();
    senders_.account(*current_);
  }
  if (r.doubt && r.doubt->datagram != datagram_.number && number >= r.numbers.next() && r.numbers.believes(number, datagram_.number)) {
    ++stats_.unconfirmed;
    r.doubt.reset();
    senders_.account(*current_);
  }
}

// ---- what does not come

// What must be told before record `number`, if anything.
const event* inbox::catch_up(std::uint64_t number) {
  auto& r = current_->records;
  if (r.partial.active() && number >= r.partial.number()) {
    const auto end = r.partial.number() + 1;
    if (r.numbers.known() && r.numbers.next() < end) {
      if (const auto* e = recall({r.numbers.next(), end, datagram_.number})) {
        if (r.numbers.next() == end) r.partial.clear();  // it is whole there
        return e;
      }
    }
    if (const auto* e = give_partial()) return e;
  }
  if (!r.numbers.known()) r.numbers.begin_at(number, datagram_.number);
  if (number <= r.numbers.next()) return nullptr;
  const record_numbers::absence absence{r.numbers.next(), number, datagram_.number};
  if (const auto* e = recall(absence)) return e;
  return report(absence);
}

// The first of these records, or the gap before the first that is found; null if its sender remembers none.
const event* inbox::recall(const record_numbers::absence& a) {
  if (config_.memory == nullptr) return nullptr;
  auto& s = *current_;
  const auto* found = config_.memory->find(s.info.id, a.first, a.end);
  if (found == nullptr) return nullptr;
  if (found->number != a.first) return report({a.first, found->number, a.datagram});
  auto r = *found;
  r.from = &s.info;
  r.from_history = true;
  s.records.numbers.took(r.number);
  s.records.numbers.be_certain();
  ++stats_.delivered;
  ++stats_.from_history;
  given_.what = std::move(r);
  return &given_.what;
}

const event* inbox::take_fragment(const wire::fragment_frame& f) {
  auto& r = current_->records;
  if (f.number < r.numbers.next()) return nullptr;
  const auto came = r.partial.add(f);
  r.continued = datagram_.came.at;
  switch (came) {
    case wire::reassembler::outcome::complete: return give_partial();
    case wire::reassembler::outcome::contradiction: ++stats_.malformed; break;
    case wire::reassembler::outcome::taken:
      senders_.account(*current_);
      press();
      break;
  }
  return nullptr;
}

const event* inbox::give_partial() {
  auto& s = *current_;
  given_.partial = true;  // its memory is needed until the next call
  received_record r;
  bool good = false;
  try {
    good = s.records.partial.get(r);
    if (!good) ++stats_.malformed;
  } catch (const std::bad_alloc&) {
    ++stats_.evicted;
  }
  if (!good) {
    release_partial();  // then the record counts as missing
    return nullptr;
  }
  r.kept_back = std::exchange(s.records.kept_back, 0);
  if (r.kept_back == 0) s.records.numbers.took(r.number);
  r.from = &s.info;
  r.from_history = config_.from_history;
  ++(r.missing.empty() ? stats_.delivered : stats_.incomplete);
  given_.what = std::move(r);
  return &given_.what;
}

void inbox::release_partial() {
  if (!given_.partial) return;
  given_.partial = false;
  current_->records.partial.clear();
  senders_.account(*current_);
}

const event* inbox::report(const record_numbers::absence& a) {
  gap g;
  g.from = &current_->info;
  current_->records.numbers.skip(a, g).add_to(stats_);
  given_.what = g;
  return &given_.what;
}

// The sender said that it dropped records, and after that no record came.
const event* inbox::tell_dropped() {
  auto& numbers = current_->records.numbers;
  const auto dropped = numbers.dropped_last();
  if (!dropped) return nullptr;
  if (!numbers.known()) numbers.begin_at(dropped->first, dropped->datagram);
  if (const auto* e = recall(*dropped)) return e;
  return report(*dropped);
}

// ---- senders of this machine, of which more is known than what comes

sender* inbox::sender_of_this_machine(const sender_info& who, bool if_seen) {
  if (auto* known = senders_.find(who.id)) return known;
  if (if_seen) return nullptr;
  auto info = who;
  auto& s = senders_.add(who.id);
  ++stats_.senders;
  s.info = std::move(info);
  s.introduced = true;
  if (auto* old = senders_.surplus()) {
    old->pressed = old->leaving = true;
    senders_.schedule(*old, time_point::min());
  }
  senders_.account(s);
  return &s;
}

void inbox::stand(const sender_info& who, std::uint64_t next, bool if_seen, bool firm) {
  auto* s = sender_of_this_machine(who, if_seen);
  if (s == nullptr) return;
  auto& r = s->records;
  if (!firm) {
    r.stood = next;
    return;
  }
  r.numbers.begin_at(r.numbers.known() ? std::max(r.numbers.next(), next) : next);
  r.numbers.be_certain();
}

void inbox::finish(const sender_info& who, std::uint64_t records, bool well, bool if_seen) {
  auto* s = sender_of_this_machine(who, if_seen);
  if (s == nullptr) return;
  auto& r = s->records;
  if (!r.numbers.known()) r.numbers.begin_at(std::min(r.stood, records));
  r.ends = record_order::finish{records, well};
  senders_.schedule(*s, time_point::min());
}

const event* inbox::foreign(byte_view bytes) {
  given_.from = datagram_.came.from.text();
  ++stats_.foreign;
  given_.what = foreign_message{datagram_.came.on_the_wall, given_.from, bytes.text(), datagram_.came.from.claimed_name.data()};
  return &given_.what;
}

}  // namespace mailslog
