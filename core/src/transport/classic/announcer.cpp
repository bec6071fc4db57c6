#include "platform/process.hpp"
#include "transport/classic/classic.hpp"
#include "transport/classic/query.hpp"
#include "transport/classic/sockets.hpp"

namespace mailslog::transport {
namespace {

class classic_announcer final : public datagram_receiver {
 public:
  explicit classic_announcer(const classic_options& options)
      : sockets_(static_cast<std::uint16_t>(options.classic_port - 1), options, "announce=1, NetBIOS name queries"),
        computer_(classic::computer_name(platform::host_name())),
        workgroup_(classic::netbios_name::of(options.workgroup)) {}

  transport_traits traits() const noexcept override { return classic_traits; }
  void receive(receive_buffer&) override;
  void add_handles(std::vector<platform::wait_handle>& to) const override { sockets_.add_handles(to); }
  void refresh() noexcept override { sockets_.refresh(); }
  std::uint64_t dropped() const noexcept override { return 0; }  // who asked asks again

 private:
  classic::listening_sockets sockets_;
  classic::netbios_name computer_;
  classic::netbios_name workgroup_;
  std::vector<std::uint8_t> packet_;
};

void classic_announcer::receive(receive_buffer&) {
  std::uint8_t memory[576];
  platform::udp_arrival arrival;
  for (auto& s : sockets_.all()) {
    if (s.socket.lost()) continue;
    for (int packets = 0; packets < most_unwanted && s.socket.receive(memory, sizeof memory, arrival); ++packets) {
      classic::name_query q;
      if (arrival.datagram_size != 0 || !decode(byte_view(memory, arrival.size), q)) continue;
      if (q.name != computer_ && q.name != workgroup_) continue;
      encode(classic::name_answer{q.id, q.name, q.name == workgroup_, {s.own}}, packet_);
      (void)s.socket.send_to(arrival.from, {packet_.data(), packet_.size()});
    }
  }
}

}  // namespace

std::unique_ptr<datagram_receiver> open_classic_announcer(const classic_options& options) {
  return std::make_unique<classic_announcer>(options);
}

}  // namespace mailslog::transport
