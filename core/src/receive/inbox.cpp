#include "receive/inbox.hpp"

#include <algorithm>

namespace mailslog {
namespace {

using namespace std::chrono_literals;

// How far the clocks of two machines may be apart before a sender seems to have begun after us.
constexpr auto clock_difference = 2s;
constexpr std::size_t max_waiting_datagrams = 4096;  // of one sender
constexpr std::size_t held_overhead = 96;            // of one waiting datagram: map node and allocation
constexpr std::size_t max_ranges = 64;               // remembered of what was given up, and of what senders dropped
constexpr std::size_t max_name = 255;                // bytes kept of a host's or a program's name
constexpr unsigned sender_share = 8;                 // one sender may take one part in so many of the memory

}  // namespace

// ---- datagrams

std::optional<std::uint32_t> inbox::put(byte_view datagram, const platform::endpoint& from, time_point now,
                                        timestamp arrived) {
  ++stats_.datagrams;
  stats_.bytes += datagram.size;
  from_ = from;
  arrived_ = arrived;

  wire::header header;
  switch (wire::decode(datagram, header)) {
    case wire::header_error::none: break;
    case wire::header_error::other_version: ++stats_.other_version; return std::nullopt;
    case wire::header_error::foreign: foreign_bytes_ = datagram; return std::nullopt;
  }
  if (header.slot_tag != config_.slot_tag) {
    ++stats_.other_slot;
    return header.slot_tag;
  }
  if (!frames_.read(datagram)) {
    ++stats_.malformed;
    return std::nullopt;
  }

  bool is_new = false;
  auto& s = find_sender(header.sender, header.number, is_new);
  // Who sends it, and since when, may be in a datagram that this one has overtaken.
  if (is_new && (!frames_.sender() || began_after_us(*frames_.sender()))) s.next_datagram = 0;
  if (header.number < s.next_datagram) {
    count_unwanted(s, header.number);
  } else if (header.number == s.next_datagram && s.waiting.empty()) {
    open(s);  // the usual case: nothing is copied
  } else {
    hold(s, header.number, datagram, now);
    current_ = &s;  // it may have filled a hole
    at_ = frames_.size();
  }
  return std::nullopt;
}

inbox::sender& inbox::find_sender(std::uint64_t id, std::uint64_t first_datagram, bool& is_new) {
  if (const auto known = senders_.find(id); known != senders_.end()) {
    renew(known->second);
    return known->second;
  }
  if (senders_.size() >= config_.max_senders) make_room();
  is_new = true;
  ++stats_.senders;
  auto& s = senders_[id];
  s.info.id = id;
  s.next_datagram = first_datagram;
  s.age = on_probation_.insert(on_probation_.end(), id);
  return s;
}

void inbox::renew(sender& s) {
  ages_.splice(ages_.end(), s.on_probation ? on_probation_ : ages_, s.age);
  s.on_probation = false;
}

// Those who came once may have half of the places; and so may those who are known longer, among whom some are long gone.
void inbox::make_room() {
  const bool too_many_on_probation = on_probation_.size() > config_.max_senders / 2 || ages_.empty();
  forget(senders_.find((too_many_on_probation ? on_probation_ : ages_).front()));
}

void inbox::forget(std::unordered_map<std::uint64_t, sender>::iterator found) {
  auto& s = found->second;
  known_since_ = std::max(known_since_, arrived_);
  stats_.evicted += s.waiting.size() + (s.partial.active() ? 1 : 0);
  memory_ -= memory_of(s);
  unwatch(s);
  (s.on_probation ? on_probation_ : ages_).erase(s.age);
  senders_.erase(found);
}

// Then nothing of it has passed us by, and it was not forgotten either.
bool inbox::began_after_us(const wire::sender_frame& who) const {
  const auto started = timestamp(std::chrono::nanoseconds(static_cast<std::int64_t>(who.started)));
  return started >= (who.host == config_.host ? known_since_ : known_since_ + clock_difference);
}

void inbox::hold(sender& s, std::uint64_t number, byte_view datagram, time_point now) {
  unwatch(s);
  const auto [place, fresh] = s.waiting.try_emplace(number);
  if (fresh) {
    place->second = {{datagram.data, datagram.data + datagram.size}, now};
    s.waiting_bytes += datagram.size + held_overhead;
    memory_ += datagram.size + held_overhead;
  } else {
    ++stats_.repeated;
  }
  watch(s);
  evict(s);
}

// Stays within the bounds: who holds most goes first, so that a sender that behaves is not forgotten for one that does not.
void inbox::evict(const sender& current) {
  if (memory_ <= config_.max_memory) return;
  std::vector<std::pair<std::size_t, sender*>> holders;
  for (auto& [id, s] : senders_) {
    if (const auto m = memory_of(s); m != 0) holders.emplace_back(m, &s);
  }
  std::sort(holders.rbegin(), holders.rend());
  const auto enough = config_.max_memory / 8 * 7;  // or each datagram would begin anew
  for (const auto& [memory, s] : holders) {
    if (memory_ <= enough) return;
    if (s != &current) {
      forget(senders_.find(s->info.id));
    } else if (s->partial.active()) {
      ++stats_.evicted;  // then the record counts as missing
      memory_ -= s->partial.memory();
      s->partial.clear();
      memory_ += s->partial.memory();
    }
  }
}

void inbox::count_unwanted(const sender& s, std::uint64_t number) {
  const bool given_up = std::any_of(s.given_up.begin(), s.given_up.end(),
                                    [number](const range& r) { return r.first <= number && number < r.end; });
  ++(given_up ? stats_.late : stats_.repeated);
}

// ---- holes

void inbox::watch(sender& s) {
  if (!s.waiting.empty()) incomplete_.insert({patience_ends(s), s.info.id});
}

void inbox::unwatch(sender& s) {
  if (!s.waiting.empty()) incomplete_.erase({patience_ends(s), s.info.id});
}

std::optional<inbox::time_point> inbox::deadline() const {
  if (incomplete_.empty()) return std::nullopt;
  return incomplete_.begin()->first;
}

// If a datagram that has waited is due, makes it the one that `next` goes through.
bool inbox::open_waiting(time_point now) {
  const auto due = [&](const sender& s) {
    if (s.waiting.empty()) return false;
    return s.waiting.begin()->first == s.next_datagram || patience_ends(s) <= now ||
           s.waiting.size() > max_waiting_datagrams || memory_of(s) > config_.max_memory / sender_share;
  };
  auto* s = current_;
  if (s == nullptr || !due(*s)) {
    if (incomplete_.empty()) return false;
    s = &senders_.find(incomplete_.begin()->second)->second;
    if (!due(*s)) return false;
  }

  unwatch(*s);
  const auto first = s->waiting.extract(s->waiting.begin());
  watch(*s);
  if (first.key() != s->next_datagram) {
    if (s->given_up.size() == max_ranges) s->given_up.erase(s->given_up.begin());
    s->given_up.push_back({s->next_datagram, first.key()});
    s->next_datagram = first.key();
  }
  opened_bytes_ = std::move(first.mapped().bytes);
  s->waiting_bytes -= opened_bytes_.size() + held_overhead;
  memory_ -= opened_bytes_.size() + held_overhead;
  frames_.read({opened_bytes_.data(), opened_bytes_.size()});  // was judged when it came
  open(*s);
  return true;
}

// ---- events

const event* inbox::next(time_point now) {
  if (partial_given_) {
    partial_given_ = false;
    memory_ -= current_->partial.memory();
    current_->partial.clear();
    memory_ += current_->partial.memory();
  }
  if (foreign_bytes_) {
    const auto bytes = *foreign_bytes_;
    foreign_bytes_.reset();
    return foreign(bytes);
  }
  do {
    while (current_ != nullptr && at_ < frames_.size()) {
      bool done = true;
      const auto* e = show(frames_[at_], done);
      if (done) ++at_;
      if (e != nullptr) return e;
    }
  } while (open_waiting(now));
  current_ = nullptr;
  return nullptr;
}

void inbox::open(sender& s) {
  current_ = &s;
  at_ = 0;
  ++s.next_datagram;
  if (frames_.sender() && !s.introduced) introduce(s, *frames_.sender());
  // They may stand behind the records after the gap that they explain.
  for (std::size_t i = 0; i < frames_.size(); ++i) {
    if (frames_[i].type == wire::frame_type::dropped) note_dropped(frames_[i].dropped);
  }
}

void inbox::introduce(sender& s, const wire::sender_frame& who) {
  s.introduced = true;
  s.info.host = who.host.substr(0, max_name);
  s.info.app = who.app.substr(0, max_name);
  s.info.process = who.process;
  if (s.numbered || !began_after_us(who)) return;
  s.numbered = true;
  s.next_record = 0;
}

// Null with `done` false: the same item must be looked at again.
const event* inbox::show(wire::decoded_frame& i, bool& done) {
  auto& s = *current_;
  switch (i.type) {
    case wire::frame_type::record: {
      auto& r = std::get<received_record>(i.what);
      if (const auto* e = catch_up(r.number)) {
        done = false;
        return e;
      }
      if (r.number < s.next_record) return nullptr;
      s.next_record = r.number + 1;
      r.from = &s.info;
      ++stats_.delivered;
      return &i.what;
    }
    case wire::frame_type::fragment:
      // The rest of a record that began before we came, or whose beginning is lost: then it will count as missing.
      if (!s.numbered && i.fragment.offset != 0) return nullptr;
      if (!s.partial.active() || i.fragment.number != s.partial.number()) {
        if (const auto* e = catch_up(i.fragment.number)) {
          done = false;
          return e;
        }
      }
      return take_fragment(i.fragment);
    case wire::frame_type::progress:
    case wire::frame_type::goodbye:
      if (const auto* e = catch_up(i.number)) {
        done = false;
        return e;
      }
      return nullptr;
    case wire::frame_type::message: return foreign(i.message);
    default: return nullptr;
  }
}

// What must be told before record `number`, if anything.
const event* inbox::catch_up(std::uint64_t number) {
  auto& s = *current_;
  if (s.partial.active() && number >= s.partial.number()) {
    if (const auto* e = give_partial()) return e;
  }
  if (!s.numbered) {
    s.numbered = true;
    s.next_record = number;
  }
  return number > s.next_record ? report_gap(s.next_record, number) : nullptr;
}

const event* inbox::take_fragment(const wire::fragment_frame& f) {
  auto& s = *current_;
  if (f.number < s.next_record) return nullptr;
  memory_ -= s.partial.memory();
  const auto outcome = s.partial.add(f);
  memory_ += s.partial.memory();
  switch (outcome) {
    case wire::reassembler::outcome::complete: return give_partial();
    case wire::reassembler::outcome::contradiction: ++stats_.malformed; break;
    case wire::reassembler::outcome::taken: evict(s); break;
  }
  return nullptr;
}

const event* inbox::give_partial() {
  auto& s = *current_;
  partial_given_ = true;  // its memory is needed until the next call
  received_record r;
  if (!s.partial.get(r)) {
    ++stats_.malformed;  // then the record counts as missing
    memory_ -= s.partial.memory();
    s.partial.clear();
    memory_ += s.partial.memory();
    partial_given_ = false;
    return nullptr;
  }
  s.next_record = r.number + 1;
  r.from = &s.info;
  ++(r.missing.empty() ? stats_.delivered : stats_.incomplete);
  made_ = std::move(r);
  return &made_;
}

const event* inbox::report_gap(std::uint64_t first, std::uint64_t end) {
  auto& s = *current_;
  gap g;
  g.from = &s.info;
  g.first = first;
  g.last = end - 1;
  const auto total = end - first;
  for (const auto& d : s.dropped) {
    const auto from = std::max(first, d.first);
    const auto to = std::min(end, d.first + d.count);
    if (from >= to) continue;
    const auto n = std::min(to - from, total - g.dropped);  // senders may contradict themselves
    g.dropped += n;
    switch (d.reason) {
      case wire::drop_reason::send_failed: stats_.dropped_socket += n; break;
      case wire::drop_reason::too_large: stats_.dropped_too_large += n; break;
      default: stats_.dropped_queue += n; break;
    }
  }
  g.lost = total - g.dropped;
  stats_.missing += g.lost;
  s.next_record = std::max(s.next_record, end);
  s.dropped.erase(std::remove_if(s.dropped.begin(), s.dropped.end(),
                                 [&](const wire::dropped_frame& d) { return d.first + d.count <= s.next_record; }),
                  s.dropped.end());
  made_ = g;
  return &made_;
}

void inbox::note_dropped(const wire::dropped_frame& d) {
  auto& dropped = current_->dropped;
  if (dropped.size() == max_ranges) dropped.erase(dropped.begin());
  dropped.push_back(d);
}

const event* inbox::foreign(byte_view bytes) {
  ++stats_.foreign;
  from_text_ = from_.text();
  made_ = foreign_message{arrived_, from_text_, bytes.text(), from_.claimed_name.data()};
  return &made_;
}

}  // namespace mailslog
