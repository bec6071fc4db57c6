#include "receive/datagram_order.hpp"

#include <algorithm>
#include <utility>

namespace mailslog {
namespace {

constexpr std::size_t max_waiting = 4096;
constexpr std::size_t held_overhead = 168;  // of one: map node and allocation
constexpr std::size_t max_ranges = 64;

}  // namespace

datagram_order::verdict datagram_order::put(std::uint64_t number, byte_view datagram, const origin& came, const patience& p, bool whole) {
  if (!next_ && waiting_.empty()) {
    first_arrival_ = came.at;
    if (number == 0 || (whole && number <= believed_datagrams)) {
      next_ = 0;
    } else if (p.wait.count() == 0) {
      next_ = number;  // nothing overtakes
    }
  }
  if (next_ && number < *next_) {
    const bool given_up = std::any_of(given_up_.begin(), given_up_.end(),
                                      [number](const range& r) { return r.first <= number && number < r.end; });
    return given_up ? verdict::late : verdict::repeated;
  }
  if (next_ && number == *next_ && waiting_.empty()) {
    latest_ = number;
    step_to(number);
    return verdict::next;
  }
  waiting_datagram copy{{datagram.data, datagram.data + datagram.size}, came};
  const auto size = copy.bytes.size() + held_overhead;
  if (!waiting_.try_emplace(number, std::move(copy)).second) return verdict::repeated;
  bytes_ += size;
  latest_ = number;
  return verdict::held;
}

bool datagram_order::contradicts(std::uint64_t number) const noexcept {
  return next_ && basis_ == basis::one && number < *next_ && *next_ - number > believed_datagrams && (!back_ || number >= *back_);
}

bool datagram_order::take_back() noexcept {
  if (!back_) return false;
  if (!given_up_.empty() && given_up_.back().first == *back_) given_up_.pop_back();
  next_ = std::exchange(back_, std::nullopt);
  basis_ = basis::more;
  return true;
}

// `number` is taken.
void datagram_order::step_to(std::uint64_t number) {
  const bool far = next_ && number - *next_ > believed_datagrams;
  back_.reset();
  if (far && basis_ != basis::none) back_ = next_;
  basis_ = far || basis_ == basis::none ? basis::one : basis::more;
  next_ = number + 1;
}

// `first` is as far ahead as one lost datagram or a few explain, or the one after it says the same.
bool datagram_order::is_confirmed(waiting_map::const_iterator first) const {
  if (!next_ || first->first - *next_ <= believed_datagrams) return true;
  const auto second = std::next(first);
  return second != waiting_.end() && second->first - first->first <= believed_datagrams;
}

datagram_order::time_point datagram_order::patience_ends(const patience& p) const {
  return (next_ ? waiting_.begin()->second.came.at : first_arrival_) + p.wait;
}

std::optional<datagram_order::time_point> datagram_order::due(const patience& p) const {
  if (waiting_.empty()) return std::nullopt;
  const auto first = waiting_.begin();
  if (p.over || (next_ && first->first == *next_) || waiting_.size() > max_waiting || bytes_ > p.max_bytes) return time_point::min();
  const auto ends = patience_ends(p);
  return is_confirmed(first) ? ends : std::max(ends, first->second.came.at + confirmation_wait);
}

std::optional<datagram_order::held> datagram_order::take(time_point now, const patience& p, std::uint64_t& unconfirmed) {
  for (;;) {
    const auto at = due(p);
    if (!at || *at > now) return std::nullopt;
    const auto number = waiting_.begin()->first;
    const bool confirmed = number == latest_ || is_confirmed(waiting_.begin());  // nothing has come since
    if (confirmed) give_up_to(number);
    auto first = remove_first();
    if (!confirmed) {
      ++unconfirmed;
      continue;
    }
    step_to(number);
    return held{number, first.came, std::move(first.bytes)};
  }
}

void datagram_order::shrink() noexcept { std::vector<range>().swap(given_up_); }

datagram_order::waiting_datagram datagram_order::remove_first() {
  auto node = waiting_.extract(waiting_.begin());
  bytes_ -= node.mapped().bytes.size() + held_overhead;
  return std::move(node.mapped());
}

void datagram_order::give_up_to(std::uint64_t number) {
  if (!next_ || number == *next_) return;
  if (given_up_.size() == max_ranges) given_up_.erase(given_up_.begin());
  given_up_.push_back({*next_, number});
}

}  // namespace mailslog
