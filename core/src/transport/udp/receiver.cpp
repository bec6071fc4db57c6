#include <algorithm>
#include <atomic>
#include <utility>

#include "platform/interfaces.hpp"
#include "platform/udp_socket.hpp"
#include "transport/udp/udp.hpp"

namespace mailslog::transport {
namespace {

using platform::udp_socket;
using clock = std::chrono::steady_clock;

class udp_receiver final : public datagram_receiver {
 public:
  udp_receiver(ip_family family, const groups& on, const slot_options& options);

  void receive(receive_buffer& out) override;
  void add_handles(std::vector<platform::wait_handle>& to) const override { to.push_back(socket_.readable()); }
  void refresh() noexcept override;
  std::uint64_t dropped() const noexcept override { return dropped_; }

 private:
  [[noreturn]] void fail(std::error_code error, const std::string& tried) const;
  std::size_t join_all();
  void leave_gone();

  ip_family family_;
  endpoint group_;
  slot_options options_;
  udp_socket socket_;
  std::vector<unsigned> allowed_;  // interfaces, where only some are
  std::vector<unsigned> joined_on_;
  clock::time_point joined_{};
  std::atomic<std::uint64_t> dropped_{0};
};

void udp_receiver::fail(std::error_code error, const std::string& tried) const {
  throw std::system_error(error, "cannot listen on UDP port " + std::to_string(options_.port) +
                                     (family_ == ip_family::ipv4 ? " (IPv4): " : " (IPv6): ") + tried);
}

udp_receiver::udp_receiver(ip_family family, const groups& on, const slot_options& options)
    : family_(family), group_(group_endpoint(family, on, 0)), options_(options) {
  std::error_code error;
  socket_ = udp_socket(family, error);
  if (error) fail(error, "cannot make a socket");
  endpoint any;
  any.what = group_.what;
  any.port = options_.port;
  if ((error = socket_.listen(any, options_.rcvbuf))) {
    fail(error, error == std::errc::address_in_use ? "another program has this port for itself; choose another with port="
                                                   : "cannot bind it");
  }
  if (join_all() == 0 && !options_.if_.empty()) {
    fail(std::make_error_code(std::errc::no_such_device),
         "no interface \"" + options_.if_ + "\" that is up and could join the multicast group");
  }
}

std::size_t udp_receiver::join_all() {
  joined_ = clock::now();
  std::size_t joined = 0;
  std::vector<unsigned> allowed;
  leave_gone();
  for (const auto& i : platform::usable_interfaces(options_.if_)) {
    if (!options_.if_.empty()) allowed.push_back(i.index);
    if (!socket_.join(group_, i)) continue;
    if (std::find(joined_on_.begin(), joined_on_.end(), i.index) == joined_on_.end()) joined_on_.push_back(i.index);
    if (options_.if_.empty() || i.name == options_.if_) ++joined;
  }
  allowed_ = std::move(allowed);
  return joined;
}

// The system counts them, too, and allows for few: Linux for 20.
void udp_receiver::leave_gone() {
  const auto gone = std::partition(joined_on_.begin(), joined_on_.end(), platform::is_there);
  for (auto index = gone; index != joined_on_.end(); ++index) socket_.leave(group_, *index);
  joined_on_.erase(gone, joined_on_.end());
}

void udp_receiver::refresh() noexcept {
  if (clock::now() - joined_ < interfaces_checked_every) return;
  try {
    join_all();
  } catch (const std::bad_alloc&) {
    // As it was; the next time, perhaps.
  }
}

void udp_receiver::receive(receive_buffer& out) {
  platform::udp_arrival arrival;
  while (!out.full() && socket_.receive(out.free(), receive_buffer::max_received, arrival)) {
    // The kernel counts in 32 bits.
    const auto more = static_cast<std::uint32_t>(socket_.dropped() - static_cast<std::uint32_t>(dropped_.load()));
    if (more != 0) dropped_ += more;
    if (!options_.if_.empty() && std::find(allowed_.begin(), allowed_.end(), arrival.interface_index) == allowed_.end()) continue;
    out.add(arrival.size, arrival.datagram_size != 0 ? arrival.datagram_size : std::max<std::size_t>(arrival.size, 1), arrival.from,
            arrival.unicast);
  }
}

}  // namespace

void loopback_relay::send(std::uint32_t slot_tag, byte_view datagram) noexcept try {
  if (!socket_) {
    const auto interfaces = platform::usable_interfaces("lo");
    const auto loopback = std::find_if(interfaces.begin(), interfaces.end(), [](const auto& i) { return i.loopback && i.ipv4; });
    if (loopback == interfaces.end()) return;
    std::error_code error;
    udp_socket fresh(ip_family::ipv4, error);
    if (error || fresh.set_multicast_interface(*loopback, 0)) return;
    socket_ = std::move(fresh);
  }
  // Lost if there is no room, as it might have been on the way.
  (void)socket_.send_to(group_endpoint(ip_family::ipv4, groups_of(slot_tag), port_), datagram);
} catch (const std::bad_alloc&) {
  // Lost too.
}

std::unique_ptr<datagram_receiver> open_udp_receiver(ip_family family, const groups& on, const slot_options& options) {
  return std::make_unique<udp_receiver>(family, on, options);
}

}  // namespace mailslog::transport
