#include "platform/endpoint.hpp"

#include "platform/sockets.hpp"

namespace mailslog::platform {

std::string endpoint::text() const {
  char address[INET6_ADDRSTRLEN] = "";
  switch (what) {
    case kind::unknown: return {};
    case kind::process: return number != 0 ? "pid " + std::to_string(number) : "";
    case kind::ipv4:
      ::inet_ntop(AF_INET, ip.data(), address, sizeof address);
      return std::string(address) + ':' + std::to_string(port);
    case kind::ipv6:
      ::inet_ntop(AF_INET6, ip.data(), address, sizeof address);
      return '[' + std::string(address) + (number != 0 ? '%' + std::to_string(number) : "") + "]:" + std::to_string(port);
  }
  return {};
}

endpoint endpoint::of_ip(const std::string& text) noexcept {
  endpoint e;
  if (::inet_pton(AF_INET, text.c_str(), e.ip.data()) == 1) {
    e.what = kind::ipv4;
  } else if (::inet_pton(AF_INET6, text.c_str(), e.ip.data()) == 1) {
    e.what = kind::ipv6;
  }
  return e;
}

}  // namespace mailslog::platform
