#include "platform/udp_socket.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include <mswsock.h>

#include "platform/socket_address.hpp"

namespace mailslog::platform {
namespace {

// Not in every mswsock.h.
constexpr DWORD udp_connection_reset = IOC_IN | IOC_VENDOR | 12;  // SIO_UDP_CONNRESET
constexpr DWORD udp_network_reset = IOC_IN | IOC_VENDOR | 15;     // SIO_UDP_NETRESET

template <class Value>
bool set_option(SOCKET s, int level, int name, const Value& value) noexcept {
  return ::setsockopt(s, level, name, reinterpret_cast<const char*>(&value), sizeof value) == 0;
}

void switch_off(SOCKET s, DWORD what) noexcept {
  BOOL off = FALSE;
  DWORD returned = 0;
  ::WSAIoctl(s, what, &off, sizeof off, nullptr, 0, &returned, nullptr, nullptr);
}

// The same for all sockets: the system has one provider of UDP.
LPFN_WSARECVMSG receive_message(SOCKET s) noexcept {
  static const LPFN_WSARECVMSG found = [s]() -> LPFN_WSARECVMSG {
    GUID which = WSAID_WSARECVMSG;
    LPFN_WSARECVMSG function = nullptr;
    DWORD returned = 0;
    const int failed = ::WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &which, sizeof which, &function, sizeof function, &returned,
                                  nullptr, nullptr);
    return failed == 0 ? function : nullptr;
  }();
  return found;
}

int clamped(std::size_t n) noexcept { return static_cast<int>(std::min<std::size_t>(n, std::numeric_limits<int>::max())); }

}  // namespace

// Never cleaned up: sockets in static objects may outlive any other, and each library of a program counts for itself.
void start_sockets() noexcept {
  static const int started = [] {
    WSADATA ignored;
    return ::WSAStartup(MAKEWORD(2, 2), &ignored);
  }();
  (void)started;
}

void socket_traits::close(native s) noexcept {
  const int saved = ::WSAGetLastError();
  ::closesocket(s);
  ::WSASetLastError(saved);
}

void udp_socket::event_traits::close(native event) noexcept { close_keeping_error(event); }

udp_socket::udp_socket(ip_family family, std::error_code& error) noexcept : family_(family) {
  start_sockets();
  socket_.reset(::WSASocketW(ipv4() ? AF_INET : AF_INET6, SOCK_DGRAM, IPPROTO_UDP, nullptr, 0,
                             WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT));
  u_long does_not_wait = 1;
  if (!socket_ || ::ioctlsocket(socket_.get(), static_cast<long>(FIONBIO), &does_not_wait) != 0) {
    error = last_socket_error();
    socket_.reset();
    return;
  }
  error = {};
  // "Port unreachable" from a host that we have sent to would otherwise be told as the failure of a later call.
  switch_off(socket_.get(), udp_connection_reset);
  switch_off(socket_.get(), udp_network_reset);
}

// ---- sending

std::error_code udp_socket::connect(const endpoint& to) noexcept {
  const auto address = to_socket_address(to);
  return ::connect(socket_.get(), address.generic(), address.size) == 0 ? std::error_code() : last_socket_error();
}

endpoint udp_socket::local() const noexcept {
  ::sockaddr_storage storage{};
  int size = sizeof storage;
  if (::getsockname(socket_.get(), reinterpret_cast<::sockaddr*>(&storage), &size) != 0) return {};
  return from_socket_address(reinterpret_cast<const ::sockaddr&>(storage));
}

std::error_code udp_socket::bind(const endpoint& from) noexcept {
  if (from.port != 0) set_option(socket_.get(), SOL_SOCKET, SO_REUSEADDR, DWORD{1});
  const auto address = to_socket_address(from);
  return ::bind(socket_.get(), address.generic(), address.size) == 0 ? std::error_code() : last_socket_error();
}

std::error_code udp_socket::allow_broadcast() noexcept {
  return set_option(socket_.get(), SOL_SOCKET, SO_BROADCAST, DWORD{1}) ? std::error_code() : last_socket_error();
}

std::error_code udp_socket::set_multicast_interface(const network_interface& i, int ttl) noexcept {
  const DWORD hops = static_cast<DWORD>(ttl);
  bool done = false;
  if (ipv4()) {
    done = set_option(socket_.get(), IPPROTO_IP, IP_MULTICAST_IF, i.ipv4_address) &&
           set_option(socket_.get(), IPPROTO_IP, IP_MULTICAST_TTL, hops);
  } else {
    done = set_option(socket_.get(), IPPROTO_IPV6, IPV6_MULTICAST_IF, DWORD{i.index}) &&
           set_option(socket_.get(), IPPROTO_IPV6, IPV6_MULTICAST_HOPS, hops);
  }
  return done ? std::error_code() : last_socket_error();
}

void udp_socket::set_multicast_loopback(bool on) noexcept {
  const DWORD value = on ? 1 : 0;
  if (ipv4()) {
    set_option(socket_.get(), IPPROTO_IP, IP_MULTICAST_LOOP, value);
  } else {
    set_option(socket_.get(), IPPROTO_IPV6, IPV6_MULTICAST_LOOP, value);
  }
}

void udp_socket::ask_for_send_buffer(int bytes) noexcept { set_option(socket_.get(), SOL_SOCKET, SO_SNDBUF, bytes); }

bool udp_socket::set_segment_size(std::size_t datagram_size) noexcept { return datagram_size == 0; }

std::error_code udp_socket::send(byte_view bytes) noexcept {
  const int n = ::send(socket_.get(), reinterpret_cast<const char*>(bytes.data), clamped(bytes.size), 0);
  return n < 0 ? last_socket_error() : std::error_code();
}

std::error_code udp_socket::send_to(const endpoint& to, byte_view datagram) noexcept {
  const auto address = to_socket_address(to);
  const int n = ::sendto(socket_.get(), reinterpret_cast<const char*>(datagram.data), clamped(datagram.size), 0, address.generic(),
                         address.size);
  return n < 0 ? last_socket_error() : std::error_code();
}

std::error_code udp_socket::send_to(const endpoint&, const network_interface&, byte_view) noexcept {
  return std::make_error_code(std::errc::operation_not_supported);
}

std::error_code udp_socket::set_multicast_ttl(int ttl) noexcept {
  const DWORD hops = static_cast<DWORD>(ttl);
  const bool done = ipv4() ? set_option(socket_.get(), IPPROTO_IP, IP_MULTICAST_TTL, hops)
                           : set_option(socket_.get(), IPPROTO_IPV6, IPV6_MULTICAST_HOPS, hops);
  return done ? std::error_code() : last_socket_error();
}

void udp_socket::set_fragmenting(bool) noexcept {}

std::size_t udp_socket::path_mtu() const noexcept { return 0; }

// ---- receiving

std::error_code udp_socket::listen(const endpoint& at, std::size_t buffer) noexcept {
  const SOCKET s = socket_.get();
  const DWORD on = 1;
  set_option(s, SOL_SOCKET, SO_REUSEADDR, on);
  set_option(s, SOL_SOCKET, SO_RCVBUF, clamped(buffer));
  if (ipv4()) {
    set_option(s, IPPROTO_IP, IP_PKTINFO, on);
  } else {
    set_option(s, IPPROTO_IPV6, IPV6_V6ONLY, on);
    set_option(s, IPPROTO_IPV6, IPV6_PKTINFO, on);
  }
  arrived_.reset(::WSACreateEvent());
  if (!arrived_ || ::WSAEventSelect(s, arrived_.get(), FD_READ) != 0) return last_socket_error();
  if (receive_message(s) == nullptr) return std::make_error_code(std::errc::operation_not_supported);
  return bind(at);
}

std::error_code udp_socket::join(const endpoint& group, const network_interface& i) noexcept {
  bool done = false;
  if (ipv4()) {
    ::ip_mreq request{};
    std::memcpy(&request.imr_multiaddr, group.ip.data(), 4);
    std::memcpy(&request.imr_interface, i.ipv4_address.data(), 4);
    done = i.ipv4 && set_option(socket_.get(), IPPROTO_IP, IP_ADD_MEMBERSHIP, request);
  } else {
    ::ipv6_mreq request{};
    std::memcpy(&request.ipv6mr_multiaddr, group.ip.data(), 16);
    request.ipv6mr_interface = i.index;
    done = set_option(socket_.get(), IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, request);
  }
  const int error = done ? 0 : ::WSAGetLastError();
  if (done || error == WSAEINVAL || error == WSAEADDRINUSE) return {};  // both are said of a group that was joined before
  return {error, std::system_category()};
}

void udp_socket::leave(const endpoint& group, unsigned interface_index) noexcept {
  if (ipv4()) {
    ::ip_mreq request{};
    std::memcpy(&request.imr_multiaddr, group.ip.data(), 4);
    request.imr_interface.s_addr = ::htonl(interface_index);  // 0.x.x.x is an index: IP_DROP_MEMBERSHIP in IPPROTO_IP Socket Options
    set_option(socket_.get(), IPPROTO_IP, IP_DROP_MEMBERSHIP, request);
  } else {
    ::ipv6_mreq request{};
    std::memcpy(&request.ipv6mr_multiaddr, group.ip.data(), 16);
    request.ipv6mr_interface = interface_index;
    set_option(socket_.get(), IPPROTO_IPV6, IPV6_DROP_MEMBERSHIP, request);
  }
}

bool udp_socket::receive(void* memory, std::size_t size, udp_arrival& arrival) noexcept {
  ::sockaddr_storage source{};
  WSABUF where{static_cast<ULONG>(clamped(size)), static_cast<char*>(memory)};
  alignas(WSACMSGHDR) char control[256];
  WSAMSG m{};
  DWORD n = 0;
  bool reset = false;
  for (;;) {
    m = {};
    m.name = reinterpret_cast<::sockaddr*>(&source);
    m.namelen = sizeof source;
    m.lpBuffers = &where;
    m.dwBufferCount = 1;
    m.Control = {sizeof control, control};
    if (receive_message(socket_.get())(socket_.get(), &m, &n, nullptr, nullptr) == 0) break;
    const int error = ::WSAGetLastError();
    if (error == WSAEMSGSIZE) {
      n = where.len;
      break;
    }
    if (error == WSAECONNRESET || error == WSAENETRESET) continue;
    if (reset) return false;
    // What arrives from here on sets it again. What arrived before the reset would not: look once more.
    ::WSAResetEvent(arrived_.get());
    reset = true;
  }

  arrival = {};
  arrival.size = n;
  arrival.cut = (m.dwFlags & MSG_TRUNC) != 0;
  arrival.from = from_socket_address(reinterpret_cast<const ::sockaddr&>(source));
  for (auto* c = WSA_CMSG_FIRSTHDR(&m); c != nullptr; c = WSA_CMSG_NXTHDR(&m, c)) {
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      IN_PKTINFO info{};
      std::memcpy(&info, WSA_CMSG_DATA(c), sizeof info);
      arrival.interface_index = info.ipi_ifindex;
      arrival.unicast = (ntohl(info.ipi_addr.s_addr) >> 28) != 0xe;
    } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
      IN6_PKTINFO info{};
      std::memcpy(&info, WSA_CMSG_DATA(c), sizeof info);
      arrival.interface_index = info.ipi6_ifindex;
      arrival.unicast = info.ipi6_addr.s6_addr[0] != 0xff;
    }
  }
  return true;
}

wait_handle udp_socket::readable() const noexcept { return arrived_.get(); }

// Wine's are Linux's.
bool hears_broadcasts_at_own_address() noexcept { return !is_wine(); }

std::string port_without_rights() { return "another program, or the system itself, has this port and does not share it"; }

// This system gives whatever is asked for. But Linux, unless told otherwise, gives an unprivileged reader no more than this, and
// readers on both hear the same writer.
std::size_t usual_receive_buffer() noexcept { return std::size_t{208} * 1024; }

}  // namespace mailslog::platform
