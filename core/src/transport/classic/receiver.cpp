#include <algorithm>
#include <atomic>
#include <cstring>

#include "platform/process.hpp"
#include "transport/classic/classic.hpp"
#include "transport/classic/filter.hpp"
#include "transport/classic/sockets.hpp"

namespace mailslog::transport {
namespace {

class classic_receiver final : public datagram_receiver {
 public:
  classic_receiver(const std::string& slot, const classic_options& options)
      : sockets_(options.classic_port, options, "remote mailslots"),
        filter_(slot, classic::computer_name(platform::host_name()), options.workgroup, platform::random_id()),
        packets_(receive_buffer::max_received) {}

  transport_traits traits() const noexcept override { return classic_traits; }
  void receive(receive_buffer& out) override;
  void add_handles(std::vector<platform::wait_handle>& to) const override { sockets_.add_handles(to); }
  void refresh() noexcept override { sockets_.refresh(); }
  std::uint64_t dropped() const noexcept override { return dropped_; }
  unwanted not_for_us() const noexcept override { return {malformed_, other_slot_, repeated_}; }

 private:
  void take(byte_view packet, const endpoint& from, receive_buffer& out);

  classic::listening_sockets sockets_;
  classic::filter filter_;
  std::vector<std::uint8_t> packets_;
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<std::uint64_t> malformed_{0};
  std::atomic<std::uint64_t> other_slot_{0};
  std::atomic<std::uint64_t> repeated_{0};
};

void classic_receiver::receive(receive_buffer& out) {
  platform::udp_arrival arrival;
  for (auto& s : sockets_.all()) {
    if (s.socket.lost()) continue;
    // Most are for others.
    for (int packets = 0; packets < most_unwanted && !out.full() && s.socket.receive(packets_.data(), packets_.size(), arrival); ++packets) {
      dropped_ += s.socket.dropped() - s.dropped;  // the kernel counts in 32 bits
      s.dropped = s.socket.dropped();
      const auto each = arrival.datagram_size != 0 ? arrival.datagram_size : std::max<std::size_t>(arrival.size, 1);
      for (std::size_t at = 0; at == 0 || at < arrival.size; at += each) {
        take({packets_.data() + at, std::min(each, arrival.size - at)}, arrival.from, out);
      }
    }
  }
}

void classic_receiver::take(byte_view packet, const endpoint& from, receive_buffer& out) {
  classic::mailslot_write w;
  switch (filter_.judge(packet, from, std::chrono::steady_clock::now(), w)) {
    case classic::verdict::malformed: ++malformed_; return;
    case classic::verdict::other: ++other_slot_; return;
    case classic::verdict::repeated: ++repeated_; return;
    case classic::verdict::ours: break;
  }
  auto sender = from;
  const auto name = w.source.text();
  std::copy(name.begin(), name.end(), sender.claimed_name.begin());
  if (w.data.size != 0) std::memcpy(out.free(), w.data.data, w.data.size);
  out.add(w.data.size, std::max<std::size_t>(w.data.size, 1), sender, false);
}

}  // namespace

std::unique_ptr<datagram_receiver> open_classic_receiver(const std::string& slot, const classic_options& options) {
  return std::make_unique<classic_receiver>(slot, options);
}

}  // namespace mailslog::transport
