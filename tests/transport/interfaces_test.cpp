// What the network's interfaces do to slots on the network: many, slow, narrow, late. In a network of its own.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "platform/interfaces.hpp"
#include "reading.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"

using namespace mailslog;
using namespace mailslog::test;
using transport::send_status;

namespace {

void sh(const std::string& commands) {
  const auto done = run({"sh", "-ec", commands});
  CAPTURE(commands, done.err);
  REQUIRE(done.code == 0);
}

/// Interfaces that lead to their other end on this machine, and are gone at the end.
struct cable {
  explicit cable(std::string name, const std::string& more = "") : name_(std::move(name)) {
    sh("ip link add " + name_ + " type veth peer name " + name_ + "b && ip link set " + name_ + "b up && ip link set " + name_ + " up");
    if (!more.empty()) sh(more);
  }
  cable(const cable&) = delete;
  cable& operator=(const cable&) = delete;
  ~cable() { run({"ip", "link", "del", name_}); }

 private:
  std::string name_;
};

struct lan_slot {
  lan_slot() {
    options.port = scratch_port();
    options.family = ip_family::ipv4;
  }
  sender_ptr sender() const { return transport::open_multicast_sender(groups_of_it, options); }
  receiver_ptr receiver() const { return transport::open_udp_receiver(ip_family::ipv4, groups_of_it, options); }

  groups groups_of_it = groups_of(wire::slot_tag(scratch_name()));
  transport::udp_options options;
};

std::ptrdiff_t open_descriptors() {
  const std::filesystem::directory_iterator all("/dev/fd");
  return std::distance(begin(all), end(all));
}

/// "Ip", "FragCreates" of this network.
unsigned long counted(const std::string& protocol, const std::string& name) {
  std::ifstream in("/proc/net/snmp");
  std::string names;
  std::string values;
  while (std::getline(in, names) && std::getline(in, values)) {
    std::istringstream n(names);
    std::istringstream v(values);
    std::string key;
    std::string value;
    n >> key;
    v >> value;
    if (key != protocol + ':') continue;
    while (n >> key && v >> value) {
      if (key == name) return std::stoul(value);
    }
  }
  return 0;
}

bool is_usable(const std::string& name, const std::string& only = "") {
  const auto all = platform::usable_interfaces(only);
  return std::any_of(all.begin(), all.end(), [&](const auto& i) { return i.name == name; });
}

}  // namespace

TEST_CASE("a slot on the LAN reaches and hears more interfaces than a socket may join groups, with few descriptors", "[transport]") {
  std::vector<std::unique_ptr<cable>> cables;
  for (int i = 0; i < 40; ++i) {
    const auto name = "c" + std::to_string(i);
    cables.push_back(std::make_unique<cable>(name, "ip addr add 172.20." + std::to_string(i) + ".1/24 dev " + name));
  }
  const lan_slot slot;
  const auto before = open_descriptors();
  reading reader(slot.receiver());
  CHECK(open_descriptors() - before <= 3);
  const auto sender = slot.sender();
  const auto d = marked('m', 1, 500);
  const auto result = post(*sender, d);
  CHECK(result.status == send_status::done);
  CHECK(result.taken == 41);  // loopback, too
  CHECK(open_descriptors() - before <= 3 + 10);
  REQUIRE(reader.wait_for(1));

  // By each of the interfaces alone: the last ones are those that one socket has no room for.
  for (const int i : {0, 19, 20, 39}) {
    CAPTURE(i);
    auto one = slot;
    one.options.if_ = "c" + std::to_string(i);
    const auto by_one = one.sender();
    const auto so_far = reader.got().size();
    post(*by_one, marked('o', static_cast<std::uint32_t>(i), 10));
    REQUIRE(reader.wait_for(so_far + 1));
  }
}

TEST_CASE("an end of a container's cable is used if it has an address of its own, or by name", "[transport]") {
  const cable bare("bare");
  REQUIRE(wait_until([] { return run({"ip", "-6", "addr", "show", "dev", "bare", "scope", "link"}).out.find("fe80") != std::string::npos; }));
  CHECK_FALSE(is_usable("bare"));
  CHECK(is_usable("bare", "bare"));
  sh("ip addr add 172.21.0.1/24 dev bare");
  CHECK(is_usable("bare"));
}

TEST_CASE("an address with a label belongs to its interface", "[transport]") {
  const cable labelled("lab0", "ip addr add 172.22.0.1/24 dev lab0 label lab0:x");
  CHECK(is_usable("lab0"));
  CHECK_FALSE(is_usable("lab0:x"));
  CHECK(is_usable("lab0", "lab0"));
  CHECK(is_usable("lab0", "lab0:x"));
}

TEST_CASE("an interface that does not say that it can multicast is used by name", "[transport]") {
  const cable quiet("quiet0", "ip addr add 172.23.0.1/24 dev quiet0; ip link set quiet0 multicast off");
  CHECK_FALSE(is_usable("quiet0"));
  CHECK(is_usable("quiet0", "quiet0"));
}

TEST_CASE("an interface that is not there is told by readers and writers alike", "[transport]") {
  lan_slot slot;
  slot.options.if_ = "later0";
  std::error_code said;
  try {
    slot.receiver();
  } catch (const std::system_error& e) {
    said = e.code();
  }
  CHECK(said == std::errc::no_such_device);
  const auto sender = slot.sender();
  const auto result = post(*sender, marked('a', 0, 10));
  CHECK(result.error == said);
  CHECK(result.taken == 1);  // loopback
}

TEST_CASE("a slow interface holds up the others for a moment only", "[transport]") {
  if (run({"sh", "-c", "command -v tc"}).code != 0) {
    WARN("skipped: needs tc");
    return;
  }
  const cable slow("slow0",
                   "ip addr add 172.24.0.1/24 dev slow0; tc qdisc add dev slow0 root tbf rate 8kbit burst 2k limit 100m");
  const lan_slot slot;
  auto hearing = slot;
  hearing.options.if_ = "lo";
  reading reader(hearing.receiver());
  const auto sender = slot.sender();
  // More than the send buffer takes.
  std::error_code passed_over;
  std::uint32_t number = 0;
  REQUIRE(wait_until([&] {
    const auto result = post(*sender, marked('f', number++, 1400), reader);
    if (result.error) passed_over = result.error;
    return static_cast<bool>(passed_over);
  }));
  CHECK(passed_over == std::errc::resource_unavailable_try_again);
  reader.take();
  for (std::uint32_t i = 0; i < 100; ++i) {
    const auto d = marked('c', i, 100);
    CHECK(sender->send(view(d), d.size()).status != send_status::would_block);
    REQUIRE(reader.wait_for(number + i + 1));
    CHECK(reader.got().back() == d);
  }
}

TEST_CASE("datagrams follow what the way to a host takes, and what was packed before goes as it can", "[transport]") {
  process there({"unshare", "-n", "sleep", "100"});
  const auto in_there = "nsenter -t " + std::to_string(there.pid()) + " -n ";
  REQUIRE(wait_until([&] {
    return run({"sh", "-c", "test $(readlink /proc/" + std::to_string(there.pid()) + "/ns/net) != $(readlink /proc/self/ns/net)"}).code == 0;
  }));
  const cable tunnel("tun0", "ip link set tun0b netns " + std::to_string(there.pid()) +
                                 "; ip addr add 10.9.0.1/24 dev tun0; ip link set tun0 mtu 1280 up; " + in_there +
                                 "ip addr add 10.9.0.2/24 dev tun0b; " + in_there + "ip link set tun0b up");
  transport::udp_options options;
  options.port = scratch_port();
  const bool multicast = GENERATE(false, true);
  CAPTURE(multicast);
  const auto sender = multicast ? transport::open_multicast_sender(groups_of(wire::slot_tag(scratch_name())), options)
                                : transport::open_unicast_sender("10.9.0.2", options);
  REQUIRE(sender->default_datagram() == 1280 - 48);
  const auto before = counted("Ip", "FragCreates");
  const std::vector<bytes> some(5, marked('a', 1, sender->default_datagram()));
  CHECK(post(*sender, some).status == send_status::done);
  CHECK(counted("Ip", "FragCreates") == before);

  sh("ip link set tun0 mtu 1000");
  const auto narrowed = post(*sender, some);  // packed before
  CAPTURE(narrowed.error.message());
  CHECK(narrowed.status == send_status::done);
  post(*sender, marked('b', 1, 100));
  REQUIRE(sender->default_datagram() == 1000 - 48);
  const auto packed_before = counted("Ip", "FragCreates");
  CHECK(post(*sender, std::vector<bytes>(5, marked('c', 1, sender->default_datagram()))).status == send_status::done);
  CHECK(counted("Ip", "FragCreates") == packed_before);
}

TEST_CASE("a host by its link-local address is reached when its interface comes, and comes back", "[transport]") {
  transport::udp_options options;
  options.port = scratch_port();
  const auto sender = transport::open_unicast_sender("fe80::2%usb0", options);
  const auto d = marked('a', 0, 10);
  CHECK(post(*sender, d).error == std::errc::no_such_device);
  for (int round = 0; round < 2; ++round) {
    CAPTURE(round);
    const cable usb("usb0", "ip -6 addr add fe80::1/64 dev usb0 nodad");
    REQUIRE(wait_until([&] { return post(*sender, d).taken == 1; }));
  }
}
