#include <array>
#include <stdexcept>

#include <winsock2.h>

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

SOCKET native(std::intptr_t s) { return static_cast<SOCKET>(s); }

}  // namespace

udp_socket::udp_socket() {
  ::WSADATA data;
  ::WSAStartup(MAKEWORD(2, 2), &data);
  socket_ = static_cast<std::intptr_t>(::socket(AF_INET, SOCK_DGRAM, 0));
  auto address = loopback(0);
  int length = sizeof address;
  if (::bind(native(socket_), reinterpret_cast<::sockaddr*>(&address), length) != 0) throw std::runtime_error("no UDP socket");
  ::getsockname(native(socket_), reinterpret_cast<::sockaddr*>(&address), &length);
  port_ = ntohs(address.sin_port);
  const DWORD limit = 1000;
  ::setsockopt(native(socket_), SOL_SOCKET, SO_RCVTIMEO, reinterpret_cast<const char*>(&limit), sizeof limit);
}

udp_socket::~udp_socket() {
  ::closesocket(native(socket_));
  ::WSACleanup();
}

void udp_socket::send(std::string_view datagram, std::uint16_t to) const {
  const auto address = loopback(to);
  ::sendto(native(socket_), datagram.data(), static_cast<int>(datagram.size()), 0, reinterpret_cast<const ::sockaddr*>(&address),
           sizeof address);
}

std::string udp_socket::receive() const {
  std::array<char, 65536> buffer;
  const int size = ::recv(native(socket_), buffer.data(), static_cast<int>(buffer.size()), 0);
  return size < 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(size));
}

}  // namespace mailslog::test
