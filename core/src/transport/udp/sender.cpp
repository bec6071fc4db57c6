#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include <mailslog/error.hpp>

#include "platform/interfaces.hpp"
#include "platform/means.hpp"
#include "platform/resolver.hpp"
#include "platform/udp_socket.hpp"
#include "transport/resumable.hpp"
#include "transport/udp/room.hpp"
#include "transport/udp/udp.hpp"

namespace mailslog::transport {
namespace {

using platform::network_interface;
using platform::udp_socket;
using clock = std::chrono::steady_clock;

constexpr std::size_t largest_datagram = 65507;
// Fits Ethernet with room for tunnels and for IPv6.
constexpr std::size_t usual_datagram = 1400;
constexpr std::size_t ip_and_udp_headers = 48;

// So many paths have a socket of their own, so that none is held up by another's full buffer. The interfaces of a host of containers
// may be hundreds, and descriptors are the program's: those beyond share one socket for each family.
constexpr std::size_t most_own_sockets = 8;

struct line {
  udp_socket socket;
  ip_family family = ip_family::any;
  bool shared = false;      // not connected: each call says by which interface
  std::size_t segment = 0;  // size at which the system cuts what one call sends; 0: does not
  bool may_segment = true;
  bool fragmenting = false;
};

/// To one group on one interface, or to one host.
struct udp_path : resumable_path {
  network_interface by;
  ip_family family = ip_family::any;
  endpoint to;
  std::shared_ptr<line> out;
  std::size_t fits = SIZE_MAX;  // largest datagram that needs no IP fragments, as far as is known
  bool refused = false;         // the system did not take something: the way may have changed since the socket was connected

  platform::socket_handle handle() const noexcept { return out->socket.handle(); }
};

std::size_t headers(ip_family family) noexcept { return family == ip_family::ipv4 ? 28 : 48; }

class udp_sender : public datagram_sender {
 public:
  explicit udp_sender(std::chrono::nanoseconds patience) : sending_(patience) {}

  transport_traits traits() const noexcept final { return udp_traits; }
  send_result send(byte_view datagrams, std::size_t datagram_size) noexcept final;
  void abandon() noexcept final { sending_.abandon(); }
  void wait(std::chrono::nanoseconds timeout) noexcept final { wait_for_room(paths_, no_buffers_, timeout); }

  std::size_t max_datagram() const noexcept final { return largest_datagram; }
  std::size_t default_datagram() const noexcept final { return default_datagram_; }
  std::size_t receiver_buffer() const noexcept final;
  std::size_t datagrams_at_once(std::size_t datagram_size) const noexcept final {
    constexpr std::size_t most_segments = 64;  // UDP_MAX_SEGMENTS of Linux before 6.9
    return std::clamp<std::size_t>((65535 - ip_and_udp_headers) / datagram_size, 1, most_segments);
  }

 protected:
  /// Brings `paths_` up to date. What it returns is the result if there is none.
  virtual send_result find_paths() = 0;
  /// Nobody is where we send to, or there is no way there.
  virtual void on_refusal() {}
  /// All paths are gone, or have changed: find them as if for the first time.
  virtual void on_loss() = 0;

  /// Asks the system what the path takes, and makes datagrams no larger from now on.
  void measure(udp_path& p) noexcept;
  void fit(std::size_t mtu) noexcept;

  std::vector<udp_path> paths_;
  std::error_code missing_;  // a way that was asked for, and is not there

 private:
  progress send_on(udp_path& p, byte_view datagrams, std::size_t datagram_size) noexcept;

  resumable_send<udp_path> sending_;
  bool no_buffers_ = false;
  std::atomic<std::size_t> default_datagram_{usual_datagram};
};

bool set_segment(line& l, std::size_t size) noexcept {
  if (l.segment == size) return true;
  if (!l.may_segment || !l.socket.set_segment_size(size)) return false;
  l.segment = size;
  return true;
}

void forget_segment(line& l) noexcept {
  if (l.segment != 0) l.socket.set_segment_size(0);
  l.segment = 0;
}

void set_fragmenting(line& l, bool on) noexcept {
  if (l.fragmenting != on) l.socket.set_fragmenting(on);
  l.fragmenting = on;
}

void udp_sender::fit(std::size_t mtu) noexcept {
  if (mtu > 2 * ip_and_udp_headers) default_datagram_ = std::min<std::size_t>(default_datagram_, mtu - ip_and_udp_headers);
}

void udp_sender::measure(udp_path& p) noexcept {
  const auto mtu = p.out->shared ? p.by.mtu : p.out->socket.path_mtu();
  if (mtu <= headers(p.family)) return;
  p.fits = mtu - headers(p.family);
  fit(mtu);
}

progress udp_sender::send_on(udp_path& p, byte_view datagrams, std::size_t datagram_size) noexcept {
  auto& out = *p.out;
  bool refused_before = false;
  while (p.sent < datagrams.size) {
    const auto left = datagrams.size - p.sent;
    const auto one = std::min(datagram_size, left);
    // What the user wants larger, and what was packed before the path became narrower, goes as fragments rather than not at all.
    const bool fits = one <= p.fits;
    set_fragmenting(out, !fits);
    // With its segment size set, the system cuts one large piece into datagrams.
    const bool many = fits && left > datagram_size && set_segment(out, datagram_size);
    const auto piece = datagrams.part(p.sent, many ? left : one);
    if (!many && (!fits || piece.size > out.segment)) forget_segment(out);
    if (const auto error = out.shared ? out.socket.send_to(p.to, p.by, piece) : out.socket.send(piece)) {
      if (error == std::errc::interrupted) continue;
      if (should_wait(error)) {
        no_buffers_ = no_buffers_ || error == std::errc::no_buffer_space;
        return progress::no_room;
      }
      if (error == std::errc::connection_refused && !refused_before) {
        // The answer to an earlier datagram. This one was not sent yet.
        refused_before = true;
        on_refusal();
        continue;
      }
      if (error == std::errc::connection_refused) return progress::ended;  // nobody is there, which is no error
      if (error == std::errc::message_size && fits && one <= largest_datagram) {
        measure(p);
        if (one > p.fits) continue;
        if (!many) {  // an interface that has become narrower, of which only a new look at all tells more
          p.fits = one - 1;
          on_loss();
          continue;
        }
      }
      if (many) {  // this interface cannot
        out.may_segment = false;
        forget_segment(out);
        continue;
      }
      p.refused = true;
      on_refusal();
      sending_.result.error = error;
      return progress::ended;
    }
    p.sent += piece.size;
  }
  ++sending_.result.taken;
  return progress::took_all;
}

send_result udp_sender::send(byte_view datagrams, std::size_t datagram_size) noexcept try {
  // A host that closes descriptors which it does not own closes all of them: checking one is enough.
  if (!paths_.empty() && paths_.front().out->socket.lost()) {
    paths_.clear();
    on_loss();
  }
  sending_.begin(paths_);
  const auto found = find_paths();  // also while some have no room: others come meanwhile
  if (paths_.empty()) {
    sending_.abandon();
    return found;
  }
  if (missing_) sending_.result.error = missing_;
  no_buffers_ = false;
  return sending_.run(paths_, [&](udp_path& p) { return send_on(p, datagrams, datagram_size); });
} catch (...) {  // no memory
  sending_.abandon();
  return {send_status::failed, std::make_error_code(std::errc::not_enough_memory), 0};
}

// Known for this machine only; others are taken to be like it.
std::size_t udp_sender::receiver_buffer() const noexcept { return platform::usual_receive_buffer(); }

/// None if the system does not let us.
udp_socket connected_socket(const endpoint& to, const network_interface* by, int ttl, std::error_code& error) noexcept {
  udp_socket s(to.what == endpoint::kind::ipv4 ? ip_family::ipv4 : ip_family::ipv6, error);
  if (!error && by != nullptr) error = s.set_multicast_interface(*by, ttl);
  if (!error) error = s.connect(to);
  if (error) return {};
  s.ask_for_send_buffer(4 * 1024 * 1024);
  s.set_fragmenting(false);
  return s;
}

class multicast_sender final : public udp_sender {
 public:
  multicast_sender(const groups& to, const udp_options& options) : udp_sender(options.patience), to_(to), options_(options) {
    for (const auto& i : platform::usable_interfaces(options_.if_)) fit(i.mtu);
  }

 private:
  send_result find_paths() override;
  void on_loss() override { check_at_ = {}; }
  void add_path(const network_interface& i, ip_family family);
  std::shared_ptr<line> own_line(const network_interface& i, const endpoint& to);
  std::shared_ptr<line> shared_line(ip_family family);
  void loop_back_once();

  groups to_;
  udp_options options_;
  clock::time_point check_at_{};
  std::error_code error_;
};

bool is_called(const network_interface& i, const std::string& name) { return i.name == name.substr(0, name.find(':')); }

send_result multicast_sender::find_paths() {
  const auto now = clock::now();
  if (now >= check_at_) {
    std::error_code unknown;
    const auto interfaces = platform::usable_interfaces(options_.if_, unknown);
    if (unknown) {  // what we have is kept
      check_at_ = now + interfaces_missed_every;
      error_ = unknown;
      return paths_.empty() ? send_result{send_status::failed, error_, 0} : send_result{};
    }
    const auto unreachable = std::make_error_code(std::errc::network_unreachable);
    error_ = unreachable;
    const auto family_for = [this](const network_interface& i) {
      const bool want_ipv4 = options_.family != ip_family::ipv6;
      const bool want_ipv6 = options_.family != ip_family::ipv4;
      if (want_ipv4 && i.ipv4) return ip_family::ipv4;
      return want_ipv6 && i.ipv6 ? ip_family::ipv6 : ip_family::any;
    };
    paths_.erase(std::remove_if(paths_.begin(), paths_.end(),
                                [&](const udp_path& p) {
                                  return p.refused || std::none_of(interfaces.begin(), interfaces.end(), [&](const auto& i) {
                                    return i.index == p.by.index && family_for(i) == p.family;
                                  });
                                }),
                 paths_.end());
    missing_ = {};
    if (!options_.if_.empty() && std::none_of(interfaces.begin(), interfaces.end(), [this](const auto& i) { return is_called(i, options_.if_); })) {
      missing_ = std::make_error_code(std::errc::no_such_device);
    }
    for (const auto& i : interfaces) {
      const auto family = family_for(i);
      if (family == ip_family::any) continue;
      auto known = std::find_if(paths_.begin(), paths_.end(), [&](const udp_path& p) { return p.by.index == i.index; });
      if (known == paths_.end()) {
        add_path(i, family);
        continue;
      }
      known->by = i;
      if (i.mtu > headers(family)) known->fits = i.mtu - headers(family);
      fit(i.mtu);
    }
    loop_back_once();
    // Not before: for want of memory it may have ended in between.
    check_at_ = now + (paths_.empty() || error_ != unreachable ? interfaces_missed_every : interfaces_checked_every);
  }
  return paths_.empty() ? send_result{send_status::failed, error_, 0} : send_result{};
}

// Readers on this machine hear us through the loopback interface, and then once is enough. Linux has no route for IPv6 multicast
// on it; then they hear what is sent on the others.
void multicast_sender::loop_back_once() {
  const bool heard = std::any_of(paths_.begin(), paths_.end(), [](const udp_path& p) { return p.by.loopback; });
  for (auto& p : paths_) p.out->socket.set_multicast_loopback(p.by.loopback || !heard);
}

void multicast_sender::add_path(const network_interface& i, ip_family family) {
  udp_path p;
  p.by = i;
  p.family = family;
  p.to = group_endpoint(family, to_, options_.port);
  const auto own = std::count_if(paths_.begin(), paths_.end(), [](const udp_path& other) { return !other.out->shared; });
  const bool share = udp_socket::sends_by_interface && !i.loopback && static_cast<std::size_t>(own) >= most_own_sockets;
  p.out = share ? shared_line(family) : own_line(i, p.to);
  if (!p.out) return;
  measure(p);
  paths_.push_back(std::move(p));
}

std::shared_ptr<line> multicast_sender::own_line(const network_interface& i, const endpoint& to) {
  auto l = std::make_shared<line>();
  l->socket = connected_socket(to, &i, options_.ttl, error_);
  return l->socket ? l : nullptr;
}

std::shared_ptr<line> multicast_sender::shared_line(ip_family family) {
  const auto known =
      std::find_if(paths_.begin(), paths_.end(), [family](const udp_path& p) { return p.out->shared && p.out->family == family; });
  if (known != paths_.end()) return known->out;
  auto l = std::make_shared<line>();
  l->socket = udp_socket(family, error_);
  if (error_) return nullptr;
  l->family = family;
  l->shared = true;
  l->socket.set_multicast_ttl(options_.ttl);
  l->socket.ask_for_send_buffer(4 * 1024 * 1024);
  l->socket.set_fragmenting(false);
  return l;
}

class unicast_sender final : public udp_sender {
 public:
  unicast_sender(std::string host, const udp_options& options)
      : udp_sender(options.patience), host_(std::move(host)), numeric_(is_ipv6(host_) || !platform::parse_ip(host_).empty()),
        options_(options) {
    if (numeric_) {
      find_paths();  // the size of datagrams is asked for before the first is sent
    } else {
      resolver_.start(host_, options_.family);
    }
  }

 private:
  static constexpr auto looked_up_every = std::chrono::minutes(5);
  static constexpr auto looked_up_at_most_every = std::chrono::seconds(10);

  send_result find_paths() override;
  void on_refusal() override { refused_ = true; }
  void on_loss() override { tried_ = {}; }
  void connect();

  bool connected_ = false;  // to `addresses_`
  const std::string host_;
  const bool numeric_;
  const udp_options options_;
  bool refused_ = false;
  platform::resolver resolver_;
  std::vector<endpoint> addresses_;
  clock::time_point looked_up_{};
  clock::time_point tried_{};
  std::error_code error_;
};

send_result unicast_sender::find_paths() {
  if (numeric_ && connected_ && !paths_.empty() && !paths_.front().refused) return {};
  const auto now = clock::now();
  if (const auto answer = resolver_.take()) {
    error_ = answer->error;
    // A name server that is away for a while does not make us forget where the host was.
    if (!answer->error) {
      addresses_ = answer->addresses;
      connected_ = false;
      tried_ = {};
    }
    if (answer->error != std::errc::not_enough_memory) looked_up_ = now;
  }
  const bool due = addresses_.empty() || refused_ ? now - looked_up_ >= looked_up_at_most_every : now - looked_up_ >= looked_up_every;
  if (!numeric_ && !resolver_.busy() && due) {
    refused_ = false;
    resolver_.start(host_, options_.family);
  }
  const bool lacking = !connected_ || paths_.empty() || paths_.front().refused;
  if (lacking && (numeric_ || !addresses_.empty()) && now - tried_ >= std::chrono::seconds(1)) {
    // An interface that was away comes back with another number.
    if (numeric_) addresses_ = platform::parse_ip(host_);
    if (addresses_.empty()) error_ = std::make_error_code(std::errc::no_such_device);
    connect();
    tried_ = now;  // not before: for want of memory it may have ended in between
  }
  if (!paths_.empty()) return {};
  const bool first_lookup = addresses_.empty() && resolver_.busy() && looked_up_ == clock::time_point{};
  if (first_lookup) return {send_status::would_block, make_error_code(errc::not_resolved), 0};
  return {send_status::failed, error_, 0};
}

// A socket keeps the address that this machine had when it was connected; without another it is better than none.
void unicast_sender::connect() {
  std::vector<udp_path> fresh;
  for (auto to : addresses_) {
    to.port = options_.port;
    udp_path p;
    p.family = to.what == endpoint::kind::ipv4 ? ip_family::ipv4 : ip_family::ipv6;
    p.to = to;
    p.out = std::make_shared<line>();
    p.out->socket = connected_socket(to, nullptr, 0, error_);
    if (!p.out->socket) continue;
    measure(p);
    fresh.push_back(std::move(p));
    break;
  }
  if (fresh.empty() && platform::out_of_means(error_)) return;
  connected_ = !fresh.empty();
  paths_ = std::move(fresh);
}

}  // namespace

std::unique_ptr<datagram_sender> open_multicast_sender(const groups& to, const udp_options& options) {
  return std::make_unique<multicast_sender>(to, options);
}

std::unique_ptr<datagram_sender> open_unicast_sender(const std::string& host, const udp_options& options) {
  return std::make_unique<unicast_sender>(host, options);
}

}  // namespace mailslog::transport
