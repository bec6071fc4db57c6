// The machine's network interfaces.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <system_error>
#include <vector>

namespace mailslog::platform {

struct network_interface {
  std::string name;
  unsigned index = 0;
  bool loopback = false;
  bool ipv4 = false;  ///< has an address of this family
  bool ipv6 = false;
  std::array<std::uint8_t, 4> ipv4_address{};  ///< its first, if it has one
  unsigned mtu = 0;   ///< bytes; 0: unknown
};

/// Those that are up and can multicast (loopback always can, for us), but for containers' ends of a cable that have no address of
/// their own: a bridge or a route is the way there. With a name: that one, if it is up, whatever it can, and loopback.
/// `error`: the system could not say, and nothing is known of any.
std::vector<network_interface> usable_interfaces(const std::string& only, std::error_code& error);
inline std::vector<network_interface> usable_interfaces(const std::string& only) {
  std::error_code unknown;
  return usable_interfaces(only, unknown);
}

/// Also if it is down, or the system cannot say.
bool is_there(unsigned interface_index) noexcept;

/// An IPv4 address of ours, and how to reach all who are on its network.
struct ipv4_network {
  std::string interface_name;
  bool loopback = false;
  std::array<std::uint8_t, 4> address{};
  std::array<std::uint8_t, 4> broadcast{};  ///< all zero: there is none
};

/// All of those interfaces that are up. With a name: of that one and of loopback.
std::vector<ipv4_network> ipv4_networks(const std::string& only, std::error_code& error);
inline std::vector<ipv4_network> ipv4_networks(const std::string& only) {
  std::error_code unknown;
  return ipv4_networks(only, unknown);
}

}  // namespace mailslog::platform
