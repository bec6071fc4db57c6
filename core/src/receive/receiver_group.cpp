#include "receive/receiver_group.hpp"

#include <algorithm>

#include "platform/wait.hpp"

namespace mailslog {

bool receiver_group::wait(std::chrono::nanoseconds timeout) {
  handles_.clear();
  if (waker_.lost()) {
    timeout = std::min<std::chrono::nanoseconds>(timeout, std::chrono::milliseconds(50));  // nobody can end it
  } else {
    handles_.push_back(waker_.handle());
  }
  for (const auto& r : receivers_) r->add_handles(handles_);
  return !closed_ && platform::wait_readable(handles_.data(), handles_.size(), timeout) && !closed_;
}

void receiver_group::refresh() noexcept {
  for (const auto& r : receivers_) r->refresh();
}

void receiver_group::receive(transport::receive_buffer& out) {
  for (std::size_t i = 0; i < receivers_.size(); ++i) {
    auto& r = *receivers_[(turn_ + i) % receivers_.size()];
    out.comes_by(r.traits());
    r.receive(out);
  }
  ++turn_;
}

void receiver_group::flush_pending() noexcept {
  for (const auto& r : receivers_) r->flush_pending();
}

void receiver_group::close() noexcept {
  closed_ = true;
  waker_.wake();
}

void receiver_group::abandon(bool whole) noexcept {
  closed_ = true;
  if (whole) receivers_.clear();
}

bool receiver_group::ordered() const noexcept {
  for (const auto& r : receivers_) {
    if (!r->traits().ordered) return false;
  }
  return true;
}

std::uint64_t receiver_group::dropped() const noexcept {
  std::uint64_t n = 0;
  for (const auto& r : receivers_) n += r->dropped();
  return n;
}

std::uint64_t receiver_group::oversized() const noexcept {
  std::uint64_t n = 0;
  for (const auto& r : receivers_) n += r->oversized();
  return n;
}

transport::unwanted receiver_group::not_for_us() const noexcept {
  transport::unwanted sum;
  for (const auto& r : receivers_) {
    const auto n = r->not_for_us();
    sum.malformed += n.malformed;
    sum.other_slot += n.other_slot;
    sum.repeated += n.repeated;
  }
  return sum;
}

}  // namespace mailslog
