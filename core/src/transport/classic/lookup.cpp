#include "transport/classic/lookup.hpp"

#include <algorithm>
#include <utility>

#include <mailslog/error.hpp>

#include "platform/process.hpp"
#include "transport/classic/query.hpp"
#include "transport/classic/sockets.hpp"

namespace mailslog::transport::classic {
namespace {

using namespace std::chrono_literals;

// As RFC 1002 has it for broadcasts.
constexpr int questions = 3;
constexpr auto between_questions = 250ms;

}  // namespace

void lookup::start(const std::string& dns, const std::optional<netbios_name>& name, const classic_options& options, time_point now) {
  options_ = options;
  dns_answer_.reset();
  ways_.clear();
  if (dns.empty()) {
    dns_answer_ = located{false, {}, make_error_code(errc::not_resolved)};
  } else {
    dns_.start(dns, ip_family::ipv4);
  }
  questions_left_ = name ? questions : 0;
  next_question_ = now;
  busy_ = !name;
  if (!name) return;
  name_ = *name;
  id_ = static_cast<std::uint16_t>(platform::random_id());
  for (const auto& n : platform::ipv4_networks(options.if_)) {
    if (n.broadcast == decltype(n.broadcast){}) continue;
    std::error_code error;
    way w;
    w.socket = platform::udp_socket(ip_family::ipv4, error);
    w.broadcast = ipv4_endpoint(n.broadcast, static_cast<std::uint16_t>(options.classic_port - 1));
    if (!error && !w.socket.listen(ipv4_endpoint(n.address, 0), 64 * 1024) && !w.socket.allow_broadcast()) ways_.push_back(std::move(w));
  }
  busy_ = true;  // not before: for want of memory it may have ended in between
}

std::optional<located> lookup::take(time_point now) {
  if (!busy_) return std::nullopt;
  located found;
  if (hear(found)) {
    busy_ = false;
    ways_.clear();
    return found;
  }
  if (!dns_answer_) {
    if (const auto answer = dns_.take()) {
      dns_answer_ = answer->error ? located{false, {}, answer->error} : located{false, answer->addresses.front(), {}};
    }
  }
  ask(now);
  // What DNS says is true unless the network knows better: the name may be a group's.
  if (!dns_answer_ || questions_left_ > 0 || now < next_question_) return std::nullopt;
  busy_ = false;
  ways_.clear();
  return dns_answer_;
}

void lookup::ask(time_point now) {
  if (questions_left_ == 0 || now < next_question_) return;
  --questions_left_;
  next_question_ = now + between_questions;
  std::vector<std::uint8_t> packet;
  encode(name_query{id_, name_}, packet);
  for (auto& w : ways_) (void)w.socket.send_to(w.broadcast, {packet.data(), packet.size()});
}

bool lookup::hear(located& out) {
  std::uint8_t memory[576];
  platform::udp_arrival arrival;
  for (auto& w : ways_) {
    while (w.socket.receive(memory, sizeof memory, arrival)) {
      name_answer a;
      if (!decode(byte_view(memory, arrival.size), a) || a.id != id_ || a.name != name_) continue;
      out.group = a.group;
      // Of several, the one from which it has come to us is known to be reached.
      out.address = ipv4_endpoint(a.addresses.front(), 0);
      for (const auto& address : a.addresses) {
        if (std::equal(address.begin(), address.end(), arrival.from.ip.begin())) out.address = ipv4_endpoint(address, 0);
      }
      return true;
    }
  }
  return false;
}

}  // namespace mailslog::transport::classic
