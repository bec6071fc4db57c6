#include <array>
#include <stdexcept>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "support/udp_socket.hpp"

namespace mailslog::test {
namespace {

::sockaddr_in loopback(std::uint16_t port) {
  ::sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

int native(std::intptr_t s) { return static_cast<int>(s); }

}  // namespace

udp_socket::udp_socket() : socket_(::socket(AF_INET, SOCK_DGRAM, 0)) {
  auto address = loopback(0);
  ::socklen_t length = sizeof address;
  if (::bind(native(socket_), reinterpret_cast<::sockaddr*>(&address), length) != 0) throw std::runtime_error("no UDP socket");
  ::getsockname(native(socket_), reinterpret_cast<::sockaddr*>(&address), &length);
  port_ = ntohs(address.sin_port);
  const ::timeval limit{1, 0};
  ::setsockopt(native(socket_), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

udp_socket::~udp_socket() { ::close(native(socket_)); }

void udp_socket::send(std::string_view datagram, std::uint16_t to) const {
  const auto address = loopback(to);
  ::sendto(native(socket_), datagram.data(), datagram.size(), 0, reinterpret_cast<const ::sockaddr*>(&address), sizeof address);
}

std::string udp_socket::receive() const {
  std::array<char, 65536> buffer;
  const auto size = ::recv(native(socket_), buffer.data(), buffer.size(), 0);
  return size < 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(size));
}

}  // namespace mailslog::test
