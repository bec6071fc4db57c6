#include <arpa/inet.h>

#include "platform/endpoint.hpp"

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

}  // namespace mailslog::platform
