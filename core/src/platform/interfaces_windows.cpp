#include "platform/interfaces.hpp"

#include <algorithm>
#include <cstring>
#include <memory>

#include "platform/windows.hpp"

#include <iphlpapi.h>

namespace mailslog::platform {
namespace {

// Adapters come and go between the question for the size and that for the list.
std::unique_ptr<char[]> adapters() {
  constexpr ULONG flags = GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_MULTICAST | GAA_FLAG_SKIP_DNS_SERVER;
  ULONG size = 16 * 1024;
  for (int tries = 0; tries < 5; ++tries) {
    auto memory = std::make_unique<char[]>(size);
    const auto error = ::GetAdaptersAddresses(AF_UNSPEC, flags, nullptr, reinterpret_cast<IP_ADAPTER_ADDRESSES*>(memory.get()), &size);
    if (error == NO_ERROR) return memory;
    if (error != ERROR_BUFFER_OVERFLOW) break;
  }
  return nullptr;
}

// `only` may be the name that it has elsewhere.
std::string name_of(const IP_ADAPTER_ADDRESSES& a, const std::string& only) {
  auto name = utf8(a.FriendlyName);
  return a.IfType == IF_TYPE_SOFTWARE_LOOPBACK && name != only ? "lo" : name;
}

std::array<std::uint8_t, 4> ipv4_of(const ::sockaddr* address) noexcept {
  std::array<std::uint8_t, 4> bytes;
  std::memcpy(bytes.data(), &reinterpret_cast<const ::sockaddr_in*>(address)->sin_addr, bytes.size());
  return bytes;
}

}  // namespace

std::vector<network_interface> usable_interfaces(const std::string& only, std::error_code&) {
  std::vector<network_interface> found;
  const auto list = adapters();
  if (!list) return found;
  for (const auto* a = reinterpret_cast<const IP_ADAPTER_ADDRESSES*>(list.get()); a != nullptr; a = a->Next) {
    network_interface i;
    i.loopback = a->IfType == IF_TYPE_SOFTWARE_LOOPBACK;
    if (a->OperStatus != IfOperStatusUp || (!i.loopback && (a->Flags & IP_ADAPTER_NO_MULTICAST) != 0)) continue;
    i.name = name_of(*a, only);
    if (!only.empty() && !i.loopback && i.name != only) continue;
    i.index = a->IfIndex != 0 ? a->IfIndex : a->Ipv6IfIndex;
    i.mtu = static_cast<unsigned>(std::min<ULONG>(a->Mtu, 0x7fffffff));  // all bits are set where there is no limit
    for (const auto* u = a->FirstUnicastAddress; u != nullptr; u = u->Next) {
      const auto* address = u->Address.lpSockaddr;
      if (address->sa_family == AF_INET && !i.ipv4) {
        i.ipv4 = true;
        i.ipv4_address = ipv4_of(address);
      }
      i.ipv6 = i.ipv6 || address->sa_family == AF_INET6;
    }
    if (i.ipv4 || i.ipv6) found.push_back(std::move(i));
  }
  return found;
}

bool is_there(unsigned interface_index) noexcept {
  char name[IF_NAMESIZE];
  return ::if_indextoname(interface_index, name) != nullptr;
}

std::vector<ipv4_network> ipv4_networks(const std::string& only, std::error_code&) {
  std::vector<ipv4_network> found;
  const auto list = adapters();
  if (!list) return found;
  for (const auto* a = reinterpret_cast<const IP_ADAPTER_ADDRESSES*>(list.get()); a != nullptr; a = a->Next) {
    ipv4_network n;
    n.loopback = a->IfType == IF_TYPE_SOFTWARE_LOOPBACK;
    n.interface_name = name_of(*a, only);
    if (a->OperStatus != IfOperStatusUp || (!only.empty() && !n.loopback && n.interface_name != only)) continue;
    for (const auto* u = a->FirstUnicastAddress; u != nullptr; u = u->Next) {
      if (u->Address.lpSockaddr->sa_family != AF_INET) continue;
      n.address = ipv4_of(u->Address.lpSockaddr);
      n.broadcast = {};
      const unsigned prefix = u->OnLinkPrefixLength;
      if (prefix < 31) {  // a network of one or two has no broadcast
        n.broadcast = n.address;
        for (unsigned bit = prefix; bit < 32; ++bit) n.broadcast[bit / 8] |= static_cast<std::uint8_t>(0x80 >> bit % 8);
      }
      found.push_back(n);
    }
  }
  return found;
}

}  // namespace mailslog::platform
