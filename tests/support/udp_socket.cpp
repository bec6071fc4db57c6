#include "support/udp_socket.hpp"

#include <array>
#include <stdexcept>

#ifdef _WIN32
#include <winsock2.h>
#else
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#endif

namespace mailslog::test {
namespace {

#ifdef _WIN32
using native_socket = SOCKET;
using address_size = int;
const DWORD a_while = 1000;

void begin() {
  ::WSADATA data;
  ::WSAStartup(MAKEWORD(2, 2), &data);
}

void end(native_socket s) {
  ::closesocket(s);
  ::WSACleanup();
}
#else
using native_socket = int;
using address_size = ::socklen_t;
const ::timeval a_while{1, 0};

void begin() {}
void end(native_socket s) { ::close(s); }
#endif

native_socket native(std::intptr_t s) { return static_cast<native_socket>(s); }

::sockaddr_in loopback(std::uint16_t port) {
  ::sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

}  // namespace

udp_socket::udp_socket() {
  begin();
  socket_ = static_cast<std::intptr_t>(::socket(AF_INET, SOCK_DGRAM, 0));
  auto address = loopback(0);
  address_size size = sizeof address;
  if (::bind(native(socket_), reinterpret_cast<::sockaddr*>(&address), size) != 0) throw std::runtime_error("no UDP socket");
  ::getsockname(native(socket_), reinterpret_cast<::sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  ::setsockopt(native(socket_), SOL_SOCKET, SO_RCVTIMEO, reinterpret_cast<const char*>(&a_while), sizeof a_while);
}

udp_socket::~udp_socket() { end(native(socket_)); }

void udp_socket::send(std::string_view datagram, std::uint16_t to) const {
  const auto address = loopback(to);
  ::sendto(native(socket_), datagram.data(), static_cast<address_size>(datagram.size()), 0,
           reinterpret_cast<const ::sockaddr*>(&address), sizeof address);
}

std::string udp_socket::receive() const {
  std::array<char, 65536> buffer;
  const auto size = ::recv(native(socket_), buffer.data(), static_cast<address_size>(buffer.size()), 0);
  return size < 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(size));
}

}  // namespace mailslog::test
