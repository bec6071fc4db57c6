#include "transport/open.hpp"

#include <functional>
#include <system_error>
#include <utility>

#include "transport/classic/classic.hpp"
#include "transport/local/local.hpp"
#include "transport/mailslot/mailslot.hpp"
#include "transport/udp/udp.hpp"
#include "wire/datagram.hpp"

namespace mailslog {
namespace {

groups groups_for(const address& a) {
  auto groups = groups_of(wire::slot_tag(a.name()));
  if (!a.options().group.empty()) parse_group(a.options().group, groups);
  return groups;
}

std::chrono::nanoseconds patience_of(const slot_options& o) {
  // Whoever asked to wait for readers gets as much patience as asked for.
  return o.overflow == overflow_policy::block ? o.block_time : transport::usual_patience;
}

transport::udp_options udp_options_of(const slot_options& o) { return {o.port, o.if_, o.family, o.ttl, o.rcvbuf, patience_of(o)}; }

transport::classic_options classic_options_of(const slot_options& o) {
  return {o.workgroup, o.if_, o.classic_port, o.source_port, o.rcvbuf, patience_of(o)};
}

std::unique_ptr<transport::datagram_sender> local_sender(const address& to) {
  transport::local_options options;
  options.lan = to.scope() == slot_scope::lan;
  options.patience = patience_of(to.options());
  return transport::open_local_sender(to.name(), options);
}

// By the protocol as mailslog itself speaks it.
bool by_wire(const address& a) { return !transport::system_carries_mailslots || a.options().classic == classic_mode::wire; }

bool falls_back(const address& a) {
  return a.scope() == slot_scope::classic && !by_wire(a) && a.options().fallback == fallback_mode::udp;
}

std::unique_ptr<transport::datagram_sender> classic_sender(const address& to, [[maybe_unused]] transport::result_mode how) {
  if constexpr (transport::system_carries_mailslots) {
    if (!by_wire(to)) {
      std::function<std::unique_ptr<transport::datagram_sender>()> fallback;
      if (falls_back(to)) fallback = [to] { return transport::open_multicast_sender(groups_for(to), udp_options_of(to.options())); };
      return transport::open_system_remote_sender(to.host(), to.name(), how, std::move(fallback));
    }
  }
  return transport::open_classic_sender(to.host(), to.name(), classic_options_of(to.options()));
}

bool lacks_family(const std::system_error& e) {
  return e.code() == std::errc::address_family_not_supported || e.code() == std::errc::address_not_available;
}

}  // namespace

std::vector<std::unique_ptr<transport::datagram_sender>> open_senders(const address& to, transport::result_mode how) {
  std::vector<std::unique_ptr<transport::datagram_sender>> senders;
  switch (to.scope()) {
    case slot_scope::local: senders.push_back(local_sender(to)); break;
    case slot_scope::lan:
      senders.push_back(transport::open_multicast_sender(groups_for(to), udp_options_of(to.options())));
      senders.push_back(local_sender(to));
      break;
    case slot_scope::host: senders.push_back(transport::open_unicast_sender(to.host(), udp_options_of(to.options()))); break;
    case slot_scope::classic: senders.push_back(classic_sender(to, how)); break;
  }
  return senders;
}

std::vector<std::unique_ptr<transport::datagram_receiver>> open_receivers(const address& at, std::size_t local_max) {
  if (!at.readable()) {
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
      receivers.push_back(transport::open_udp_receiver(family, groups_for(at), udp_options_of(options)));
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
    receivers.push_back(transport::open_classic_receiver(at.name(), classic_options_of(options)));
    if (options.announce) receivers.push_back(transport::open_classic_announcer(classic_options_of(options)));
  }
  return receivers;
}

}  // namespace mailslog
