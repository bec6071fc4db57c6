#include <algorithm>
#include <atomic>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "platform/interfaces.hpp"
#include "platform/udp_socket.hpp"
#include "transport/udp/udp.hpp"

namespace mailslog::transport {
namespace {

using platform::udp_socket;
using clock = std::chrono::steady_clock;

// A socket may join few groups (Linux: 20, igmp_max_memberships), and an interface may be one of hundreds.
constexpr std::size_t most_sockets = 64;

class udp_receiver final : public datagram_receiver {
 public:
  udp_receiver(ip_family family, const groups& on, const udp_options& options);

  transport_traits traits() const noexcept override { return udp_traits; }
  void receive(receive_buffer& out) override;
  void add_handles(std::vector<platform::wait_handle>& to) const override;
  void refresh() noexcept override;
  std::uint64_t dropped() const noexcept override { return dropped_; }

 private:
  struct one {
    udp_socket socket;
    std::uint32_t dropped = 0;  // as last told
    std::vector<unsigned> joined_on;
  };

  [[noreturn]] void fail(std::error_code error, const std::string& tried) const;
  void open();
  one open_socket() const;
  std::size_t join_all();
  std::error_code join(const platform::network_interface& i);
  void leave_gone();
  void receive_from(one& s, receive_buffer& out);

  ip_family family_;
  endpoint group_;
  udp_options options_;
  std::vector<one> sockets_;
  mutable std::mutex mutex_;       // where `sockets_` changes, and where another thread looks
  std::vector<unsigned> allowed_;  // interfaces, where only some are
  std::string deaf_on_;            // an interface that could not be joined for want of room
  clock::time_point joined_{};
  std::atomic<std::uint64_t> dropped_{0};
};

void udp_receiver::fail(std::error_code error, const std::string& tried) const {
  throw std::system_error(error, "cannot listen on UDP port " + std::to_string(options_.port) +
                                     (family_ == ip_family::ipv4 ? " (IPv4): " : " (IPv6): ") + tried);
}

udp_receiver::udp_receiver(ip_family family, const groups& on, const udp_options& options)
    : family_(family), group_(group_endpoint(family, on, 0)), options_(options) {
  open();
}

void udp_receiver::open() {
  auto first = open_socket();
  {
    const std::lock_guard lock(mutex_);
    sockets_.clear();
    sockets_.push_back(std::move(first));
  }
  if (join_all() == 0 && !options_.if_.empty()) {
    fail(std::make_error_code(std::errc::no_such_device),
         "no interface \"" + options_.if_ + "\" that is up and could join the multicast group");
  }
  if (!deaf_on_.empty()) {
    fail(std::make_error_code(std::errc::no_buffer_space),
         "no room to join the multicast group on interface \"" + deaf_on_ + "\", even with " + std::to_string(sockets_.size()) +
             " sockets; allow a socket more groups (sysctl net.ipv4.igmp_max_memberships), or choose an interface with if=");
  }
}

udp_receiver::one udp_receiver::open_socket() const {
  one s;
  std::error_code error;
  s.socket = udp_socket(family_, error);
  if (error) fail(error, "cannot make a socket");
  endpoint any;
  any.what = group_.what;
  any.port = options_.port;
  if ((error = s.socket.listen(any, options_.rcvbuf))) {
    fail(error, error == std::errc::address_in_use ? "another program has this port for itself; choose another with port="
                                                   : "cannot bind it");
  }
  return s;
}

std::size_t udp_receiver::join_all() {
  joined_ = clock::now();
  std::size_t joined = 0;
  std::vector<unsigned> allowed;
  std::error_code unknown;
  const auto interfaces = platform::usable_interfaces(options_.if_, unknown);
  if (unknown) return 0;  // as it was
  deaf_on_.clear();
  leave_gone();
  for (const auto& i : interfaces) {
    if (!options_.if_.empty()) allowed.push_back(i.index);
    if (const auto error = join(i)) {
      if (error == std::errc::no_buffer_space) deaf_on_ = i.name;
      continue;
    }
    if (options_.if_.empty() || i.name == options_.if_.substr(0, options_.if_.find(':'))) ++joined;
  }
  allowed_ = std::move(allowed);
  return joined;
}

std::error_code udp_receiver::join(const platform::network_interface& i) {
  for (auto& s : sockets_) {
    if (std::find(s.joined_on.begin(), s.joined_on.end(), i.index) != s.joined_on.end()) return s.socket.join(group_, i);
  }
  auto error = std::make_error_code(std::errc::no_buffer_space);
  for (auto& s : sockets_) {
    error = s.socket.join(group_, i);
    if (!error) s.joined_on.push_back(i.index);
    if (error != std::errc::no_buffer_space) return error;
  }
  if (sockets_.size() >= most_sockets) return error;
  try {
    auto further = open_socket();
    if ((error = further.socket.join(group_, i))) return error;
    further.joined_on.push_back(i.index);
    const std::lock_guard lock(mutex_);
    sockets_.push_back(std::move(further));
    return {};
  } catch (const std::system_error&) {  // no descriptor, perhaps
    return std::make_error_code(std::errc::no_buffer_space);
  }
}

// The system counts them, too, and allows for few.
void udp_receiver::leave_gone() {
  for (auto& s : sockets_) {
    const auto gone = std::partition(s.joined_on.begin(), s.joined_on.end(), platform::is_there);
    for (auto index = gone; index != s.joined_on.end(); ++index) s.socket.leave(group_, *index);
    s.joined_on.erase(gone, s.joined_on.end());
  }
}

void udp_receiver::add_handles(std::vector<platform::wait_handle>& to) const {
  const std::lock_guard lock(mutex_);
  // Not what the host has closed, and perhaps has its own under the number of: `refresh` opens others.
  for (const auto& s : sockets_) {
    if (!s.socket.lost()) to.push_back(s.socket.readable());
  }
}

void udp_receiver::refresh() noexcept {
  // A host that closes descriptors which it does not own closes all of them: checking one is enough.
  const bool lost = sockets_.empty() || sockets_.front().socket.lost();
  const auto now = clock::now();
  if (now - joined_ < (lost ? std::chrono::seconds(1) : interfaces_checked_every)) return;
  try {
    if (!lost) {
      join_all();
      return;
    }
    joined_ = now;
    open();
  } catch (const std::exception&) {
    // As it was; the next time, perhaps.
  }
}

void udp_receiver::receive(receive_buffer& out) {
  for (auto& s : sockets_) {
    if (!s.socket.lost()) receive_from(s, out);
  }
}

void udp_receiver::receive_from(one& s, receive_buffer& out) {
  platform::udp_arrival arrival;
  int unwanted = 0;
  while (!out.full() && unwanted < most_unwanted && s.socket.receive(out.free(), receive_buffer::max_received, arrival)) {
    dropped_ += s.socket.dropped() - s.dropped;  // the kernel counts in 32 bits
    s.dropped = s.socket.dropped();
    if (!options_.if_.empty() && std::find(allowed_.begin(), allowed_.end(), arrival.interface_index) == allowed_.end()) {
      ++unwanted;
      continue;
    }
    out.add(arrival.size, arrival.datagram_size != 0 ? arrival.datagram_size : std::max<std::size_t>(arrival.size, 1), arrival.from,
            arrival.unicast);
  }
}

}  // namespace

void loopback_relay::send(std::uint32_t slot_tag, byte_view datagram) noexcept try {
  if (!socket_ || socket_.lost()) {
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

std::unique_ptr<datagram_receiver> open_udp_receiver(ip_family family, const groups& on, const udp_options& options) {
  return std::make_unique<udp_receiver>(family, on, options);
}

}  // namespace mailslog::transport
