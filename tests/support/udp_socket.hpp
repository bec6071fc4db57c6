// A UDP socket on 127.0.0.1 to receive and send datagrams by hand.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mailslog::test {

class udp_socket {
 public:
  udp_socket();
  ~udp_socket();
  udp_socket(const udp_socket&) = delete;
  udp_socket& operator=(const udp_socket&) = delete;

  std::uint16_t port() const noexcept { return port_; }
  void send(std::string_view datagram, std::uint16_t to) const;
  /// The next datagram; empty if none comes for a while.
  std::string receive() const;

 private:
  std::intptr_t socket_;
  std::uint16_t port_;
};

}  // namespace mailslog::test
