#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <utility>

#include <mailslog/error.hpp>

#include "platform/interfaces.hpp"
#include "platform/process.hpp"
#include "transport/classic/classic.hpp"
#include "transport/classic/datagram.hpp"
#include "transport/classic/lookup.hpp"
#include "transport/classic/sockets.hpp"
#include "transport/resumable.hpp"
#include "transport/udp/room.hpp"
#include "transport/udp/udp.hpp"

namespace mailslog::transport {
namespace {

using classic::ipv4_endpoint;
using classic::netbios_name;
using classic::reach;
using clock = std::chrono::steady_clock;
using ipv4_address = std::array<std::uint8_t, 4>;

/// To all of one network, or to one computer. Not connected: a connected socket would take from readers of this machine what comes
/// back to the port that it shares with them.
struct path : resumable_path {
  platform::udp_socket socket;
  endpoint to;
  ipv4_address own{};
  ipv4_address place_own{};  // as asked for: all zero, if any will do
  bool refused = false;  // the system did not take something: `own` may no longer be ours

  platform::socket_handle handle() const noexcept { return socket.handle(); }
};

/// What `\\HOST` says before anybody is asked.
struct destination {
  std::string host;
  std::optional<std::uint8_t> suffix;
  reach to = reach::unique;
  netbios_name name;
  bool known = true;                 // nobody need be asked
  std::optional<endpoint> address;   // of one computer, if known
};

bool is_group_suffix(std::uint8_t s) noexcept { return s == 0x1c || s == 0x1d || s == 0x1e; }

destination destination_of(const std::string& text, const classic_options& options) {
  destination d;
  const auto mark = std::min(text.find('#'), text.size());
  d.host = text.substr(0, mark);
  if (mark < text.size()) d.suffix = static_cast<std::uint8_t>(std::strtoul(text.c_str() + mark + 1, nullptr, 16));
  const auto suffix = d.suffix.value_or(0);
  const auto numeric = platform::parse_ip(d.host);
  d.name = classic::computer_name(d.host);
  d.name.bytes.back() = suffix;
  if (d.host == "*" && d.suffix == 0) {
    d.to = reach::broadcast;
    d.name = netbios_name::everybody();
  } else if (d.host == "*") {
    d.to = reach::group;
    d.name = netbios_name::of(options.workgroup, suffix);
  } else if (!numeric.empty()) {
    d.address = numeric.front();
    d.name = netbios_name::everybody();  // whatever it calls itself
  } else if (is_group_suffix(suffix) || is_called(d.name, options.workgroup)) {
    d.to = reach::group;
  } else if (is_called(d.name, classic::computer_name(platform::host_name()).text())) {
    d.address = ipv4_endpoint({127, 0, 0, 1}, 0);
  } else {
    d.known = false;
  }
  return d;
}

class classic_sender final : public datagram_sender {
 public:
  classic_sender(const std::string& host, const std::string& slot, const classic_options& options)
      : options_(options), slot_(slot), to_(destination_of(host, options)), most_(classic::max_data(slot)), sending_(options.patience) {
    std::replace(slot_.begin(), slot_.end(), '/', '\\');
    write_.slot = slot_;
    write_.source = classic::computer_name(platform::host_name());
    write_.source_port = options.classic_port;
    write_.id = static_cast<std::uint16_t>(platform::random_id());
  }

  transport_traits traits() const noexcept override { return classic_traits; }
  send_result send(byte_view datagrams, std::size_t datagram_size) noexcept override;
  void abandon() noexcept override { sending_.abandon(); }
  void wait(std::chrono::nanoseconds timeout) noexcept override { wait_for_room(paths_, no_buffers_, timeout); }

  std::size_t max_datagram() const noexcept override { return most_; }
  std::size_t default_datagram() const noexcept override { return most_; }
  std::size_t receiver_buffer() const noexcept override {
    constexpr std::size_t taken_by_each = 3;  // of its buffer the system takes that much for a small datagram
    return platform::usual_receive_buffer() / taken_by_each;
  }
  std::size_t datagrams_at_once(std::size_t) const noexcept override { return 16; }

 private:
  static constexpr auto looked_up_every = std::chrono::minutes(5);
  static constexpr auto looked_up_again_after = std::chrono::seconds(10);

  progress send_on(path& p, byte_view datagrams, std::size_t datagram_size);
  send_result find_paths();
  void look_up(clock::time_point now);
  struct place {
    endpoint to;
    ipv4_address own{};  // from where; all zero: from where the way leads there
  };
  std::vector<place> networks(std::error_code& unknown) const;
  void follow(const std::vector<place>& places);
  void add_path(const place& there);

  classic_options options_;
  std::string slot_;
  destination to_;
  std::size_t most_;
  classic::mailslot_write write_;
  std::vector<std::uint8_t> packet_;

  classic::lookup lookup_;
  clock::time_point looked_up_{};
  bool located_ = false;
  std::vector<path> paths_;
  clock::time_point find_at_{};
  std::error_code error_;

  resumable_send<path> sending_;
  bool no_buffers_ = false;
};

send_result classic_sender::send(byte_view datagrams, std::size_t datagram_size) noexcept try {
  if (std::min(datagrams.size, datagram_size) > most_) {
    return {send_status::failed, std::make_error_code(std::errc::message_size), 0};
  }
  sending_.begin(paths_);
  const auto found = find_paths();  // also while some have no room: networks come and go meanwhile
  if (paths_.empty()) {
    sending_.abandon();
    return found;
  }
  no_buffers_ = false;
  const auto result = sending_.run(paths_, [&](path& p) { return send_on(p, datagrams, datagram_size); });
  // The same numbers on all paths: who hears several of them knows the copies by that.
  if (!sending_.resuming()) write_.id = static_cast<std::uint16_t>(write_.id + datagrams.size / datagram_size + 1);
  return result;
} catch (...) {  // no memory
  sending_.abandon();
  return {send_status::failed, std::make_error_code(std::errc::not_enough_memory), 0};
}

// A message of 0 bytes is one, too.
progress classic_sender::send_on(path& p, byte_view datagrams, std::size_t datagram_size) {
  auto w = write_;
  w.source_ip = p.own;
  do {
    w.data = datagrams.part(p.sent, std::min(datagram_size, datagrams.size - p.sent));
    w.id = static_cast<std::uint16_t>(write_.id + p.sent / datagram_size);
    encode(w, classic::layout::windows, packet_);
    auto error = p.socket.send_to(p.to, {packet_.data(), packet_.size()});
    while (error == std::errc::interrupted) error = p.socket.send_to(p.to, {packet_.data(), packet_.size()});
    if (should_wait(error)) {
      no_buffers_ = no_buffers_ || error == std::errc::no_buffer_space;
      return progress::no_room;
    }
    if (error) {
      p.refused = true;
      sending_.result.error = error;
      return progress::ended;
    }
    p.sent += w.data.size;
  } while (p.sent < datagrams.size);
  ++sending_.result.taken;
  return progress::took_all;
}

// Brings `paths_` up to date. What it returns is the result if there is none.
send_result classic_sender::find_paths() {
  const auto now = clock::now();
  if (!to_.known) look_up(now);
  const bool known = to_.known || located_;
  if (known && now >= find_at_) {
    write_.to = to_.to;
    write_.destination = to_.name;
    const auto unreachable = std::make_error_code(std::errc::network_unreachable);
    error_ = unreachable;
    std::error_code unknown;
    const auto places = to_.to == reach::unique ? std::vector<place>{{*to_.address, {}}} : networks(unknown);
    if (unknown) {
      error_ = unknown;  // what we have is kept
    } else {
      follow(places);
    }
    // Not before: for want of memory it may have ended in between.
    find_at_ = now + (paths_.empty() || error_ != unreachable ? interfaces_missed_every : interfaces_checked_every);
  }
  if (!paths_.empty()) return {};
  const bool first_lookup = !known && lookup_.busy() && looked_up_ == clock::time_point{};
  if (first_lookup) return {send_status::would_block, make_error_code(errc::not_resolved), 0};
  return {send_status::failed, error_, 0};
}

void classic_sender::look_up(clock::time_point now) {
  const auto due = located_ ? looked_up_every : std::chrono::nanoseconds(looked_up_again_after);
  if (!lookup_.busy() && (looked_up_ == clock::time_point{} || now - looked_up_ >= due)) {
    // A file server's name and a messenger's are the computer's; other suffixes are known to NetBIOS only.
    const auto suffix = to_.suffix.value_or(0);
    const bool is_computer = suffix == 0x00 || suffix == 0x03 || suffix == 0x20;
    const bool has_domain = to_.host.find('.') != std::string::npos;
    lookup_.start(is_computer ? to_.host : "", has_domain ? std::nullopt : std::optional(to_.name), options_, now);
  }
  if (const auto answer = lookup_.take(now)) {
    if (answer->error != std::errc::not_enough_memory) looked_up_ = now;
    // Who does not answer for a while is not forgotten.
    if (answer->error) {
      error_ = answer->error;
      return;
    }
    located_ = true;
    to_.to = answer->group ? reach::group : reach::unique;
    to_.address = answer->address;
    find_at_ = {};
  }
}

// All networks, or the one asked for; what a machine tells its networks it hears itself. Without any, only itself.
std::vector<classic_sender::place> classic_sender::networks(std::error_code& unknown) const {
  auto networks = platform::ipv4_networks(options_.if_, unknown);
  const auto remove_if = [&networks](auto unwanted) {
    networks.erase(std::remove_if(networks.begin(), networks.end(), unwanted), networks.end());
  };
  remove_if([](const auto& n) { return n.broadcast == ipv4_address{}; });
  if (!options_.if_.empty()) {
    remove_if([this](const auto& n) { return n.interface_name != options_.if_; });
  } else if (std::any_of(networks.begin(), networks.end(), [](const auto& n) { return !n.loopback; })) {
    remove_if([](const auto& n) { return n.loopback; });
  }
  std::vector<place> places;
  for (const auto& n : networks) {
    const auto to = ipv4_endpoint(n.broadcast, 0);
    const bool known = std::any_of(places.begin(), places.end(), [&](const place& p) { return p.to.ip == to.ip; });
    if (!known) places.push_back({to, n.address});
  }
  return places;
}

void classic_sender::follow(const std::vector<place>& places) {
  const auto same = [](const path& a, const place& b) { return a.to.ip == b.to.ip && a.place_own == b.own; };
  paths_.erase(std::remove_if(paths_.begin(), paths_.end(),
                              [&](const path& p) {
                                return p.refused || std::none_of(places.begin(), places.end(), [&](const place& w) { return same(p, w); });
                              }),
               paths_.end());
  for (const auto& w : places) {
    if (std::none_of(paths_.begin(), paths_.end(), [&](const path& p) { return same(p, w); })) add_path(w);
  }
}

// Without an address of our own: the one from which the way leads there.
void classic_sender::add_path(const place& there) {
  path p;
  p.to = there.to;
  p.to.port = options_.classic_port;
  p.place_own = there.own;
  p.own = there.own;
  auto error = std::error_code();
  p.socket = platform::udp_socket(ip_family::ipv4, error);
  if (!error && p.own == ipv4_address{}) {
    platform::udp_socket probe(ip_family::ipv4, error);
    if (!error) error = probe.connect(p.to);
    std::copy_n(probe.local().ip.begin(), p.own.size(), p.own.begin());
  }
  // A port that is shared is not taken at one address: the readers of this machine have that.
  const bool shared = options_.source_port != 0;
  if (!error && to_.to != reach::unique) error = p.socket.allow_broadcast();
  if (!error) error = p.socket.bind(ipv4_endpoint(shared ? ipv4_address{} : p.own, options_.source_port));
  if (error) {
    error_ = error;
    return;
  }
  p.socket.ask_for_send_buffer(4 * 1024 * 1024);
  paths_.push_back(std::move(p));
}

}  // namespace

std::unique_ptr<datagram_sender> open_classic_sender(const std::string& host, const std::string& slot, const classic_options& options) {
  return std::make_unique<classic_sender>(host, slot, options);
}

}  // namespace mailslog::transport
