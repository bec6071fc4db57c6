#include "platform/interfaces.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <set>

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#ifdef __linux__
#include <linux/ethtool.h>
#include <linux/sockios.h>
#endif

#include "platform/posix.hpp"

namespace mailslog::platform {
namespace {

unsigned mtu_of(int any_socket, const std::string& name) noexcept {
  ::ifreq request{};
  std::strncpy(request.ifr_name, name.c_str(), sizeof request.ifr_name - 1);
  return ::ioctl(any_socket, SIOCGIFMTU, &request) == 0 ? static_cast<unsigned>(request.ifr_mtu) : 0;
}

// "eth0:1", an address with a label, is an address of eth0.
std::string interface_of(const std::string& label) { return label.substr(0, label.find(':')); }

// One end of a virtual cable, the other of which is in a container or a virtual machine.
bool is_cable_end([[maybe_unused]] int any_socket, [[maybe_unused]] const std::string& name) noexcept {
#ifdef __linux__
  ::ethtool_drvinfo driver{};
  driver.cmd = ETHTOOL_GDRVINFO;
  ::ifreq request{};
  std::strncpy(request.ifr_name, name.c_str(), sizeof request.ifr_name - 1);
  request.ifr_data = reinterpret_cast<char*>(&driver);
  return ::ioctl(any_socket, SIOCETHTOOL, &request) == 0 && std::strcmp(driver.driver, "veth") == 0;
#else
  return false;
#endif
}

bool is_link_local(const ::sockaddr* a) noexcept {
  return a->sa_family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&reinterpret_cast<const ::sockaddr_in6*>(a)->sin6_addr);
}

using address_list = std::unique_ptr<::ifaddrs, void (*)(::ifaddrs*)>;

address_list all_addresses(std::error_code& error) noexcept {
  ::ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) {
    error = last_error();
    list = nullptr;
  }
  return {list, ::freeifaddrs};
}

std::array<std::uint8_t, 4> ipv4_of(const ::sockaddr* a) noexcept {
  std::array<std::uint8_t, 4> bytes{};
  if (a != nullptr && a->sa_family == AF_INET) {
    std::memcpy(bytes.data(), &reinterpret_cast<const ::sockaddr_in*>(a)->sin_addr, bytes.size());
  }
  return bytes;
}

}  // namespace

std::vector<network_interface> usable_interfaces(const std::string& only, std::error_code& error) {
  std::vector<network_interface> found;
  const auto list = all_addresses(error);
  if (error) return found;
  const unique_fd any_socket = make_socket(AF_INET, SOCK_DGRAM);
  if (!any_socket && out_of_means(last_error())) {  // a machine without IPv4 has none either
    error = last_error();
    return found;
  }
  std::set<std::string> addressed;  // with an address that means something beyond the link

  for (const auto* i = list.get(); i != nullptr; i = i->ifa_next) {
    const bool loopback = (i->ifa_flags & IFF_LOOPBACK) != 0;
    const auto name = interface_of(i->ifa_name);
    const bool named = !only.empty() && name == interface_of(only);
    // A tunnel that does not say that it can multicast may still carry it to the other end.
    if ((i->ifa_flags & IFF_UP) == 0 || (!loopback && !named && (i->ifa_flags & IFF_MULTICAST) == 0)) continue;
    if (!only.empty() && !loopback && !named) continue;
    if (i->ifa_addr == nullptr) continue;
    const int family = i->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;

    auto known = std::find_if(found.begin(), found.end(), [&](const auto& f) { return f.name == name; });
    if (known == found.end()) {
      network_interface fresh;
      fresh.name = name;
      fresh.index = ::if_nametoindex(name.c_str());
      if (fresh.index == 0 && out_of_means(last_error())) {
        error = last_error();
        return {};
      }
      fresh.loopback = loopback;
      fresh.mtu = mtu_of(any_socket.get(), fresh.name);
      known = found.insert(found.end(), fresh);
    }
    if (family == AF_INET && !known->ipv4) {
      known->ipv4 = true;
      known->ipv4_address = ipv4_of(i->ifa_addr);
    }
    known->ipv6 = known->ipv6 || family == AF_INET6;
    if (!is_link_local(i->ifa_addr)) addressed.insert(name);
  }
  found.erase(std::remove_if(found.begin(), found.end(),
                             [&](const network_interface& f) {
                               return only.empty() && !f.loopback && addressed.count(f.name) == 0 && is_cable_end(any_socket.get(), f.name);
                             }),
              found.end());
  return found;
}

bool is_there(unsigned interface_index) noexcept {
  char name[IF_NAMESIZE];
  return ::if_indextoname(interface_index, name) != nullptr || out_of_means(last_error());
}

std::vector<ipv4_network> ipv4_networks(const std::string& only, std::error_code& error) {
  std::vector<ipv4_network> found;
  const auto list = all_addresses(error);
  for (const auto* i = list.get(); i != nullptr; i = i->ifa_next) {
    const bool loopback = (i->ifa_flags & IFF_LOOPBACK) != 0;
    if ((i->ifa_flags & IFF_UP) == 0 || i->ifa_addr == nullptr || i->ifa_addr->sa_family != AF_INET) continue;
    const auto name = interface_of(i->ifa_name);
    if (!only.empty() && !loopback && name != interface_of(only)) continue;
    ipv4_network n;
    n.interface_name = name;
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
