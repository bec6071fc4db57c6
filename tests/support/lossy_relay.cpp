#include "support/lossy_relay.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace mailslog::test {
namespace {

using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

const ::sockaddr* generic(const ::sockaddr_in& address) { return reinterpret_cast<const ::sockaddr*>(&address); }

// An IPv4 packet with a UDP datagram, and the checksum that the datagram would have with the content `sent`: RFC 768, RFC 1071.
std::vector<std::uint8_t> packet(const ::sockaddr_in& from, const ::sockaddr_in& to, const lossy_path::arrival& a) {
  const auto size = static_cast<std::uint16_t>(sizeof(::udphdr) + a.datagram.size());
  ::iphdr ip{};
  ip.version = 4;
  ip.ihl = sizeof ip / 4;
  ip.ttl = 1;
  ip.protocol = IPPROTO_UDP;
  ip.saddr = from.sin_addr.s_addr;
  ip.daddr = to.sin_addr.s_addr;
  ::udphdr udp{};
  udp.source = from.sin_port;
  udp.dest = to.sin_port;
  udp.len = htons(size);

  std::uint32_t sum = 0;
  const auto add = [&sum](const void* bytes, std::size_t count) {
    const auto* b = static_cast<const std::uint8_t*>(bytes);
    for (std::size_t i = 0; i < count; ++i) sum += std::uint32_t{b[i]} << (i % 2 == 0 ? 8 : 0);
  };
  add(&ip.saddr, sizeof ip.saddr);
  add(&ip.daddr, sizeof ip.daddr);
  sum += IPPROTO_UDP + size;
  add(&udp, sizeof udp);
  add(a.sent.data(), a.sent.size());
  while (sum > 0xffff) sum = (sum >> 16) + (sum & 0xffff);
  udp.check = htons(static_cast<std::uint16_t>(sum == 0xffff ? sum : ~sum));  // 0 would be none

  std::vector<std::uint8_t> packet(sizeof ip + size);
  std::memcpy(packet.data(), &ip, sizeof ip);
  std::memcpy(packet.data() + sizeof ip, &udp, sizeof udp);
  std::copy(a.datagram.begin(), a.datagram.end(), packet.begin() + sizeof ip + sizeof udp);
  return packet;
}

}  // namespace

lossy_relay::lossy_relay(const weather& how, std::uint64_t seed, const std::string& to, std::uint16_t port)
    : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)), path_(how, seed) {
  to_.sin_family = AF_INET;
  to_.sin_port = htons(port);
  own_.sin_family = AF_INET;
  own_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::socklen_t size = sizeof own_;
  const int buffer = 256 * 1024 * 1024;  // for as long as we do not get a processor
  if (::setsockopt(socket_, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) != 0) {
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  }
  if (::inet_pton(AF_INET, to.c_str(), &to_.sin_addr) != 1 || ::bind(socket_, generic(own_), size) != 0 ||
      ::setsockopt(socket_, IPPROTO_IP, IP_MULTICAST_IF, &own_.sin_addr, sizeof own_.sin_addr) != 0 ||
      ::getsockname(socket_, reinterpret_cast<::sockaddr*>(&own_), &size) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot relay to " + to);
  }
  if (how.alter != 0) {
    raw_socket_ = ::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    if (raw_socket_ < 0 || ::setsockopt(raw_socket_, IPPROTO_IP, IP_MULTICAST_IF, &own_.sin_addr, sizeof own_.sin_addr) != 0) {
      throw std::system_error(errno, std::generic_category(), "cannot send altered datagrams");
    }
  }
  thread_ = std::thread([this] { run(); });
}

lossy_relay::~lossy_relay() {
  stopping_ = true;
  thread_.join();
  ::close(socket_);
  if (raw_socket_ >= 0) ::close(raw_socket_);
}

lossy_path::counts lossy_relay::counted() const {
  const std::lock_guard lock(mutex_);
  return path_.counted();
}

void lossy_relay::run() {
  std::array<std::uint8_t, 65536> buffer;
  for (;;) {
    const auto due = [this] {
      const std::lock_guard lock(mutex_);
      return path_.due();
    }();
    if (stopping_ && !due) return;
    const auto wait = due ? std::clamp<std::chrono::nanoseconds>(*due - clock::now(), 0ns, 20ms) : 20ms;
    ::pollfd readable{socket_, POLLIN, 0};
    const ::timespec limit{0, static_cast<long>(wait.count())};
    ::ppoll(&readable, 1, &limit, nullptr);

    const std::lock_guard lock(mutex_);
    const auto now = clock::now();
    for (int i = 0; i < 64; ++i) {
      const auto n = ::recv(socket_, buffer.data(), buffer.size(), 0);
      if (n < 0) break;
      path_.put({buffer.data(), buffer.data() + n}, now);
    }
    while (const auto a = path_.get(now)) pass_on(*a);
  }
}

void lossy_relay::pass_on(const lossy_path::arrival& a) const {
  if (a.sent.empty()) {
    ::sendto(socket_, a.datagram.data(), a.datagram.size(), 0, generic(to_), sizeof to_);
  } else {
    const auto p = packet(own_, to_, a);
    ::sendto(raw_socket_, p.data(), p.size(), 0, generic(to_), sizeof to_);
  }
}

}  // namespace mailslog::test
