#include "receive/receiver_group.hpp"

#include <utility>

#include "platform/wait.hpp"

namespace mailslog {

intake::intake(std::vector<std::unique_ptr<transport::datagram_receiver>> receivers) : receivers_(std::move(receivers)) {
  remember();
}

intake::~intake() { forget(); }

bool intake::wait(std::chrono::nanoseconds timeout) {
  handles_.assign(1, waker_.handle());
  for (const auto& r : receivers_) r->add_handles(handles_);
  return !closed_ && platform::wait_readable(handles_.data(), handles_.size(), timeout) && !closed_;
}

void intake::receive(transport::receive_buffer& out) {
  for (std::size_t i = 0; i < receivers_.size(); ++i) {
    auto& r = *receivers_[(turn_ + i) % receivers_.size()];
    r.maintain();
    r.receive(out);
  }
  ++turn_;
}

void intake::settle() noexcept {
  for (const auto& r : receivers_) r->settle();
}

void intake::close() noexcept {
  closed_ = true;
  waker_.wake();
}

std::uint64_t intake::dropped() const noexcept {
  std::uint64_t n = 0;
  for (const auto& r : receivers_) n += r->dropped();
  return n;
}

std::uint64_t intake::refused() const noexcept {
  std::uint64_t n = 0;
  for (const auto& r : receivers_) n += r->refused();
  return n;
}

transport::unwanted intake::not_for_us() const noexcept {
  transport::unwanted sum;
  for (const auto& r : receivers_) {
    const auto n = r->not_for_us();
    sum.malformed += n.malformed;
    sum.other_slot += n.other_slot;
    sum.repeated += n.repeated;
  }
  return sum;
}

void intake::after_fork_in_child() noexcept {
  closed_ = true;
  receivers_.clear();
}

}  // namespace mailslog
