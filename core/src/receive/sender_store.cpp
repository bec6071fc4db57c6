#include "receive/sender_store.hpp"

#include <algorithm>

namespace mailslog {
namespace {

constexpr std::size_t sender_overhead = 256;  // nodes of tables and lists

}  // namespace

sender* sender_store::find(std::uint64_t id) {
  const auto known = senders_.find(id);
  if (known == senders_.end()) return nullptr;
  auto& s = known->second;
  ages_.splice(ages_.end(), s.on_probation ? on_probation_ : ages_, s.age);
  s.on_probation = false;
  return &s;
}

sender& sender_store::add(std::uint64_t id) {
  std::list<std::uint64_t> age{id};
  auto& s = senders_[id];
  s.info.id = id;
  s.age = age.begin();
  on_probation_.splice(on_probation_.end(), age);
  account(s);
  return s;
}

void sender_store::forget(sender& s) {
  schedule(s, std::nullopt);
  waiting_ -= s.waiting;
  fixed_ -= s.fixed;
  (s.on_probation ? on_probation_ : ages_).erase(s.age);
  senders_.erase(s.info.id);
}

sender* sender_store::surplus() {
  // Of the memory a fourth is for what is known of senders.
  if (senders_.size() <= max_senders_ && (fixed_ <= max_memory_ / 4 || senders_.size() <= 1)) return nullptr;
  // The last of those on probation has just come.
  const bool probation = on_probation_.size() > 1 && (on_probation_.size() - 1 > (senders_.size() - 1) / 2 || ages_.empty());
  return &senders_.find((probation ? on_probation_ : ages_).front())->second;
}

void sender_store::account(sender& s) {
  const auto waiting = s.datagrams.memory() + s.records.memory();
  const auto fixed = sizeof s + sender_overhead + s.info.host.capacity() + s.info.app.capacity();
  waiting_ = waiting_ - s.waiting + waiting;
  fixed_ = fixed_ - s.fixed + fixed;
  s.waiting = waiting;
  s.fixed = fixed;
}

std::vector<sender*> sender_store::fattest() {
  std::vector<sender*> holders;
  for (auto& [id, s] : senders_) {
    if (s.waiting != 0) holders.push_back(&s);
  }
  std::sort(holders.begin(), holders.end(), [](const sender* a, const sender* b) { return a->waiting > b->waiting; });
  const auto enough = max_memory_ / 8 * 7;  // or each datagram would begin anew
  auto left = waiting_;
  std::size_t n = 0;
  while (n < holders.size() && left > enough) left -= holders[n++]->waiting;
  holders.resize(n);
  return holders;
}

void sender_store::schedule(sender& s, std::optional<time_point> due) {
  if (s.due == due) return;
  if (s.due && due) {  // nothing is allocated then
    auto node = dues_.extract({*s.due, s.info.id});
    node.value().first = *due;
    dues_.insert(std::move(node));
  } else if (due) {
    dues_.emplace(*due, s.info.id);
  } else {
    dues_.erase({*s.due, s.info.id});
  }
  s.due = due;
}

std::optional<sender_store::time_point> sender_store::next_due() const {
  if (dues_.empty()) return std::nullopt;
  return dues_.begin()->first;
}

sender* sender_store::due(time_point now) {
  if (dues_.empty() || dues_.begin()->first > now) return nullptr;
  return &senders_.find(dues_.begin()->second)->second;
}

}  // namespace mailslog
