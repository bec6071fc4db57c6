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

}  // namespace

std::vector<network_interface> usable_interfaces(const std::string& only) {
  std::vector<network_interface> found;
  const auto list = adapters();
  if (!list) return found;
  for (const auto* a = reinterpret_cast<const IP_ADAPTER_ADDRESSES*>(list.get()); a != nullptr; a = a->Next) {
    network_interface i;
    i.loopback = a->IfType == IF_TYPE_SOFTWARE_LOOPBACK;
    if (a->OperStatus != IfOperStatusUp || (!i.loopback && (a->Flags & IP_ADAPTER_NO_MULTICAST) != 0)) continue;
    i.name = utf8(a->FriendlyName);
    // The name that it has elsewhere is understood too.
    if (i.loopback && i.name != only) i.name = "lo";
    if (!only.empty() && !i.loopback && i.name != only) continue;
    i.index = a->IfIndex != 0 ? a->IfIndex : a->Ipv6IfIndex;
    i.mtu = static_cast<unsigned>(std::min<ULONG>(a->Mtu, 0x7fffffff));  // all bits are set where there is no limit
    for (const auto* u = a->FirstUnicastAddress; u != nullptr; u = u->Next) {
      const auto* address = u->Address.lpSockaddr;
      if (address->sa_family == AF_INET && !i.ipv4) {
        i.ipv4 = true;
        std::memcpy(i.ipv4_address.data(), &reinterpret_cast<const ::sockaddr_in*>(address)->sin_addr, 4);
      }
      i.ipv6 = i.ipv6 || address->sa_family == AF_INET6;
    }
    if (i.ipv4 || i.ipv6) found.push_back(std::move(i));
  }
  return found;
}

}  // namespace mailslog::platform
