#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include <netinet/in.h>
#include <netinet/udp.h>

#include <mailslog/error.hpp>

#include "platform/interfaces.hpp"
#include "platform/posix.hpp"
#include "platform/resolver.hpp"
#include "platform/wait.hpp"
#include "transport/udp.hpp"
#include "transport/udp_address_posix.hpp"

namespace mailslog::transport {
namespace {

using platform::last_error;
using platform::make_socket;
using platform::network_interface;
using platform::set_option;
using platform::unique_fd;
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
  unique_fd fd;
  std::size_t sent = 0;              // bytes of the datagrams now being sent
  bool waiting = false;              // has no room for the rest of them
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
  virtual void on_refusal() {}

  std::vector<path> paths_;

 private:
  // True when the path has taken all, or will not.
  bool send_on(path& p, byte_view datagrams, std::size_t datagram_size) noexcept;

  bool sending_ = false;
  bool no_buffers_ = false;
  send_result result_;
};

bool should_wait(const std::error_code& e) {
  return e == std::errc::resource_unavailable_try_again || e == std::errc::operation_would_block ||
         e == std::errc::no_buffer_space;
}

bool set_segment(path& p, std::size_t size) noexcept {
#ifdef UDP_SEGMENT
  if (p.segment == size) return true;
  if (!p.may_segment || !set_option(p.fd.get(), IPPROTO_UDP, UDP_SEGMENT, static_cast<int>(size))) return false;
  p.segment = size;
  return true;
#else
  (void)p;
  return size == 0;
#endif
}

bool udp_sender::send_on(path& p, byte_view datagrams, std::size_t datagram_size) noexcept {
  bool refused_before = false;
  while (p.sent < datagrams.size) {
    const auto left = datagrams.size - p.sent;
    // With its segment size set, the system cuts one large piece into datagrams.
    const bool many = left > datagram_size && set_segment(p, datagram_size);
    const auto piece = datagrams.part(p.sent, many ? left : std::min(datagram_size, left));
    if (::send(p.fd.get(), piece.data, piece.size, MSG_NOSIGNAL) < 0) {
      const auto error = last_error();
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
        set_option(p.fd.get(), IPPROTO_UDP, UDP_SEGMENT, 0);
        p.segment = 0;
        continue;
      }
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
  return {send_status::refused, std::make_error_code(std::errc::not_enough_memory), 0};
}

// Known for this machine only; others are taken to be like it.
std::size_t udp_sender::receiver_buffer() const noexcept {
  const auto probe = make_socket(AF_INET, SOCK_DGRAM);
  set_option(probe.get(), SOL_SOCKET, SO_RCVBUF, 64 * 1024 * 1024);
  int granted = 0;
  ::socklen_t size = sizeof granted;
  return ::getsockopt(probe.get(), SOL_SOCKET, SO_RCVBUF, &granted, &size) == 0 ? static_cast<std::size_t>(granted) : 0;
}

void udp_sender::wait(std::chrono::nanoseconds timeout) noexcept {
  int fds[16];
  std::size_t n = 0;
  for (const auto& p : paths_) {
    if (p.waiting && !no_buffers_ && n < std::size(fds)) fds[n++] = p.fd.get();
  }
  // Without buffers a socket seems writable; and there may be no socket yet.
  if (n == 0) timeout = std::min<std::chrono::nanoseconds>(timeout, std::chrono::milliseconds(1));
  platform::wait_writable(fds, n, timeout);
}

/// Nothing if the system does not let us.
unique_fd connected_socket(const endpoint& to, std::error_code& error) {
  const auto address = to_socket_address(to);
  unique_fd fd = make_socket(address.storage.ss_family, SOCK_DGRAM);
  if (!fd || ::connect(fd.get(), address.generic(), address.size) != 0) {
    error = last_error();
    return {};
  }
  set_option(fd.get(), SOL_SOCKET, SO_SNDBUF, 4 * 1024 * 1024);
  return fd;
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
                                  return std::none_of(interfaces.begin(), interfaces.end(), [&](const auto& i) {
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
  return paths_.empty() ? send_result{send_status::refused, error_, 0} : send_result{};
}

// Readers on this machine hear us through the loopback interface, and then once is enough. Linux has no route for IPv6 multicast
// on it; then they hear what is sent on the others.
void multicast_sender::loop_back_once() {
  const bool heard = std::any_of(paths_.begin(), paths_.end(), [](const path& p) { return p.loopback; });
  for (const auto& p : paths_) {
    const int loop = p.loopback || !heard ? 1 : 0;
    if (p.family == ip_family::ipv4) {
      set_option(p.fd.get(), IPPROTO_IP, IP_MULTICAST_LOOP, loop);
    } else {
      set_option(p.fd.get(), IPPROTO_IPV6, IPV6_MULTICAST_LOOP, loop);
    }
  }
}

void multicast_sender::add_path(const network_interface& i, ip_family family) {
  path p;
  p.interface = i.index;
  p.loopback = i.loopback;
  p.family = family;
  const bool ipv4 = family == ip_family::ipv4;
  p.fd = make_socket(ipv4 ? AF_INET : AF_INET6, SOCK_DGRAM);
  bool ready = static_cast<bool>(p.fd);
  if (ready && ipv4) {
    ::ip_mreqn on{};
    on.imr_ifindex = static_cast<int>(i.index);
    std::memcpy(&on.imr_address, i.ipv4_address.data(), 4);  // who we say we are where no route says it
    ready = ::setsockopt(p.fd.get(), IPPROTO_IP, IP_MULTICAST_IF, &on, sizeof on) == 0 &&
            set_option(p.fd.get(), IPPROTO_IP, IP_MULTICAST_TTL, options_.ttl);
  } else if (ready) {
    ready = set_option(p.fd.get(), IPPROTO_IPV6, IPV6_MULTICAST_IF, static_cast<int>(i.index)) &&
            set_option(p.fd.get(), IPPROTO_IPV6, IPV6_MULTICAST_HOPS, options_.ttl);
  }
  const auto address = to_socket_address(group_endpoint(family, to_, options_.port));
  if (!ready || ::connect(p.fd.get(), address.generic(), address.size) != 0) {
    error_ = last_error();
    return;
  }
  set_option(p.fd.get(), SOL_SOCKET, SO_SNDBUF, 4 * 1024 * 1024);
  paths_.push_back(std::move(p));
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
  if (numeric_ && !paths_.empty()) return {};
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
  if (paths_.empty() && !addresses_.empty() && now - tried_ >= std::chrono::seconds(1)) {
    tried_ = now;
    connect();
  }
  if (!paths_.empty()) return {};
  const bool first_lookup = addresses_.empty() && resolver_.busy() && looked_up_ == clock::time_point{};
  if (first_lookup) return {send_status::again, make_error_code(errc::not_resolved), 0};
  return {send_status::refused, error_, 0};
}

void unicast_sender::connect() {
  for (auto to : addresses_) {
    to.port = options_.port;
    path p;
    p.fd = connected_socket(to, error_);
    if (!p.fd) continue;
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
