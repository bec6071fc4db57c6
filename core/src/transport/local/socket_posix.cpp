#include "transport/local/socket_posix.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "platform/process.hpp"

namespace mailslog::transport {

socket_name socket_name::make(const local_options& options) {
  char random[17];
  std::snprintf(random, sizeof random, "%016llx", static_cast<unsigned long long>(platform::random_id()));
  std::string text = random;
  if (options.max_datagram != 0) text += '-' + std::to_string(options.max_datagram);
  if (options.lan) text += ".lan";
  return parse(text);
}

socket_name socket_name::parse(const std::string& text) {
  socket_name n;
  n.text = text;
  const auto dash = text.find('-');
  if (dash != std::string::npos) {
    n.max_datagram = std::min<std::size_t>(std::strtoul(text.c_str() + dash + 1, nullptr, 10), largest_local_datagram);
  }
  n.lan = text.size() > 4 && text.compare(text.size() - 4, 4, ".lan") == 0;
  return n;
}

std::optional<::sockaddr_un> unix_address(const std::string& path) {
  ::sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return std::nullopt;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

}  // namespace mailslog::transport
