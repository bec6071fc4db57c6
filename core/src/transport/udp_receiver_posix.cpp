#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>

#include "platform/interfaces.hpp"
#include "platform/posix.hpp"
#include "transport/udp.hpp"
#include "transport/udp_address_posix.hpp"

namespace mailslog::transport {
namespace {

using platform::last_error;
using platform::make_socket;
using platform::set_option;
using platform::unique_fd;
using clock = std::chrono::steady_clock;

class udp_receiver final : public datagram_receiver {
 public:
  udp_receiver(ip_family family, const groups& on, const slot_options& options);

  void receive(receive_buffer& out) override;
  int handle() const noexcept override { return fd_.get(); }
  void maintain() noexcept override;
  std::uint64_t dropped() const noexcept override { return dropped_; }

 private:
  bool ipv4() const { return family_ == ip_family::ipv4; }
  [[noreturn]] void fail(std::error_code error, const std::string& tried) const;
  void ask_for_buffer(std::size_t bytes) noexcept;
  bool join(unsigned interface) noexcept;
  std::size_t join_all();

  ip_family family_;
  groups on_;
  slot_options options_;
  unique_fd fd_;
  std::vector<unsigned> allowed_;  // interfaces, where only some are
  clock::time_point joined_{};
  std::atomic<std::uint64_t> dropped_{0};
};

void udp_receiver::fail(std::error_code error, const std::string& tried) const {
  throw std::system_error(error, "cannot listen on UDP port " + std::to_string(options_.port) +
                                     (ipv4() ? " (IPv4): " : " (IPv6): ") + tried);
}

udp_receiver::udp_receiver(ip_family family, const groups& on, const slot_options& options)
    : family_(family), on_(on), options_(options) {
  fd_ = make_socket(ipv4() ? AF_INET : AF_INET6, SOCK_DGRAM);
  if (!fd_) fail(last_error(), "cannot make a socket");
  // Several readers of one machine share the port.
  set_option(fd_.get(), SOL_SOCKET, SO_REUSEADDR, 1);
#ifndef __linux__
  set_option(fd_.get(), SOL_SOCKET, SO_REUSEPORT, 1);
#endif
  ask_for_buffer(options_.rcvbuf);

  endpoint any;
  any.what = ipv4() ? endpoint::kind::ipv4 : endpoint::kind::ipv6;
  any.port = options_.port;
  if (ipv4()) {
    set_option(fd_.get(), IPPROTO_IP, IP_PKTINFO, 1);
#ifdef IP_MULTICAST_ALL
    set_option(fd_.get(), IPPROTO_IP, IP_MULTICAST_ALL, 0);  // only the groups that this socket has joined
#endif
  } else {
    set_option(fd_.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
    set_option(fd_.get(), IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
#ifdef IPV6_MULTICAST_ALL
    set_option(fd_.get(), IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);
#endif
  }
#ifdef UDP_GRO
  set_option(fd_.get(), IPPROTO_UDP, UDP_GRO, 1);
#endif
#ifdef SO_RXQ_OVFL
  set_option(fd_.get(), SOL_SOCKET, SO_RXQ_OVFL, 1);
#endif
  const auto address = to_socket_address(any);
  if (::bind(fd_.get(), address.generic(), address.size) != 0) {
    const auto error = last_error();
    fail(error, error == std::errc::address_in_use ? "another program has this port for itself; choose another with port="
                                                   : "cannot bind it");
  }
  if (join_all() == 0 && !options_.if_.empty()) {
    fail(std::make_error_code(std::errc::no_such_device),
         "no interface \"" + options_.if_ + "\" that is up and could join the multicast group");
  }
}

void udp_receiver::ask_for_buffer(std::size_t bytes) noexcept {
  const int wanted = static_cast<int>(std::min<std::size_t>(bytes, 1024 * 1024 * 1024));
#ifdef SO_RCVBUFFORCE
  if (set_option(fd_.get(), SOL_SOCKET, SO_RCVBUFFORCE, wanted)) return;  // with CAP_NET_ADMIN, beyond the system's limit
#endif
  set_option(fd_.get(), SOL_SOCKET, SO_RCVBUF, wanted);
}

bool udp_receiver::join(unsigned interface) noexcept {
  int result;
  if (ipv4()) {
    ::ip_mreqn group{};
    std::memcpy(&group.imr_multiaddr, on_.ipv4.data(), on_.ipv4.size());
    group.imr_ifindex = static_cast<int>(interface);
    result = ::setsockopt(fd_.get(), IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group);
  } else {
    ::ipv6_mreq group{};
    std::memcpy(&group.ipv6mr_multiaddr, on_.ipv6.data(), on_.ipv6.size());
    group.ipv6mr_interface = interface;
    result = ::setsockopt(fd_.get(), IPPROTO_IPV6, IPV6_JOIN_GROUP, &group, sizeof group);
  }
  return result == 0 || errno == EADDRINUSE;  // joined already
}

std::size_t udp_receiver::join_all() {
  joined_ = clock::now();
  std::size_t joined = 0;
  std::vector<unsigned> allowed;
  for (const auto& i : platform::usable_interfaces(options_.if_)) {
    if (!options_.if_.empty()) allowed.push_back(i.index);
    const bool wanted = options_.if_.empty() || i.name == options_.if_;
    if (join(i.index) && wanted) ++joined;
  }
  allowed_ = std::move(allowed);
  return joined;
}

void udp_receiver::maintain() noexcept {
  if (clock::now() - joined_ < interfaces_checked_every) return;
  try {
    join_all();
  } catch (const std::bad_alloc&) {
    // As it was; the next time, perhaps.
  }
}

void udp_receiver::receive(receive_buffer& out) {
  while (!out.full()) {
    ::sockaddr_storage source{};
    ::iovec memory{out.free(), receive_buffer::max_received};
    alignas(::cmsghdr) char control[256];
    ::msghdr m{};
    m.msg_name = &source;
    m.msg_namelen = sizeof source;
    m.msg_iov = &memory;
    m.msg_iovlen = 1;
    m.msg_control = control;
    m.msg_controllen = sizeof control;
    const auto n = ::recvmsg(fd_.get(), &m, 0);
    if (n < 0 && (errno == EINTR || errno == ECONNREFUSED)) continue;
    if (n < 0) return;

    const auto size = static_cast<std::size_t>(n);
    std::size_t datagram_size = std::max<std::size_t>(size, 1);
    unsigned interface = 0;
    bool unicast = false;
    for (auto* c = CMSG_FIRSTHDR(&m); c != nullptr; c = CMSG_NXTHDR(&m, c)) {
      if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
        ::in_pktinfo info{};
        std::memcpy(&info, CMSG_DATA(c), sizeof info);
        interface = static_cast<unsigned>(info.ipi_ifindex);
        unicast = !IN_MULTICAST(ntohl(info.ipi_addr.s_addr));
      } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
        ::in6_pktinfo info{};
        std::memcpy(&info, CMSG_DATA(c), sizeof info);
        interface = static_cast<unsigned>(info.ipi6_ifindex);
        unicast = !IN6_IS_ADDR_MULTICAST(&info.ipi6_addr);
      }
#ifdef UDP_GRO
      if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
        int each = 0;
        std::memcpy(&each, CMSG_DATA(c), sizeof each);
        if (each > 0) datagram_size = static_cast<std::size_t>(each);
      }
#endif
#ifdef SO_RXQ_OVFL
      if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
        std::uint32_t total = 0;
        std::memcpy(&total, CMSG_DATA(c), sizeof total);
        // The kernel counts in 32 bits.
        dropped_ += static_cast<std::uint32_t>(total - static_cast<std::uint32_t>(dropped_));
      }
#endif
    }
    if (!options_.if_.empty() && std::find(allowed_.begin(), allowed_.end(), interface) == allowed_.end()) continue;
    out.add(size, datagram_size, from_socket_address(source), unicast);
  }
}

}  // namespace

loopback_relay::~loopback_relay() { unique_fd(std::exchange(socket_, -1)); }

void loopback_relay::send(std::uint32_t slot_tag, byte_view datagram) noexcept {
  if (socket_ < 0) {
    ::ip_mreqn loopback{};
    loopback.imr_ifindex = static_cast<int>(::if_nametoindex("lo"));
    if (loopback.imr_ifindex == 0) loopback.imr_ifindex = static_cast<int>(::if_nametoindex("lo0"));
    loopback.imr_address.s_addr = htonl(INADDR_LOOPBACK);
    unique_fd fd = make_socket(AF_INET, SOCK_DGRAM);
    if (!fd || ::setsockopt(fd.get(), IPPROTO_IP, IP_MULTICAST_IF, &loopback, sizeof loopback) != 0) return;
    socket_ = fd.release();
  }
  const auto to = to_socket_address(group_endpoint(ip_family::ipv4, groups_of(slot_tag), port_));
  // Lost if there is no room, as it might have been on the way.
  ::sendto(socket_, datagram.data, datagram.size, MSG_NOSIGNAL, to.generic(), to.size);
}

std::unique_ptr<datagram_receiver> open_udp_receiver(ip_family family, const groups& on, const slot_options& options) {
  return std::make_unique<udp_receiver>(family, on, options);
}

}  // namespace mailslog::transport
