#include <algorithm>
#include <utility>

#include <mailslog/error.hpp>

#include "platform/interfaces.hpp"
#include "platform/resolver.hpp"
#include "platform/udp_socket.hpp"
#include "transport/resumable.hpp"
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

/// A connected socket: to one group on one interface, or to one host.
struct path {
  unsigned interface = 0;
  bool loopback = false;
  ip_family family = ip_family::any;
  udp_socket socket;
  std::size_t sent = 0;              // bytes of the datagrams now being sent
  bool waiting = false;              // has no room for the rest of them
  bool refused = false;              // the system did not take something: the way may have changed since the socket was connected
  std::size_t segment = 0;           // size at which the system cuts what one call sends; 0: does not
  bool may_segment = true;
};

class udp_sender : public datagram_sender {
 public:
  send_result send(byte_view datagrams, std::size_t datagram_size) noexcept final;
  void abandon() noexcept final { sending_ = false; }
  void wait(std::chrono::nanoseconds timeout) noexcept final;

  std::size_t max_datagram() const noexcept final { return largest_datagram; }
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
  /// All paths are gone: find them as if for the first time.
  virtual void on_loss() = 0;

  std::vector<path> paths_;

 private:
  // True when the path has taken all, or will not.
  bool send_on(path& p, byte_view datagrams, std::size_t datagram_size) noexcept;

  bool sending_ = false;
  bool no_buffers_ = false;
  send_result result_;
};

bool set_segment(path& p, std::size_t size) noexcept {
  if (p.segment == size) return true;
  if (!p.may_segment || !p.socket.set_segment_size(size)) return false;
  p.segment = size;
  return true;
}

bool udp_sender::send_on(path& p, byte_view datagrams, std::size_t datagram_size) noexcept {
  bool refused_before = false;
  while (p.sent < datagrams.size) {
    const auto left = datagrams.size - p.sent;
    // With its segment size set, the system cuts one large piece into datagrams.
    const bool many = left > datagram_size && set_segment(p, datagram_size);
    const auto piece = datagrams.part(p.sent, many ? left : std::min(datagram_size, left));
    if (const auto error = p.socket.send(piece)) {
      if (error == std::errc::interrupted) continue;
      if (should_wait(error)) {
        no_buffers_ = error == std::errc::no_buffer_space;
        return false;
      }
      if (error == std::errc::connection_refused && !refused_before) {
        // The answer to an earlier datagram. This one was not sent yet.
        refused_before = true;
        on_refusal();
        continue;
      }
      if (error == std::errc::connection_refused) return true;  // nobody is there, which is no error
      if (many) {  // this interface cannot
        p.may_segment = false;
        p.socket.set_segment_size(0);
        p.segment = 0;
        continue;
      }
      p.refused = true;
      on_refusal();
      result_.error = error;
      p.sent = datagrams.size;
      return true;
    }
    p.sent += piece.size;
  }
  ++result_.taken;
  return true;
}

send_result udp_sender::send(byte_view datagrams, std::size_t datagram_size) noexcept try {
  if (!sending_) {
    // Who closes what he does not know closes all of it; looking at one is enough.
    if (!paths_.empty() && paths_.front().socket.lost()) {
      for (auto& p : paths_) p.socket.release();
      paths_.clear();
      on_loss();
    }
    result_ = find_paths();
    if (paths_.empty()) return result_;
    for (auto& p : paths_) p.sent = 0;
  }
  no_buffers_ = false;
  sending_ = false;
  for (auto& p : paths_) {
    p.waiting = p.sent < datagrams.size && !send_on(p, datagrams, datagram_size);
    sending_ = sending_ || p.waiting;
  }
  result_.conclude(sending_);
  return result_;
} catch (...) {  // no memory
  sending_ = false;
  return {send_status::failed, std::make_error_code(std::errc::not_enough_memory), 0};
}

// Known for this machine only; others are taken to be like it.
std::size_t udp_sender::receiver_buffer() const noexcept { return platform::usual_receive_buffer(); }

void udp_sender::wait(std::chrono::nanoseconds timeout) noexcept {
  wait_for_room(paths_, no_buffers_, timeout);
}

/// None if the system does not let us.
udp_socket connected_socket(const endpoint& to, const network_interface* by, int ttl, std::error_code& error) noexcept {
  udp_socket s(to.what == endpoint::kind::ipv4 ? ip_family::ipv4 : ip_family::ipv6, error);
  if (!error && by != nullptr) error = s.set_multicast_interface(*by, ttl);
  if (!error) error = s.connect(to);
  if (error) return {};
  s.ask_for_send_buffer(4 * 1024 * 1024);
  return s;
}

class multicast_sender final : public udp_sender {
 public:
  multicast_sender(const groups& to, const slot_options& options) : to_(to), options_(options) {
    for (const auto& i : platform::usable_interfaces(options_.if_)) {
      if (i.mtu > 2 * ip_and_udp_headers) {
        default_datagram_ = std::min<std::size_t>(default_datagram_, i.mtu - ip_and_udp_headers);
      }
    }
  }

  std::size_t default_datagram() const noexcept override { return default_datagram_; }

 private:
  send_result find_paths() override;
  void on_loss() override { checked_ = {}; }
  void add_path(const network_interface& i, ip_family family);
  void loop_back_once();

  groups to_;
  slot_options options_;
  std::size_t default_datagram_ = usual_datagram;
  clock::time_point checked_{};
  std::error_code error_;
};

send_result multicast_sender::find_paths() {
  const auto now = clock::now();
  if (checked_ == clock::time_point{} || now - checked_ >= interfaces_checked_every) {
    checked_ = now;
    error_ = std::make_error_code(std::errc::network_unreachable);
    const auto interfaces = platform::usable_interfaces(options_.if_);
    const auto family_for = [this](const network_interface& i) {
      const bool want_ipv4 = options_.family != ip_family::ipv6;
      const bool want_ipv6 = options_.family != ip_family::ipv4;
      if (want_ipv4 && i.ipv4) return ip_family::ipv4;
      return want_ipv6 && i.ipv6 ? ip_family::ipv6 : ip_family::any;
    };
    paths_.erase(std::remove_if(paths_.begin(), paths_.end(),
                                [&](const path& p) {
                                  return p.refused || std::none_of(interfaces.begin(), interfaces.end(), [&](const auto& i) {
                                    return i.index == p.interface && family_for(i) == p.family;
                                  });
                                }),
                 paths_.end());
    for (const auto& i : interfaces) {
      const auto family = family_for(i);
      const bool known = std::any_of(paths_.begin(), paths_.end(), [&](const path& p) { return p.interface == i.index; });
      if (family != ip_family::any && !known) add_path(i, family);
    }
    loop_back_once();
  }
  return paths_.empty() ? send_result{send_status::failed, error_, 0} : send_result{};
}

// Readers on this machine hear us through the loopback interface, and then once is enough. Linux has no route for IPv6 multicast
// on it; then they hear what is sent on the others.
void multicast_sender::loop_back_once() {
  const bool heard = std::any_of(paths_.begin(), paths_.end(), [](const path& p) { return p.loopback; });
  for (auto& p : paths_) p.socket.set_multicast_loopback(p.loopback || !heard);
}

void multicast_sender::add_path(const network_interface& i, ip_family family) {
  path p;
  p.interface = i.index;
  p.loopback = i.loopback;
  p.family = family;
  p.socket = connected_socket(group_endpoint(family, to_, options_.port), &i, options_.ttl, error_);
  if (p.socket) paths_.push_back(std::move(p));
}

class unicast_sender final : public udp_sender {
 public:
  unicast_sender(std::string host, const slot_options& options) : host_(std::move(host)), options_(options) {
    addresses_ = platform::parse_ip(host_);
    numeric_ = !addresses_.empty();
    if (!numeric_) resolver_.start(host_, options_.family);
  }

  std::size_t default_datagram() const noexcept override { return usual_datagram; }

 private:
  static constexpr auto looked_up_every = std::chrono::minutes(5);
  static constexpr auto looked_up_at_most_every = std::chrono::seconds(10);

  send_result find_paths() override;
  void on_refusal() override { refused_ = true; }
  void on_loss() override { tried_ = {}; }
  void connect();

  std::string host_;
  slot_options options_;
  bool numeric_ = false;
  bool refused_ = false;
  platform::resolver resolver_;
  std::vector<endpoint> addresses_;
  clock::time_point looked_up_{};
  clock::time_point tried_{};
  std::error_code error_;
};

send_result unicast_sender::find_paths() {
  if (numeric_ && !paths_.empty() && !paths_.front().refused) return {};
  const auto now = clock::now();
  if (const auto answer = resolver_.take()) {
    looked_up_ = now;
    error_ = answer->error;
    // A name server that is away for a while does not make us forget where the host was.
    if (!answer->error) {
      addresses_ = answer->addresses;
      paths_.clear();
      tried_ = {};
    }
  }
  const bool due = addresses_.empty() || refused_ ? now - looked_up_ >= looked_up_at_most_every : now - looked_up_ >= looked_up_every;
  if (!numeric_ && !resolver_.busy() && due) {
    refused_ = false;
    resolver_.start(host_, options_.family);
  }
  const bool lacking = paths_.empty() || paths_.front().refused;
  if (lacking && !addresses_.empty() && now - tried_ >= std::chrono::seconds(1)) {
    tried_ = now;
    paths_.clear();  // a socket keeps the address that this machine had when it was connected
    connect();
  }
  if (!paths_.empty()) return {};
  const bool first_lookup = addresses_.empty() && resolver_.busy() && looked_up_ == clock::time_point{};
  if (first_lookup) return {send_status::would_block, make_error_code(errc::not_resolved), 0};
  return {send_status::failed, error_, 0};
}

void unicast_sender::connect() {
  for (auto to : addresses_) {
    to.port = options_.port;
    path p;
    p.socket = connected_socket(to, nullptr, 0, error_);
    if (!p.socket) continue;
    paths_.push_back(std::move(p));
    return;
  }
}

}  // namespace

std::unique_ptr<datagram_sender> open_multicast_sender(const groups& to, const slot_options& options) {
  return std::make_unique<multicast_sender>(to, options);
}

std::unique_ptr<datagram_sender> open_unicast_sender(const std::string& host, const slot_options& options) {
  return std::make_unique<unicast_sender>(host, options);
}

}  // namespace mailslog::transport
