#include "receive/past.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "platform/means.hpp"

namespace mailslog {
namespace {

constexpr std::size_t most_rings = 16384;     // looked at in a slot
constexpr std::size_t most_sources = 512;     // gone through at once: each takes a descriptor and a block's memory
constexpr std::size_t most_problems = 16;     // told

const received_record& record_of(const event& e) { return std::get<received_record>(e); }

}  // namespace

past::past(const address& at, std::uint32_t slot_tag)
    : scope_(at.scope()), slot_tag_(slot_tag), folder_(history::ring_folder_of(at.name())) {
  findings_.folder = folder_->path();
  findings_.unchanged_since = folder_->unchanged_since();
  folder_->sweep({});
  std::error_code error;
  std::vector<std::string> all;
  (void)list(all);
  for (const auto& name : all) {
    const auto cursor = open(name, error);
    if (!cursor) {
      known_[name] = false;
      continue;
    }
    const bool watched = cursor->ring().held() && reaches_us(cursor->info());
    known_[name] = watched;
    if (watched) standings_[name] = standing_of(cursor->info(), cursor->end_number().value_or(0));
  }
}

// False if that cannot be known now.
bool past::list(std::vector<std::string>& names) {
  std::error_code error;
  names = folder_->names(most_rings, error);
  if (error) refuse({}, "cannot look into " + folder_->path() + ": " + error.message() + "; " + folder_->rights({}));
  return !error;
}

std::unique_ptr<ring_cursor> past::open(const std::string& name, std::error_code& error) {
  std::string problem;
  auto cursor = open_ring_cursor(*folder_, name, slot_tag_, problem, error);
  if (!problem.empty()) refuse(name, problem);
  return cursor;
}

void past::refuse(const std::string& name, const std::string& problem) {
  if (refused_names_.size() >= most_rings) refused_names_.clear();  // others may make names without end
  if (!refused_names_.insert(name).second) return;
  ++refused_;
  if (findings_.problems.size() < most_problems) findings_.problems.push_back(problem);
}

// Not what is for another machine, or for remote mailslots that we do not hear.
bool past::reaches_us(const history::ring_info& info) const noexcept {
  switch (info.scope) {
    case history::ring_scope::local: return true;
    case history::ring_scope::lan: return scope_ != slot_scope::classic;
    case history::ring_scope::host: return false;
    case history::ring_scope::classic: return scope_ == slot_scope::classic;
  }
  return false;
}

past::standing past::standing_of(const history::ring_info& info, std::uint64_t next) const {
  standing s;
  s.who.id = info.sender;
  s.who.host = info.host;
  s.who.app = info.app;
  s.who.process = info.process;
  s.next = next;
  // Over the network it may use another port, group or interface than we do.
  s.if_seen = info.scope != history::ring_scope::local && scope_ != slot_scope::local;
  return s;
}

// ---- before

void past::ask(const history_request& wanted) {
  wanted_ = wanted;
  asked_ = wanted.last != 0;
  if (!asked_) return;
  open_all();
  if (wanted_.last == all_of_history) {
    begin(wanted_.since);
    return;
  }
  const auto near_end = last_records_since();
  auto found = count_since(near_end);
  if (found < wanted_.last && near_end > wanted_.since) found = count_since(wanted_.since);
  skip_ = found - std::min(found, wanted_.last);
  auto all = std::exchange(counted_, {});
  sources_.reserve(all.size());
  for (auto& s : all) {
    s->cursor->rewind();
    given_ = std::move(s);
    advance();
  }
}

// The youngest ones, if there are too many.
void past::open_all() {
  sources_.clear();
  given_.reset();
  ends_.clear();
  const auto younger = [](const std::unique_ptr<source>& a, const std::unique_ptr<source>& b) { return a->newest > b->newest; };
  std::error_code error;
  std::vector<std::string> all;
  (void)list(all);
  for (const auto& name : all) {
    auto s = std::make_unique<source>();
    s->cursor = open(name, error);
    if (!s->cursor) continue;
    s->name = name;
    s->held = s->cursor->ring().held();
    s->cursor->look();
    if (all.size() > most_sources) s->newest = s->cursor->end().value_or(ring_cursor::place{}).time;
    sources_.push_back(std::move(s));
    std::push_heap(sources_.begin(), sources_.end(), younger);
    if (sources_.size() <= most_sources) continue;
    std::pop_heap(sources_.begin(), sources_.end(), younger);
    refuse(sources_.back()->name, folder_->path() + '/' + sources_.back()->name + " is one of too many: the youngest " + std::to_string(most_sources) + " are read");
    sources_.pop_back();
  }
}

// Very likely the last `wanted_.last` records are not older than that: blocks may begin with the pieces of one, and numbers may be missing.
timestamp past::last_records_since() const {
  struct part {
    timestamp time;
    std::uint64_t records = 0;
  };
  std::vector<part> parts;
  for (const auto& s : sources_) {
    const auto& blocks = s->cursor->blocks();
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      if (blocks[i].first_time > wanted_.until) continue;
      const bool last = i + 1 == blocks.size();
      if (!last && blocks[i + 1].first_time > wanted_.until) continue;
      const auto next = last ? blocks[i].first_record + 1 : std::max(blocks[i + 1].first_record, blocks[i].first_record);
      parts.push_back({blocks[i].first_time, next - blocks[i].first_record});
    }
  }
  std::sort(parts.begin(), parts.end(), [](const part& a, const part& b) { return a.time > b.time; });
  std::uint64_t records = 0;
  for (const auto& p : parts) {
    records += std::min(p.records, wanted_.last);
    if (records >= wanted_.last) return std::max(wanted_.since, p.time);
  }
  return wanted_.since;
}

// How many of the wanted times there are if all sources are gone through from there on. Afterwards they are at their ends, and can be gone
// through once more: whatever their writers do meanwhile, it is the same.
std::uint64_t past::count_since(timestamp since) {
  for (auto& s : std::exchange(counted_, {})) sources_.push_back(std::move(s));
  counting_ = true;
  begin(since);
  std::uint64_t found = 0;
  while (step() != nullptr) ++found;
  counting_ = false;
  return found;
}

namespace {
struct younger_head {
  template <class Source>
  bool operator()(const Source& a, const Source& b) const {
    return record_of(*a->head).time > record_of(*b->head).time;
  }
};
}  // namespace

void past::begin(timestamp since) {
  auto all = std::exchange(sources_, {});
  sources_.reserve(all.size());  // from here on it finds its room
  if (counting_) counted_.reserve(all.size());
  for (auto& s : all) {
    s->cursor->seek(since);
    if (counting_) s->cursor->keep();
    // Should all be begun anew while it is read: what comes then is what follows.
    if (const auto& blocks = s->cursor->blocks(); !blocks.empty()) s->next = blocks.back().first_record;
    given_ = std::move(s);
    advance();
  }
}

// Where there is no memory, it is done when this is called again.
void past::advance() {
  given_->head = given_->cursor->next();
  if (given_->head != nullptr) return put_back();
  if (counting_) return counted_.push_back(std::move(given_));
  finish(*given_);
  given_.reset();
}

void past::put_back() noexcept {
  sources_.push_back(std::move(given_));
  std::push_heap(sources_.begin(), sources_.end(), younger_head());
}

void past::finish(source& s) {
  const auto& info = s.cursor->info();
  if (s.cursor->damaged() != 0) refuse(s.name, folder_->path() + '/' + s.name + " is damaged: not all of it can be read");
  auto at = standing_of(info, s.next);
  const bool lives = s.held && reaches_us(info);
  const auto known = known_.find(s.name);
  // What one that has ended sent may still be on the way.
  if (lives || (known != known_.end() && known->second)) standings_[s.name] = at;
  known_[s.name] = lives;
  if (!s.held && s.shown) {
    const auto e = end_of(*s.cursor, std::move(at));
    told_end told{std::make_unique<sender_info>(e.at.who), {}};
    told.what = ended{told.who.get(), e.well, e.at.next};
    ends_.push_back(std::move(told));
  }
}

// The next record within the times.
const event* past::step() {
  for (;;) {
    if (given_) advance();
    if (sources_.empty()) return nullptr;
    std::pop_heap(sources_.begin(), sources_.end(), younger_head());
    given_ = std::move(sources_.back());
    sources_.pop_back();
    const auto& r = record_of(*given_->head);
    if (r.time >= wanted_.since && r.time <= wanted_.until) return given_->head;
    given_->next = number_after(r);
  }
}

const event* past::next() {
  for (;;) {
    if (given_) advance();
    if (!ends_.empty()) {
      told_ = std::move(ends_.front());
      ends_.pop_front();
      return &told_.what;
    }
    const auto* e = step();
    if (e == nullptr) {
      if (!ends_.empty()) continue;
      asked_ = false;
      return nullptr;
    }
    if (skip_ != 0) {
      --skip_;
      given_->next = number_after(record_of(*e));
      continue;
    }
    // What lay between was overwritten meanwhile, or did not fit.
    const auto& r = record_of(*e);
    if (given_->shown && r.number > given_->next) {
      const auto n = r.number - given_->next;
      gap_ = gap{r.from, given_->next, r.number - 1, n, 0};
      given_->next = r.number;
      overwritten_ += n;
      put_back();
      return &gap_;
    }
    given_->shown = true;
    given_->next = number_after(r);
    return e;
  }
}

// ---- meanwhile

std::vector<past::standing> past::take_standings() {
  std::vector<standing> all;
  all.reserve(standings_.size());
  for (auto& [name, s] : std::exchange(standings_, {})) all.push_back(std::move(s));
  return all;
}

past::end past::end_of(ring_cursor& cursor, standing at) {
  end e;
  e.well = history::ended_well(cursor.ring(), at.next);
  e.at = std::move(at);
  return e;
}

void past::look(std::vector<standing>& come, std::vector<end>& ended) {
  std::vector<std::string> all;
  if (!list(all)) return;
  std::vector<std::string> looked_at;
  std::vector<std::string> watched;
  for (auto& name : all) {
    const auto known = known_.find(name);
    if (known == known_.end()) {
      looked_at.push_back(std::move(name));
    } else if (known->second) {
      watched.push_back(std::move(name));
    }
  }
  folder_->keep_orphans(watched);
  std::move(watched.begin(), watched.end(), std::back_inserter(looked_at));

  std::map<std::string, bool> now;
  std::error_code error;
  for (auto& name : looked_at) {
    const auto cursor = open(name, error);
    if (!cursor) {
      // What cannot be read for good is not tried each time; else perhaps only now: it stays what it is.
      if (error && !platform::out_of_means(error) && known_.count(name) == 0) now[std::move(name)] = false;
      continue;
    }
    const auto& info = cursor->info();
    const bool ours = reaches_us(info);
    if (ours && known_.count(name) == 0) come.push_back(standing_of(info, 0));
    const bool lives = cursor->ring().held();
    if (ours && !lives) ended.push_back(end_of(*cursor, standing_of(info, cursor->end_number().value_or(0))));
    now[std::move(name)] = ours && lives;
  }
  // Each has a name that never comes again: one that cannot be seen for a while is not a new one afterwards.
  now.merge(known_);
  known_ = std::move(now);
  if (known_.size() > 2 * most_rings) forget_gone();
}

void past::forget_gone() {
  std::vector<std::string> all;
  if (!list(all)) return;
  std::map<std::string, bool> there;
  for (const auto& name : all) {
    if (auto known = known_.extract(name)) there.insert(std::move(known));
  }
  known_ = std::move(there);
}

const received_record* past::find(std::uint64_t sender, std::uint64_t from, std::uint64_t to) {
  if (!found_ || found_->info().sender != sender) {
    std::string problem;
    std::error_code error;
    found_ = open_ring_cursor(*folder_, history::ring_name(sender), slot_tag_, problem, error);
    if (!found_) return nullptr;
    found_next_ = UINT64_MAX;
  }
  for (int looks = 0; looks < 2; ++looks) {
    if (from < found_next_) found_->seek(from);
    while (const auto* e = found_->next()) {
      const auto& r = record_of(*e);
      if (r.number < from || r.kept_back != 0) continue;
      found_next_ = r.number < to ? r.number + 1 : UINT64_MAX;
      return r.number < to ? &r : nullptr;
    }
    if (found_next_ == UINT64_MAX) break;  // it has just been looked at
    found_next_ = UINT64_MAX;
  }
  found_.reset();  // there may be another file by now
  return nullptr;
}

}  // namespace mailslog
