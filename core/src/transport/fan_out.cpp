#include "transport/fan_out.hpp"

#include <algorithm>
#include <utility>

namespace mailslog::transport {
namespace {

class fan final : public datagram_sender {
 public:
  explicit fan(std::vector<std::unique_ptr<datagram_sender>> senders) {
    for (auto& s : senders) branches_.push_back({std::move(s), true});
  }

  send_result send(byte_view datagrams, std::size_t datagram_size) noexcept override {
    if (!sending_) {
      result_ = {};
      for (auto& b : branches_) b.waiting = true;
    }
    sending_ = false;
    for (auto& b : branches_) {
      if (!b.waiting) continue;
      const auto r = b.sender->send(datagrams, datagram_size);
      b.waiting = r.status == send_status::would_block;
      sending_ = sending_ || b.waiting;
      if (r.error) result_.error = r.error;
      if (!b.waiting) result_.taken += r.taken;
    }
    result_.conclude(sending_);
    return result_;
  }

  void abandon() noexcept override {
    sending_ = false;
    for (auto& b : branches_) b.sender->abandon();
  }

  void wait(std::chrono::nanoseconds timeout) noexcept override {
    const auto first = std::find_if(branches_.begin(), branches_.end(), [](const branch& b) { return b.waiting; });
    if (first != branches_.end()) first->sender->wait(timeout);
  }

  std::size_t max_datagram() const noexcept override {
    return least([](const auto& s) { return s.max_datagram(); });
  }
  std::size_t default_datagram() const noexcept override {
    return least([](const auto& s) { return s.default_datagram(); });
  }
  std::size_t receiver_buffer() const noexcept override {
    std::size_t n = 0;
    for (const auto& b : branches_) n = std::max(n, b.sender->receiver_buffer());
    return n;
  }
  std::size_t datagrams_at_once(std::size_t datagram_size) const noexcept override {
    return least([datagram_size](const auto& s) { return s.datagrams_at_once(datagram_size); });
  }

 private:
  struct branch {
    std::unique_ptr<datagram_sender> sender;
    bool waiting;
  };

  template <class Get>
  std::size_t least(Get get) const noexcept {
    std::size_t n = SIZE_MAX;
    for (const auto& b : branches_) n = std::min(n, get(*b.sender));
    return n;
  }

  std::vector<branch> branches_;
  bool sending_ = false;
  send_result result_;
};

}  // namespace

std::unique_ptr<datagram_sender> fan_out(std::vector<std::unique_ptr<datagram_sender>> senders) {
  if (senders.size() == 1) return std::move(senders.front());
  return std::make_unique<fan>(std::move(senders));
}

}  // namespace mailslog::transport
