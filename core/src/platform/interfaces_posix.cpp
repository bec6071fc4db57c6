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

}  // namespace

std::vector<network_interface> usable_interfaces(const std::string& only) {
  std::vector<network_interface> found;
  ::ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return found;
  const std::unique_ptr<::ifaddrs, void (*)(::ifaddrs*)> owner(list, ::freeifaddrs);
  const unique_fd any_socket = make_socket(AF_INET, SOCK_DGRAM);

  for (const auto* i = list; i != nullptr; i = i->ifa_next) {
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
      std::memcpy(known->ipv4_address.data(), &reinterpret_cast<const ::sockaddr_in*>(i->ifa_addr)->sin_addr, 4);
    }
    known->ipv6 = known->ipv6 || family == AF_INET6;
  }
  return found;
}

}  // namespace mailslog::platform
