#include "platform/interfaces.hpp"

#include <algorithm>
#include <cstring>
#include <memory>

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>

#include "platform/posix.hpp"

namespace mailslog::platform {
namespace {

unsigned mtu_of(int any_socket, const std::string& name) noexcept {
  ::ifreq request{};
  std::strncpy(request.ifr_name, name.c_str(), sizeof request.ifr_name - 1);
  return ::ioctl(any_socket, SIOCGIFMTU, &request) == 0 ? static_cast<unsigned>(request.ifr_mtu) : 0;
}

using address_list = std::unique_ptr<::ifaddrs, void (*)(::ifaddrs*)>;

address_list all_addresses() noexcept {
  ::ifaddrs* list = nullptr;
  return {::getifaddrs(&list) == 0 ? list : nullptr, ::freeifaddrs};
}

std::array<std::uint8_t, 4> ipv4_of(const ::sockaddr* a) noexcept {
  std::array<std::uint8_t, 4> bytes{};
  if (a != nullptr && a->sa_family == AF_INET) {
    std::memcpy(bytes.data(), &reinterpret_cast<const ::sockaddr_in*>(a)->sin_addr, bytes.size());
  }
  return bytes;
}

}  // namespace

std::vector<network_interface> usable_interfaces(const std::string& only) {
  std::vector<network_interface> found;
  const auto list = all_addresses();
  const unique_fd any_socket = make_socket(AF_INET, SOCK_DGRAM);

  for (const auto* i = list.get(); i != nullptr; i = i->ifa_next) {
    const bool loopback = (i->ifa_flags & IFF_LOOPBACK) != 0;
    if ((i->ifa_flags & IFF_UP) == 0 || (!loopback && (i->ifa_flags & IFF_MULTICAST) == 0)) continue;
    if (!only.empty() && !loopback && only != i->ifa_name) continue;
    if (i->ifa_addr == nullptr) continue;
    const int family = i->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;

    auto known = std::find_if(found.begin(), found.end(), [&](const auto& f) { return f.name == i->ifa_name; });
    if (known == found.end()) {
      network_interface fresh;
      fresh.name = i->ifa_name;
      fresh.index = ::if_nametoindex(i->ifa_name);
      fresh.loopback = loopback;
      fresh.mtu = mtu_of(any_socket.get(), fresh.name);
      known = found.insert(found.end(), fresh);
    }
    if (family == AF_INET && !known->ipv4) {
      known->ipv4 = true;
      known->ipv4_address = ipv4_of(i->ifa_addr);
    }
    known->ipv6 = known->ipv6 || family == AF_INET6;
  }
  return found;
}

bool is_there(unsigned interface_index) noexcept {
  char name[IF_NAMESIZE];
  return ::if_indextoname(interface_index, name) != nullptr;
}

std::vector<ipv4_network> ipv4_networks(const std::string& only) {
  std::vector<ipv4_network> found;
  const auto list = all_addresses();
  for (const auto* i = list.get(); i != nullptr; i = i->ifa_next) {
    const bool loopback = (i->ifa_flags & IFF_LOOPBACK) != 0;
    if ((i->ifa_flags & IFF_UP) == 0 || i->ifa_addr == nullptr || i->ifa_addr->sa_family != AF_INET) continue;
    if (!only.empty() && !loopback && only != i->ifa_name) continue;
    ipv4_network n;
    n.interface_name = i->ifa_name;
    n.loopback = loopback;
    n.address = ipv4_of(i->ifa_addr);
    if (loopback) {  // it has one, but the system does not list it
      const auto mask = ipv4_of(i->ifa_netmask);
      for (std::size_t b = 0; b < mask.size(); ++b) n.broadcast[b] = static_cast<std::uint8_t>(n.address[b] | ~mask[b]);
    } else if ((i->ifa_flags & IFF_BROADCAST) != 0) {
      n.broadcast = ipv4_of(i->ifa_broadaddr);
    }
    found.push_back(n);
  }
  return found;
}

}  // namespace mailslog::platform
