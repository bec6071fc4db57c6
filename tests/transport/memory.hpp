// The plainest transport: queues in memory. Shows what transport.hpp asks for, and that the suite asks for no more.
#pragma once

#include <algorithm>
#include <cstring>
#include <deque>
#include <memory>
#include <vector>

#include "bytes.hpp"
#include "platform/waker.hpp"
#include "transport/transport.hpp"

namespace mailslog::test {

struct memory_queue {
  std::deque<bytes> datagrams;
  platform::waker ready;  // stays awake: enough for who asks whether anything has arrived
};

struct memory_slot_state {
  static constexpr std::size_t max_datagram = 65536;
  static constexpr std::size_t most_waiting = 1000;
  std::vector<memory_queue*> readers;
};

class memory_receiver final : public transport::datagram_receiver {
 public:
  explicit memory_receiver(std::shared_ptr<memory_slot_state> slot) : slot_(std::move(slot)) { slot_->readers.push_back(&queue_); }
  ~memory_receiver() override {
    auto& all = slot_->readers;
    all.erase(std::remove(all.begin(), all.end(), &queue_), all.end());
  }

  transport::transport_traits traits() const noexcept override { return {false, true, false}; }
  void receive(transport::receive_buffer& out) override {
    for (; !queue_.datagrams.empty() && !out.full(); queue_.datagrams.pop_front()) {
      const auto& next = queue_.datagrams.front();
      std::memcpy(out.free(), next.data(), next.size());
      out.add(next.size(), next.size(), {}, false);
    }
  }
  void add_handles(std::vector<platform::wait_handle>& to) const override { to.push_back(queue_.ready.handle()); }
  std::uint64_t dropped() const noexcept override { return 0; }

 private:
  std::shared_ptr<memory_slot_state> slot_;
  memory_queue queue_;
};

class memory_sender final : public transport::datagram_sender {
 public:
  explicit memory_sender(std::shared_ptr<memory_slot_state> slot) : slot_(std::move(slot)) {}

  transport::transport_traits traits() const noexcept override { return {false, true, false}; }
  transport::send_result send(byte_view datagrams, std::size_t size) noexcept override {
    if (std::min(size, datagrams.size) > max_datagram()) {
      return {transport::send_status::failed, std::make_error_code(std::errc::message_size), 0};
    }
    for (const auto* reader : slot_->readers) {
      if (reader->datagrams.size() >= memory_slot_state::most_waiting) return {transport::send_status::would_block, {}, 0};
    }
    for (auto* reader : slot_->readers) {
      for (std::size_t at = 0; at < datagrams.size; at += size) {
        reader->datagrams.emplace_back(datagrams.data + at, datagrams.data + std::min(datagrams.size, at + size));
      }
      reader->ready.wake();
    }
    return {transport::send_status::done, {}, slot_->readers.size()};
  }
  void abandon() noexcept override {}
  void wait(std::chrono::nanoseconds) noexcept override {}
  std::size_t max_datagram() const noexcept override { return memory_slot_state::max_datagram; }
  std::size_t default_datagram() const noexcept override { return 32768; }
  std::size_t datagrams_at_once(std::size_t) const noexcept override { return 16; }

 private:
  std::shared_ptr<memory_slot_state> slot_;
};

}  // namespace mailslog::test
