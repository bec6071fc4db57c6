#include "transport/open.hpp"

#include <functional>
#include <system_error>
#include <utility>

#include "transport/classic/classic.hpp"
#include "transport/local/local.hpp"
#include "transport/udp/udp.hpp"
#include "wire/datagram.hpp"

namespace mailslog {
namespace {

groups groups_for(const address& a) {
  auto groups = groups_of(wire::slot_tag(a.name()));
  if (!a.options().group.empty()) parse_group(a.options().group, groups);
  return groups;
}

std::unique_ptr<transport::datagram_sender> local_sender(const address& to) {
  transport::local_options options;
  options.lan = to.scope() == slot_scope::lan;
  // Who asked to wait for readers gets as much patience as asked for.
  if (to.options().overflow == overflow_policy::block) options.patience = to.options().block_time;
  return transport::open_local_sender(to.name(), options);
}

// By the protocol as mailslog itself speaks it.
bool by_wire(const address& a) { return !transport::system_carries_mailslots || a.options().classic == classic_mode::wire; }

bool falls_back(const address& a) {
  return a.scope() == slot_scope::classic && !by_wire(a) && a.options().fallback == fallback_mode::udp;
}

std::unique_ptr<transport::datagram_sender> classic_sender(const address& to, transport::result_mode how) {
  if (by_wire(to)) return transport::open_classic_sender(to.host(), to.name(), to.options());
  std::function<std::unique_ptr<transport::datagram_sender>()> fallback;
  if (falls_back(to)) fallback = [to] { return transport::open_multicast_sender(groups_for(to), to.options()); };
  return transport::open_system_remote_sender(to.host(), to.name(), how, std::move(fallback));
}

bool lacks_family(const std::system_error& e) {
  return e.code() == std::errc::address_family_not_supported || e.code() == std::errc::address_not_available;
}

}  // namespace

std::vector<route> open_senders(const address& to, transport::result_mode how) {
  std::vector<route> routes;
  switch (to.scope()) {
    case slot_scope::local: routes.push_back({local_sender(to), false, false}); break;
    case slot_scope::lan:
      routes.push_back({transport::open_multicast_sender(groups_for(to), to.options()), true, true});
      routes.push_back({local_sender(to), false, false});
      break;
    case slot_scope::host: routes.push_back({transport::open_unicast_sender(to.host(), to.options()), true, true}); break;
    case slot_scope::classic: routes.push_back({classic_sender(to, how), true, false}); break;
  }
  return routes;
}

std::vector<std::unique_ptr<transport::datagram_receiver>> open_receivers(const address& at, std::size_t local_max) {
  if (at.scope() == slot_scope::host || (at.scope() == slot_scope::classic && at.host() != "*")) {
    const auto everywhere = at.scope() == slot_scope::host ? "*/" + at.name() : "\\\\*\\mailslot\\" + at.name();
    throw address_error("cannot read \"" + at.text() + "\": a reader owns slots on its own machine only; read \"" + at.name() +
                        "\" or \"" + everywhere + "\" there");
  }
  const bool network = at.scope() == slot_scope::lan || falls_back(at);
  const auto& options = at.options();
  std::vector<std::unique_ptr<transport::datagram_receiver>> receivers;
  for (const auto family : {ip_family::ipv4, ip_family::ipv6}) {
    if (!network || (options.family != ip_family::any && options.family != family)) continue;
    try {
      receivers.push_back(transport::open_udp_receiver(family, groups_for(at), options));
    } catch (const std::system_error& e) {
      // A machine without one of the families is no reason not to hear the other.
      const bool other_is_left = options.family == ip_family::any && (family == ip_family::ipv4 || !receivers.empty());
      if (!lacks_family(e) || !other_is_left) throw;
    }
  }
  // After the network, which from then on is the way of this machine's writers to us: none of their datagrams falls in between.
  transport::local_options local;
  local.lan = network;
  local.max_datagram = local_max;
  local.security = options.security;
  if (auto r = transport::open_local_receiver(at.name(), local)) receivers.push_back(std::move(r));
  if (at.classic() && by_wire(at)) {
    receivers.push_back(transport::open_classic_receiver(at.name(), options));
    if (options.announce) receivers.push_back(transport::open_classic_announcer(options));
  }
  return receivers;
}

}  // namespace mailslog
