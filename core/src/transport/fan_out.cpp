#include "transport/fan_out.hpp"

#include <algorithm>
#include <utility>

#include "transport/resumable.hpp"

namespace mailslog::transport {
namespace {

class fan final : public datagram_sender {
 public:
  explicit fan(std::vector<std::unique_ptr<datagram_sender>> senders, std::chrono::nanoseconds patience) : sending_(patience) {
    for (auto& s : senders) {
      branches_.emplace_back();
      branches_.back().sender = std::move(s);
    }
  }

  send_result send(byte_view datagrams, std::size_t datagram_size) noexcept override {
    sending_.begin(branches_);
    return sending_.run(branches_, [&](branch& b) {
      const auto r = b.sender->send(datagrams, datagram_size);
      if (r.error) sending_.result.error = r.error;
      if (r.status == send_status::would_block) return progress::no_room;
      sending_.result.taken += r.taken;
      return r.taken != 0 ? progress::took_all : progress::ended;
    });
  }

  void abandon() noexcept override {
    sending_.abandon();
    for (auto& b : branches_) b.sender->abandon();
  }

  void wait(std::chrono::nanoseconds timeout) noexcept override {
    const auto waiting = [](const branch& b) { return b.waiting; };
    const auto first = std::find_if(branches_.begin(), branches_.end(), waiting);
    if (first == branches_.end()) return;
    // Any of them may be the next to have room.
    const bool several = std::count_if(first, branches_.end(), waiting) > 1;
    first->sender->wait(several ? std::min<std::chrono::nanoseconds>(timeout, std::chrono::milliseconds(1)) : timeout);
  }

  transport_traits traits() const noexcept override {
    transport_traits all{false, true, false};
    for (const auto& b : branches_) {
      const auto t = b.sender->traits();
      all = {all.lossy || t.lossy, all.ordered && t.ordered, all.framed || t.framed};
    }
    return all;
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
  struct branch : resumable_path {
    std::unique_ptr<datagram_sender> sender;

    void passed_over() noexcept { sender->abandon(); }
  };

  template <class Get>
  std::size_t least(Get get) const noexcept {
    std::size_t n = SIZE_MAX;
    for (const auto& b : branches_) n = std::min(n, get(*b.sender));
    return n;
  }

  std::vector<branch> branches_;
  resumable_send<branch> sending_;
};

}  // namespace

std::unique_ptr<datagram_sender> fan_out(std::vector<std::unique_ptr<datagram_sender>> senders, std::chrono::nanoseconds patience) {
  if (senders.size() == 1) return std::move(senders.front());
  return std::make_unique<fan>(std::move(senders), patience);
}

}  // namespace mailslog::transport
