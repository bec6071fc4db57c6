#include "platform/udp_socket.hpp"

#include <algorithm>
#include <cstring>

#include <netinet/udp.h>

#include "platform/posix.hpp"
#include "platform/socket_address.hpp"

namespace mailslog::platform {
namespace {

void share_port(int fd) noexcept {
  set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
#ifndef __linux__
  set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
#endif
}

bool change_membership(int fd, const endpoint& group, unsigned interface_index, int ipv4_option, int ipv6_option) noexcept {
  if (group.what == endpoint::kind::ipv4) {
    ::ip_mreqn request{};
    std::memcpy(&request.imr_multiaddr, group.ip.data(), 4);
    request.imr_ifindex = static_cast<int>(interface_index);
    return ::setsockopt(fd, IPPROTO_IP, ipv4_option, &request, sizeof request) == 0;
  }
  ::ipv6_mreq request{};
  std::memcpy(&request.ipv6mr_multiaddr, group.ip.data(), 16);
  request.ipv6mr_interface = interface_index;
  return ::setsockopt(fd, IPPROTO_IPV6, ipv6_option, &request, sizeof request) == 0;
}

}  // namespace

udp_socket::udp_socket(ip_family family, std::error_code& error) noexcept
    : socket_(make_socket(family == ip_family::ipv4 ? AF_INET : AF_INET6, SOCK_DGRAM)), family_(family) {
  error = socket_ ? std::error_code() : last_error();
}

// ---- sending

std::error_code udp_socket::connect(const endpoint& to) noexcept {
  const auto address = to_socket_address(to);
  return ::connect(socket_.get(), address.generic(), address.size) == 0 ? std::error_code() : last_error();
}

endpoint udp_socket::local() const noexcept {
  ::sockaddr_storage storage{};
  ::socklen_t size = sizeof storage;
  if (::getsockname(socket_.get(), reinterpret_cast<::sockaddr*>(&storage), &size) != 0) return {};
  return from_socket_address(reinterpret_cast<const ::sockaddr&>(storage));
}

std::error_code udp_socket::bind(const endpoint& from) noexcept {
  if (from.port != 0) share_port(socket_.get());
  const auto address = to_socket_address(from);
  return ::bind(socket_.get(), address.generic(), address.size) == 0 ? std::error_code() : last_error();
}

std::error_code udp_socket::allow_broadcast() noexcept {
  return set_option(socket_.get(), SOL_SOCKET, SO_BROADCAST, 1) ? std::error_code() : last_error();
}

std::error_code udp_socket::set_multicast_interface(const network_interface& i, int ttl) noexcept {
  bool done = false;
  if (ipv4()) {
    ::ip_mreqn on{};
    on.imr_ifindex = static_cast<int>(i.index);
    std::memcpy(&on.imr_address, i.ipv4_address.data(), 4);  // who we say we are where no route says it
    done = ::setsockopt(socket_.get(), IPPROTO_IP, IP_MULTICAST_IF, &on, sizeof on) == 0 &&
           set_option(socket_.get(), IPPROTO_IP, IP_MULTICAST_TTL, ttl);
  } else {
    done = set_option(socket_.get(), IPPROTO_IPV6, IPV6_MULTICAST_IF, static_cast<int>(i.index)) &&
           set_option(socket_.get(), IPPROTO_IPV6, IPV6_MULTICAST_HOPS, ttl);
  }
  return done ? std::error_code() : last_error();
}

void udp_socket::set_multicast_loopback(bool on) noexcept {
  if (ipv4()) {
    set_option(socket_.get(), IPPROTO_IP, IP_MULTICAST_LOOP, on ? 1 : 0);
  } else {
    set_option(socket_.get(), IPPROTO_IPV6, IPV6_MULTICAST_LOOP, on ? 1 : 0);
  }
}

void udp_socket::ask_for_send_buffer(int bytes) noexcept { set_option(socket_.get(), SOL_SOCKET, SO_SNDBUF, bytes); }

bool udp_socket::set_segment_size([[maybe_unused]] std::size_t datagram_size) noexcept {
#ifdef UDP_SEGMENT
  return set_option(socket_.get(), IPPROTO_UDP, UDP_SEGMENT, static_cast<int>(datagram_size));
#else
  return datagram_size == 0;
#endif
}

std::error_code udp_socket::send(byte_view bytes) noexcept {
  return ::send(socket_.get(), bytes.data, bytes.size, MSG_NOSIGNAL) < 0 ? last_error() : std::error_code();
}

std::error_code udp_socket::send_to(const endpoint& to, byte_view datagram) noexcept {
  const auto address = to_socket_address(to);
  const auto n = ::sendto(socket_.get(), datagram.data, datagram.size, MSG_NOSIGNAL, address.generic(), address.size);
  return n < 0 ? last_error() : std::error_code();
}

std::error_code udp_socket::send_to(const endpoint& to, const network_interface& by, byte_view datagrams) noexcept {
  auto address = to_socket_address(to);
  ::iovec what{const_cast<std::uint8_t*>(datagrams.data), datagrams.size};
  alignas(::cmsghdr) char control[CMSG_SPACE(sizeof(::in6_pktinfo)) + CMSG_SPACE(sizeof(::in_pktinfo))] = {};
  ::msghdr m{};
  m.msg_name = &address.storage;
  m.msg_namelen = address.size;
  m.msg_iov = &what;
  m.msg_iovlen = 1;
  m.msg_control = control;
  const auto attach = [&m](int level, int type, const auto& info) {
    m.msg_controllen = CMSG_SPACE(sizeof info);
    auto* c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = level;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(sizeof info);
    std::memcpy(CMSG_DATA(c), &info, sizeof info);
  };
  if (ipv4()) {
    ::in_pktinfo info{};
    info.ipi_ifindex = static_cast<int>(by.index);
    std::memcpy(&info.ipi_spec_dst, by.ipv4_address.data(), 4);
    attach(IPPROTO_IP, IP_PKTINFO, info);
  } else {
    ::in6_pktinfo info{};
    info.ipi6_ifindex = by.index;
    attach(IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
  return ::sendmsg(socket_.get(), &m, MSG_NOSIGNAL) < 0 ? last_error() : std::error_code();
}

std::error_code udp_socket::set_multicast_ttl(int ttl) noexcept {
  const bool done = ipv4() ? set_option(socket_.get(), IPPROTO_IP, IP_MULTICAST_TTL, ttl)
                           : set_option(socket_.get(), IPPROTO_IPV6, IPV6_MULTICAST_HOPS, ttl);
  return done ? std::error_code() : last_error();
}

void udp_socket::set_fragmenting([[maybe_unused]] bool on) noexcept {
#ifdef IP_PMTUDISC_DO
  if (ipv4()) {
    set_option(socket_.get(), IPPROTO_IP, IP_MTU_DISCOVER, on ? IP_PMTUDISC_WANT : IP_PMTUDISC_DO);
  } else {
    set_option(socket_.get(), IPPROTO_IPV6, IPV6_MTU_DISCOVER, on ? IPV6_PMTUDISC_WANT : IPV6_PMTUDISC_DO);
  }
#endif
}

std::size_t udp_socket::path_mtu() const noexcept {
  int mtu = 0;
#ifdef IP_MTU
  ::socklen_t size = sizeof mtu;
  const int failed = ipv4() ? ::getsockopt(socket_.get(), IPPROTO_IP, IP_MTU, &mtu, &size)
                            : ::getsockopt(socket_.get(), IPPROTO_IPV6, IPV6_MTU, &mtu, &size);
  if (failed != 0) return 0;
#endif
  return static_cast<std::size_t>(std::max(mtu, 0));
}

// ---- receiving

std::error_code udp_socket::listen(const endpoint& at, std::size_t buffer) noexcept {
  const int fd = socket_.get();
  share_port(fd);
  const int wanted = static_cast<int>(std::min<std::size_t>(buffer, 1024 * 1024 * 1024));
#ifdef SO_RCVBUFFORCE
  // With CAP_NET_ADMIN, beyond the system's limit.
  if (!set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, wanted)) set_option(fd, SOL_SOCKET, SO_RCVBUF, wanted);
#else
  set_option(fd, SOL_SOCKET, SO_RCVBUF, wanted);
#endif
  if (ipv4()) {
    set_option(fd, IPPROTO_IP, IP_PKTINFO, 1);
#ifdef IP_MULTICAST_ALL
    set_option(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0);  // only the groups that this socket has joined
#endif
  } else {
    set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
#ifdef IPV6_MULTICAST_ALL
    set_option(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);
#endif
  }
#ifdef UDP_GRO
  set_option(fd, IPPROTO_UDP, UDP_GRO, 1);
#endif
#ifdef SO_RXQ_OVFL
  set_option(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
#endif
  return bind(at);
}

std::error_code udp_socket::join(const endpoint& group, const network_interface& i) noexcept {
  if (change_membership(socket_.get(), group, i.index, IP_ADD_MEMBERSHIP, IPV6_JOIN_GROUP) || errno == EADDRINUSE) return {};
  return errno == ENOMEM ? std::make_error_code(std::errc::no_buffer_space) : last_error();
}

void udp_socket::leave(const endpoint& group, unsigned interface_index) noexcept {
  change_membership(socket_.get(), group, interface_index, IP_DROP_MEMBERSHIP, IPV6_LEAVE_GROUP);
}

bool udp_socket::receive(void* memory, std::size_t size, udp_arrival& arrival) noexcept {
  ::sockaddr_storage source{};
  ::iovec where{memory, size};
  alignas(::cmsghdr) char control[256];
  ::msghdr m{};
  ::ssize_t n;
  do {
    m = {};
    m.msg_name = &source;
    m.msg_namelen = sizeof source;
    m.msg_iov = &where;
    m.msg_iovlen = 1;
    m.msg_control = control;
    m.msg_controllen = sizeof control;
    n = ::recvmsg(socket_.get(), &m, 0);
  } while (n < 0 && (errno == EINTR || errno == ECONNREFUSED));
  if (n < 0) return false;

  arrival = {};
  arrival.size = static_cast<std::size_t>(n);
  arrival.cut = (m.msg_flags & MSG_TRUNC) != 0;
  arrival.from = from_socket_address(reinterpret_cast<const ::sockaddr&>(source));
  for (auto* c = CMSG_FIRSTHDR(&m); c != nullptr; c = CMSG_NXTHDR(&m, c)) {
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      ::in_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(c), sizeof info);
      arrival.interface_index = static_cast<unsigned>(info.ipi_ifindex);
      arrival.unicast = !IN_MULTICAST(ntohl(info.ipi_addr.s_addr));
    } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
      ::in6_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(c), sizeof info);
      arrival.interface_index = static_cast<unsigned>(info.ipi6_ifindex);
      arrival.unicast = !IN6_IS_ADDR_MULTICAST(&info.ipi6_addr);
    }
#ifdef UDP_GRO
    if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
      int each = 0;
      std::memcpy(&each, CMSG_DATA(c), sizeof each);
      if (each > 0) arrival.datagram_size = static_cast<std::size_t>(each);
    }
#endif
#ifdef SO_RXQ_OVFL
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) std::memcpy(&dropped_, CMSG_DATA(c), sizeof dropped_);
#endif
  }
  return true;
}

wait_handle udp_socket::readable() const noexcept { return socket_.get(); }

bool hears_broadcasts_at_own_address() noexcept { return false; }

std::string port_without_rights() {
#ifdef __linux__
  return "ports below 1024 need a right: give the program CAP_NET_BIND_SERVICE (setcap cap_net_bind_service=+ep PROGRAM), or let "
         "all programs have such ports (sysctl net.ipv4.ip_unprivileged_port_start=137)";
#else
  return "ports below 1024 are for root";
#endif
}

std::size_t usual_receive_buffer() noexcept {
  const auto probe = make_socket(AF_INET, SOCK_DGRAM);
  set_option(probe.get(), SOL_SOCKET, SO_RCVBUF, 64 * 1024 * 1024);
  int granted = 0;
  ::socklen_t size = sizeof granted;
  return ::getsockopt(probe.get(), SOL_SOCKET, SO_RCVBUF, &granted, &size) == 0 ? static_cast<std::size_t>(granted) : 0;
}

}  // namespace mailslog::platform
