#include "receive/record_numbers.hpp"

#include <algorithm>

namespace mailslog {
namespace {

constexpr std::size_t max_notices = 64;

}  // namespace

record_numbers::losses& record_numbers::losses::operator+=(const losses& more) noexcept {
  missing += more.missing;
  dropped_queue += more.dropped_queue;
  dropped_socket += more.dropped_socket;
  dropped_too_large += more.dropped_too_large;
  return *this;
}

void record_numbers::losses::add_to(reader_stats& stats) const noexcept {
  stats.missing += missing;
  stats.dropped_queue += dropped_queue;
  stats.dropped_socket += dropped_socket;
  stats.dropped_too_large += dropped_too_large;
}

void record_numbers::losses::take_from(reader_stats& stats) const noexcept {
  stats.missing -= missing;
  stats.dropped_queue -= dropped_queue;
  stats.dropped_socket -= dropped_socket;
  stats.dropped_too_large -= dropped_too_large;
}

void record_numbers::begin_at(std::uint64_t number) noexcept {
  known_ = true;
  next_ = number;
}

void record_numbers::begin_at(std::uint64_t number, std::uint64_t datagram) noexcept {
  begin_at(number);
  leap_ = leap{datagram, false, 0, {}};
}

bool record_numbers::believes(std::uint64_t number, std::uint64_t datagram) const {
  if (!known_ || number <= std::max(next_, believed_) || number - next_ <= believed_records) return true;
  // What another datagram says was dropped is as good as a second one.
  auto unexplained = number - next_;
  for (const auto& n : dropped_) {
    const auto first = std::max(next_, n.dropped.first);
    const auto end = std::min(number, n.end());
    if (n.datagram != datagram && first < end) unexplained -= std::min(unexplained, end - first);
  }
  return unexplained <= believed_records;
}

std::optional<record_numbers::retraction> record_numbers::weigh(std::uint64_t number, std::uint64_t datagram) {
  if (!leap_ || leap_->datagram == datagram || number < leap_->from) return std::nullopt;
  const auto said = *leap_;
  leap_.reset();
  if (number >= next_) return std::nullopt;
  known_ = said.known;
  next_ = said.from;
  believed_ = 0;
  return retraction{said.datagram, said.told};
}

record_numbers::losses record_numbers::skip(const absence& a, gap& out) {
  const auto total = a.end - a.first;
  losses lost;
  out.first = a.first;
  out.last = a.end - 1;
  out.dropped = 0;
  for (const auto& n : dropped_) {
    const auto from = std::max(a.first, n.dropped.first);
    const auto to = std::min(a.end, n.end());
    if (from >= to) continue;
    const auto count = std::min(to - from, total - out.dropped);  // senders may contradict themselves
    out.dropped += count;
    switch (n.dropped.reason) {
      case wire::drop_reason::send_failed: lost.dropped_socket += count; break;
      case wire::drop_reason::too_large: lost.dropped_too_large += count; break;
      default: lost.dropped_queue += count; break;
    }
  }
  out.lost = lost.missing = total - out.dropped;
  if (!leap_ || leap_->datagram != a.datagram) leap_ = leap{a.datagram, true, next_, {}};
  leap_->told += lost;
  next_ = std::max(next_, a.end);
  dropped_.erase(std::remove_if(dropped_.begin(), dropped_.end(), [this](const notice& n) { return n.end() <= next_; }), dropped_.end());
  return lost;
}

bool record_numbers::note(const wire::dropped_frame& dropped, std::uint64_t datagram) {
  const notice fresh{dropped, datagram};
  if (known_ && fresh.end() <= next_) return false;
  if (dropped_.size() == max_notices) dropped_.erase(dropped_.begin());
  dropped_.push_back(fresh);
  return true;
}

std::optional<record_numbers::absence> record_numbers::dropped_last() const {
  if (dropped_.empty()) return std::nullopt;
  const auto earlier = [](const notice& a, const notice& b) { return a.dropped.first < b.dropped.first; };
  absence a;
  a.first = known_ ? next_ : std::min_element(dropped_.begin(), dropped_.end(), earlier)->dropped.first;
  for (const auto& n : dropped_) {
    // Nothing has contradicted what came last.
    if (n.end() <= std::max(a.first, a.end) || (n.datagram != latest_ && n.end() - a.first > believed_records)) continue;
    a.end = n.end();
    a.datagram = n.datagram;
  }
  if (a.end == 0) return std::nullopt;
  return a;
}

void record_numbers::shrink() noexcept {
  if (dropped_.empty()) decltype(dropped_)().swap(dropped_);
}

}  // namespace mailslog
