#include "transport/classic/sockets.hpp"

#include <algorithm>
#include <utility>

#include "transport/udp/udp.hpp"

namespace mailslog::transport::classic {
namespace {

using clock = std::chrono::steady_clock;

struct place {
  endpoint at;
  std::array<std::uint8_t, 4> own{};
};

bool same(const endpoint& a, const endpoint& b) noexcept { return a.ip == b.ip && a.port == b.port; }

std::vector<place> places(std::uint16_t port, const std::string& only, std::error_code& error) {
  std::vector<place> wanted;
  const auto add = [&](const std::array<std::uint8_t, 4>& address, const std::array<std::uint8_t, 4>& own) {
    const auto at = ipv4_endpoint(address, port);
    const bool known = std::any_of(wanted.begin(), wanted.end(), [&](const place& p) { return same(p.at, at); });
    if (!known) wanted.push_back({at, own});
  };
  for (const auto& n : platform::ipv4_networks(only, error)) {
    add(n.address, n.address);
    if (!platform::hears_broadcasts_at_own_address() && n.broadcast != decltype(n.broadcast){}) add(n.broadcast, n.address);
  }
  return wanted;
}

}  // namespace

endpoint ipv4_endpoint(const std::array<std::uint8_t, 4>& address, std::uint16_t port) noexcept {
  endpoint e;
  e.what = endpoint::kind::ipv4;
  e.port = port;
  std::copy(address.begin(), address.end(), e.ip.begin());
  return e;
}

listening_sockets::listening_sockets(std::uint16_t port, const classic_options& options, const std::string& purpose)
    : port_(port), options_(options) {
  auto tried = ipv4_endpoint({}, port);
  auto error = update(tried);
  if (!all_.empty()) return;
  const auto what = "cannot listen on UDP " + tried.text() + " for " + purpose + ": ";
  if (!error) error = std::make_error_code(std::errc::network_unreachable);
  if (error == std::errc::permission_denied) throw std::system_error(error, what + platform::port_without_rights());
  if (error == std::errc::address_in_use) throw std::system_error(error, what + "another program has this port for itself");
  throw std::system_error(error, what + "no address of this machine can be listened at");
}

void listening_sockets::add_handles(std::vector<platform::wait_handle>& to) const {
  const std::lock_guard lock(mutex_);
  // Not what the host has closed, and perhaps has its own under the number of.
  for (const auto& s : all_) {
    if (!s.socket.lost()) to.push_back(s.socket.readable());
  }
}

// Returns why the last of those that failed did, and sets `failed` to where it was.
std::error_code listening_sockets::update(endpoint& failed) {
  updated_ = clock::now();
  std::error_code last;
  const auto wanted = places(port_, options_.if_, last);
  if (last) return last;  // as it was
  const std::lock_guard lock(mutex_);
  all_.erase(std::remove_if(all_.begin(), all_.end(),
                            [&](const one& s) {
                              return s.socket.lost() || std::none_of(wanted.begin(), wanted.end(), [&](const place& p) { return same(p.at, s.at); });
                            }),
             all_.end());
  for (const auto& p : wanted) {
    if (std::any_of(all_.begin(), all_.end(), [&](const one& s) { return same(p.at, s.at); })) continue;
    one fresh;
    fresh.at = p.at;
    fresh.own = p.own;
    std::error_code error;
    fresh.socket = platform::udp_socket(ip_family::ipv4, error);
    if (!error) error = fresh.socket.listen(p.at, options_.rcvbuf);
    if (error) {
      last = error;
      failed = p.at;
    } else {
      all_.push_back(std::move(fresh));
    }
  }
  return last;
}

void listening_sockets::refresh() noexcept {
  // A host that closes descriptors which it does not own closes all of them: checking one is enough.
  const bool lost = all_.empty() || all_.front().socket.lost();
  if (clock::now() - updated_ < (lost ? std::chrono::seconds(1) : interfaces_checked_every)) return;
  try {
    endpoint failed;
    (void)update(failed);
  } catch (const std::bad_alloc&) {
    // As it was; the next time, perhaps.
  }
}

}  // namespace mailslog::transport::classic
