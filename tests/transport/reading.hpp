// A receiver and what came to it.
#pragma once

#include <utility>
#include <vector>

#include "bytes.hpp"
#include "slots.hpp"
#include "support/wait_until.hpp"

namespace mailslog::test {

class reading {
 public:
  explicit reading(receiver_ptr receiver) : receiver_(std::move(receiver)) {}

  /// Takes what is there.
  void take() {
    receiver_->receive(buffer_);
    for (const auto& a : buffer_.arrivals()) {
      got_.emplace_back(a.bytes.data, a.bytes.data + a.bytes.size);
      from_.push_back(a.from);
    }
    buffer_.clear();
  }
  /// True when at least `n` have come in all.
  bool wait_for(std::size_t n) {
    return wait_until([&] {
      take();
      return got_.size() >= n;
    });
  }
  const std::vector<bytes>& got() const { return got_; }
  const std::vector<transport::endpoint>& from() const { return from_; }
  transport::datagram_receiver& receiver() { return *receiver_; }

 private:
  receiver_ptr receiver_;
  transport::receive_buffer buffer_;
  std::vector<bytes> got_;
  std::vector<transport::endpoint> from_;
};

/// `size` bytes that start with `mark` and `number`, as far as there is room.
inline bytes marked(std::uint8_t mark, std::uint32_t number, std::size_t size) {
  bytes b(size);
  for (std::size_t i = 0; i < size; ++i) b[i] = static_cast<std::uint8_t>(i < 5 ? (i == 0 ? mark : number >> (8 * (i - 1))) : i);
  return b;
}

/// Sends datagrams of one size, the last of which may be shorter. While there is no room, `readers` take what is there.
template <class... Reading>
transport::send_result post(transport::datagram_sender& to, const std::vector<bytes>& datagrams, Reading&... readers) {
  bytes all;
  for (const auto& d : datagrams) all.insert(all.end(), d.begin(), d.end());
  transport::send_result result;
  wait_until([&] {
    result = to.send(view(all), datagrams.front().size());
    (readers.take(), ...);
    return result.status != transport::send_status::would_block;
  });
  return result;
}

template <class... Reading>
transport::send_result post(transport::datagram_sender& to, const bytes& datagram, Reading&... readers) {
  return post(to, std::vector<bytes>{datagram}, readers...);
}

}  // namespace mailslog::test
