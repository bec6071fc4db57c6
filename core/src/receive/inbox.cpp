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
      horizon_(config_.opened + config_.slept, config_.host),
      tell_(stats_, senders_, config_.memory, config_.from_history) {}

// ---- datagrams

std::optional<std::uint32_t> inbox::put(byte_view datagram, const platform::endpoint& from, time_point now, timestamp arrived,
                                        nanoseconds slept) {
  current_ = nullptr;
  const origin came{from, now, arrived, now + slept};
  walk_.arrived(came);
  horizon_.arrived(came.with_sleep);

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
  if (!walk_.read(datagram)) {
    count(datagram);
    ++stats_.malformed;
    return std::nullopt;
  }

  bool whole = false;
  auto& s = find_sender(d.header, whole);
  const auto verdict = s.datagrams.put(d.header.number, datagram, came, patience(s), whole);
  // From here on nothing throws.
  count(datagram);
  switch (verdict) {
    case datagram_order::verdict::next:  // the usual case: nothing is copied
      walk_.begin(d.header.number, datagram);
      look_into(s);
      break;
    case datagram_order::verdict::late: ++stats_.late; break;
    case datagram_order::verdict::repeated: ++stats_.repeated; break;
    case datagram_order::verdict::held:
      current_ = &s;  // it may have filled a hole
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
    contradicted(*known, known->datagrams.last());
    if (known->datagrams.take_back()) return *known;
    known->records.numbers.told().take_from(stats_);
    senders_.forget(*known);
  }
  auto& s = senders_.add(h.sender);
  if (known == nullptr) ++stats_.senders;
  whole = walk_.sender() && horizon_.began_after(*walk_.sender(), walk_.came());
  if (auto* old = senders_.surplus()) {
    // Of what it sends from now on, nobody will know what came before, and what is missing in between.
    if (!old->datagrams.empty() || (old->records.numbers.known() && !old->records.over)) ++stats_.evicted;
    old->pressed = old->leaving = true;
    senders_.schedule(*old, time_point::min());
  }
  return s;
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
  return {config_.reorder_wait, config_.max_memory / sender_share, s.pressed || ended_ || s.records.ends};
}

void inbox::look_into(sender& s) noexcept {
  current_ = &s;
  auto& numbers = s.records.numbers;
  numbers.looking_at(walk_.number());
  if (s.records.contradicted == walk_.number()) s.records.contradicted.reset();  // another one with that number
  try {
    if (walk_.sender() && !s.introduced) with_second_try([&] { introduce(s, *walk_.sender()); });
    // They may stand behind the records after the gap that they explain.
    walk_.each_dropped([&](const wire::dropped_frame& dropped) {
      if (with_second_try([&] { return numbers.note(dropped, walk_.number()); })) s.records.noticed = walk_.came().at;
    });
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
  if (!s.records.numbers.known() && horizon_.began_after(who, walk_.came())) s.records.numbers.begin_at(0);
}

// ---- events

const event* inbox::next(time_point now) {
  tell_.release();
  if (foreign_bytes_) {
    const auto bytes = *foreign_bytes_;
    foreign_bytes_.reset();
    return tell_.foreign(bytes, walk_.came());
  }
  const event* e = nullptr;
  do {
    while (current_ != nullptr && walk_.more()) {
      if (show(walk_.next(), e) == outcome::done) walk_.step();
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
  walk_.leave();
  if (resume(s)) return true;
  if (auto held = s.datagrams.take(now, patience(s), stats_.unconfirmed)) {
    walk_.begin(std::move(*held));
    look_into(s);
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
    if ((e = tell_.partial(s)) != nullptr) return true;
  }
  if (r.noticed && !r.partial.active() && (over || *r.noticed + config_.unfinished_wait <= now)) {
    if ((e = tell_.dropped(s)) != nullptr) return true;
    r.noticed.reset();
  }
  if (r.ends) {
    e = tell_.end(s, walk_.number());
    return true;
  }
  if (s.leaving) {
    horizon_.forgot();
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
  walk_.begin(*std::exchange(s.records.resume, std::nullopt));
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
  if (has_more()) walk_.step();
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
        if ((e = tell_.catch_up(s, r.number, walk_.number())) != nullptr) return outcome::again;
        if (r.number < numbers.next()) return outcome::done;
      }
      tell_.record(s, r);
      e = &f.what;
      return outcome::done;
    }
    case wire::frame_type::fragment:
      weigh(f.fragment.number);
      // The rest of a record that began before we came, or whose beginning is lost: then it will count as missing.
      if (!numbers.known() && f.fragment.offset != 0) return outcome::done;
      if (!s.records.partial.active() || f.fragment.number != s.records.partial.number()) {
        if (!may_catch_up(f.fragment.number)) return outcome::again;
        if ((e = tell_.catch_up(s, f.fragment.number, walk_.number())) != nullptr) return outcome::again;
      }
      e = take_fragment(f.fragment);
      return outcome::done;
    case wire::frame_type::progress:
    case wire::frame_type::goodbye:
      weigh(f.number);
      if (!may_catch_up(f.number)) return outcome::again;
      if ((e = tell_.catch_up(s, f.number, walk_.number())) != nullptr) return outcome::again;
      s.records.over = f.type == wire::frame_type::goodbye;
      return outcome::done;
    case wire::frame_type::kept_back:
      if (config_.from_history) s.records.kept_back = f.number;
      return outcome::done;
    case wire::frame_type::message: e = tell_.foreign(f.message, walk_.came()); return outcome::done;
    default: return outcome::done;
  }
}

const event* inbox::take_fragment(const wire::fragment_frame& f) {
  auto& r = current_->records;
  if (f.number < r.numbers.next()) return nullptr;
  const auto came = r.partial.add(f);
  r.continued = walk_.came().at;
  switch (came) {
    case wire::reassembler::outcome::complete: return tell_.partial(*current_);
    case wire::reassembler::outcome::contradiction: ++stats_.malformed; break;
    case wire::reassembler::outcome::taken:
      senders_.account(*current_);
      press();
      break;
  }
  return nullptr;
}

// ---- numbers that are not believed

// False: not now. The frames may be others then.
bool inbox::may_catch_up(std::uint64_t number) {
  if (!config_.strangers || current_->records.numbers.believes(number, walk_.number())) return true;
  doubt(number);
  return false;
}

// Keeps the rest of the datagram until another one says about the same.
void inbox::doubt(std::uint64_t number) {
  auto& r = current_->records;
  auto d = walk_.rest(number);
  walk_.leave();
  if (r.doubt && r.doubt->datagram != d.datagram && distance(r.doubt->number, number) <= believed_records) {
    r.numbers.believe(std::max(r.doubt->number, number));
    r.resume = std::move(r.doubt);
    r.doubt.reset();
    resume(*current_);
    r.resume = std::move(d);  // afterwards
  } else {
    if (r.doubt) contradicted(*current_, r.doubt->datagram);
    r.doubt = std::move(d);
  }
  senders_.account(*current_);
}

// What other datagrams said before is confirmed or contradicted by this one.
void inbox::weigh(std::uint64_t number) {
  auto& r = current_->records;
  if (const auto said = r.numbers.weigh(number, walk_.number())) {
    contradicted(*current_, said->datagram);
    said->told.take_from(stats_);
    if (r.partial.active() && r.partial.number() >= r.numbers.next()) r.partial.clear();
    senders_.account(*current_);
  }
  if (r.doubt && r.doubt->datagram != walk_.number() && number >= r.numbers.next() && r.numbers.believes(number, walk_.number())) {
    contradicted(*current_, r.doubt->datagram);
    r.doubt.reset();
    senders_.account(*current_);
  }
}

// Counts it once, though the numbers of the datagram and of its records are.
void inbox::contradicted(sender& s, std::uint64_t datagram) noexcept {
  if (s.records.contradicted != datagram) ++stats_.unconfirmed;
  s.records.contradicted = datagram;
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

}  // namespace mailslog
