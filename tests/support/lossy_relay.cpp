#include "support/lossy_relay.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace mailslog::test {
namespace {

using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

const ::sockaddr* generic(const ::sockaddr_in& address) { return reinterpret_cast<const ::sockaddr*>(&address); }

}  // namespace

lossy_relay::lossy_relay(const weather& how, std::uint64_t seed, const std::string& to, std::uint16_t port)
    : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)), path_(how, seed) {
  to_.sin_family = AF_INET;
  to_.sin_port = htons(port);
  ::sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::socklen_t size = sizeof own;
  const int buffer = 256 * 1024 * 1024;  // for as long as we do not get a processor
  if (::setsockopt(socket_, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) != 0) {
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  }
  if (::inet_pton(AF_INET, to.c_str(), &to_.sin_addr) != 1 || ::bind(socket_, generic(own), size) != 0 ||
      ::setsockopt(socket_, IPPROTO_IP, IP_MULTICAST_IF, &own.sin_addr, sizeof own.sin_addr) != 0 ||
      ::getsockname(socket_, reinterpret_cast<::sockaddr*>(&own), &size) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot relay to " + to);
  }
  port_ = ntohs(own.sin_port);
  thread_ = std::thread([this] { run(); });
}

lossy_relay::~lossy_relay() {
  stopping_ = true;
  thread_.join();
  ::close(socket_);
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
    while (const auto datagram = path_.get(now)) {
      ::sendto(socket_, datagram->data(), datagram->size(), 0, generic(to_), sizeof to_);
    }
  }
}

}  // namespace mailslog::test
