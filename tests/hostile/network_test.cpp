// What the network may do to a program that logs: vanish, come back, and be another one. And what we do to the network.
#include <algorithm>
#include <atomic>
#include <cstring>
#include <fstream>
#include <mutex>

#include <dlfcn.h>
#include <netdb.h>

#include <mailslog/error.hpp>

#include "hearing.hpp"
#include "network.hpp"
#include "passing_time.hpp"
#include "support/descriptors.hpp"
#include "support/scratch.hpp"
#include "ways.hpp"

using namespace mailslog;
using namespace mailslog::test;
using namespace std::chrono_literals;

namespace {

/// The one name server: what it says is the address of all hosts; nothing is "there is no such host".
struct name_server {
  void say(const std::string& address) {
    const std::lock_guard lock(mutex);
    answer = address;
  }
  std::string asked() {
    wait_until([this] { return !silent; });
    ++questions;
    const std::lock_guard lock(mutex);
    return answer;
  }
  std::mutex mutex;
  std::string answer;
  std::atomic<bool> silent{false};
  std::atomic<int> questions{0};
} dns;

/// Two machines with a cable between them. The test is on the first.
struct two_machines {
  two_machines() { plug_in(there); }
  this_machine here;
  machine there;
};

/// A host to log to by its name: this machine, with nothing but loopback, and a reader on it.
struct named_host {
  scratch_folder folder;
  this_machine here;
  std::string via = any_host();
  std::string slot = scratch_name() + "?port=" + std::to_string(scratch_port());
  hearing reader{"*/" + slot};
  std::string address = "logger.test/" + slot + "&history=0";  // what was not sent is not found otherwise
};

/// Logs now and then, for so long in the program's own time.
void log_for(host& from, std::chrono::seconds time) {
  for (const auto step = 1s; time > 0s; time -= step) {
    let_pass(step);
    from.log("meanwhile");
    REQUIRE(from.flush(deadline));
  }
}

/// Do records flow when so much time has passed as the program needs to see what has become of the network?
bool flow_in_time(host& from, hearing& to) {
  let_pass(10s);
  return flow(from, to);
}

/// All of one sender's records are accounted for: each is heard, missing, or dropped by its sender. Word of a drop may itself be
/// lost, where another way (loopback) has taken it: then what was dropped counts as missing.
bool accounts_agree(const host& of, hearing& told, bool word_may_be_lost = false) {
  return wait_until([&] {
    told.take();
    const auto s = told.stats();
    const auto told_dropped = s.dropped_by_sender();
    const auto dropped = of.stats().dropped();
    return s.delivered + s.missing + told_dropped == of.stats().written &&
           (word_may_be_lost ? told_dropped <= dropped : told_dropped == dropped);
  });
}

std::unique_ptr<hearing> reader_on(const machine& there, const std::string& address) {
  return there.on([&] { return std::make_unique<hearing>(address); });
}

/// What the file in /proc/net says of the machine of this thread, without its heading.
std::vector<std::string> proc_net(const std::string& file) {
  std::ifstream in("/proc/thread-self/net/" + file);
  std::vector<std::string> lines;
  std::string line;
  for (std::getline(in, line); std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::size_t sockets_of_the_network() {
  std::size_t n = 0;
  for (const auto* file : {"udp", "udp6", "tcp", "tcp6", "raw", "raw6", "udplite", "packet"}) n += proc_net(file).size();
  return n;
}

/// Of slots: 239.255.0.0/16 and ff05::/16. The system has others, which come and go.
std::size_t groups_of_slots() {
  std::size_t n = 0;
  for (const auto& line : proc_net("igmp")) n += line.find("FFEF ") != std::string::npos ? 1 : 0;
  for (const auto& line : proc_net("igmp6")) n += line.find(" ff05") != std::string::npos ? 1 : 0;
  return n;
}

}  // namespace

extern "C" int getaddrinfo(const char* name, const char* service, const ::addrinfo* hints, ::addrinfo** result) {
  static const auto system = reinterpret_cast<decltype(&::getaddrinfo)>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  if (hints != nullptr && (hints->ai_flags & AI_NUMERICHOST) != 0) return system(name, service, hints, result);
  const auto address = dns.asked();
  return address.empty() ? EAI_NONAME : system(address.c_str(), service, hints, result);
}

TEST_CASE("the network goes and comes back in all ways: a program logs on, and each record is accounted for", "[hostile]") {
  const scratch_folder folder;
  const two_machines network;
  const auto& there = network.there;
  const auto via = any_host();
  const auto name = scratch_name();
  const std::string to = GENERATE("*/", "192.0.2.2/", R"(\\*\mailslot\)", R"(\\192.0.2.2\mailslot\)");
  const bool classic = to[0] == '\\';
  const auto port = (classic ? "?classic_port=" : "?port=") + std::to_string(scratch_port());
  CAPTURE(via, to);
  const auto reader = reader_on(there, (classic ? R"(\\*\mailslot\)" : "*/") + name + port);
  const auto host = make_host(via, to + name + port + "&history=0");  // on another machine nothing is remembered here
  REQUIRE(flow_in_time(*host, *reader));

  const auto over_there = "nsenter --net=" + there.path() + " ip ";
  struct trouble {
    const char* what;
    std::string begins;
    std::string ends;
  };
  for (const auto& t : {
           trouble{"the interface goes down", "link set mailslog0 down", "link set mailslog0 up"},
           trouble{"the interface loses its address", "addr flush dev mailslog0", "addr add 192.0.2.1/24 brd + dev mailslog0"},
           trouble{"the interface gets another address after a while", "addr flush dev mailslog0",
                   "addr add 192.0.2.77/24 brd + dev mailslog0"},
           trouble{"the interface gets another address at once",
                   "addr flush dev mailslog0 && ip addr add 192.0.2.78/24 brd + dev mailslog0", "addr show"},
           trouble{"there is no route", "route flush dev mailslog0", "route add 192.0.2.0/24 dev mailslog0"},
           trouble{"all interfaces go down", "link set lo down && ip link set mailslog0 down",
                   "link set lo up && ip link set mailslog0 up"},
           trouble{"the other end goes down", "link show && " + over_there + "link set mailslog1 down",
                   "link show && " + over_there + "link set mailslog1 up"},
           trouble{"the interface vanishes, and another one comes", "link del mailslog0", ""},
       }) {
    CAPTURE(t.what);
    ip(t.begins);
    log_many(*host, "into the void", 200);
    log_for(*host, 10s);
    log_many(*host, "into the void", 200);
    CHECK(host->flush(deadline));
    if (t.ends.empty()) {
      plug_in(there);
    } else {
      ip(t.ends);
    }
    CHECK(flow_in_time(*host, *reader));
  }
  const bool loopback_takes_it = to.find('*') != std::string::npos;
  if (!loopback_takes_it) {
    CHECK(host->stats().dropped_socket > 0);
    CHECK(host->stats().last_error);
  }
  CHECK(accounts_agree(*host, *reader, loopback_takes_it));
  CHECK(host->complaints() == 0);
}

TEST_CASE("a program that starts before its network logs as soon as there is one", "[hostile]") {
  const scratch_folder folder;
  const this_machine here;
  const auto classic = GENERATE(false, true);
  CAPTURE(classic);
  const auto name = scratch_name();
  const auto slot = classic ? R"(\\*\mailslot\)" + name : "*/" + name + "?port=" + std::to_string(scratch_port());
  ip("link set lo down");
  record_writer out{address(slot)};
  record r;
  r.text = "too early";
  CHECK_FALSE(out.write(r));
  CHECK(out.flush(deadline));
  CHECK(out.stats().dropped_socket == 1);
  ip("link set lo up");
  let_pass(1s);
  r.text = "now";
  CHECK_FALSE(out.write(r));
  CHECK(out.flush(deadline));
  CHECK(out.stats().dropped_socket == 1);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("a program that is out of descriptors for long goes on with the ways that it knows", "[hostile]") {
  const scratch_folder folder;
  const this_machine here;
  const auto way = any_way();
  const auto via = any_host();
  CAPTURE(way.writer, via);
  hearing reader(way.reader);
  const auto host = make_host(via, way.writer);
  REQUIRE(flow(*host, reader));
  REQUIRE(host->flush(deadline));
  const auto before = host->stats().dropped();
  {
    const no_descriptor_left none;
    log_for(*host, 12s);
  }
  CHECK(host->stats().dropped() == before);
  CHECK(flow(*host, reader));
  CHECK(reader.heard().at("meanwhile") == 12);
  CHECK(reader.stats().missing == 0);
}
#endif

TEST_CASE("a host's name is not known at first: what is logged is counted and told, and flows when it is known", "[hostile]") {
  named_host to;
  auto& reader = to.reader;
  CAPTURE(to.via);
  dns.say("");
  const auto host = make_host(to.via, to.address);
  log_many(*host, "to nowhere", 500);
  REQUIRE(settled(*host, 500));
  CHECK(host->flush(deadline));
  CHECK(host->stats().dropped_socket == 500);
  CHECK(host->stats().last_error == errc::not_resolved);
  dns.say("127.0.0.1");
  CHECK(flow_in_time(*host, reader));
  CHECK(accounts_agree(*host, reader));
  CHECK(reader.stats().missing == 0);
  CHECK(host->complaints() == 0);
}

TEST_CASE("a name server takes its time: what is logged meanwhile waits, and nothing is lost", "[hostile]") {
  named_host to;
  auto& reader = to.reader;
  CAPTURE(to.via);
  dns.say("127.0.0.1");
  dns.silent = true;
  const auto host = make_host(to.via, to.address);
  log_many(*host, "early", 500);
  REQUIRE(settled(*host, 500));
  CHECK(host->stats().last_error == errc::not_resolved);
  dns.silent = false;
  CHECK(reader.hears("early 499"));
  CHECK(flow(*host, reader));
  CHECK(reader.heard_of("early", 500) == 500);
  CHECK(host->stats().dropped() == 0);
  CHECK(host->complaints() == 0);
}

TEST_CASE("a host moves: it is found after seconds if it is no longer where it was, else after minutes", "[hostile]") {
  const scratch_folder folder;
  const two_machines network;
  const auto& there = network.there;
  const auto via = any_host();
  CAPTURE(via);
  const auto name = scratch_name();
  const auto port = "?port=" + std::to_string(scratch_port());
  const auto moved_to = reader_on(there, "*/" + name + "?if=mailslog1&" + port.substr(1));
  auto moved_from = std::make_unique<hearing>("*/" + name + "?if=lo&" + port.substr(1));
  dns.say("127.0.0.1");
  dns.questions = 0;
  const auto host = make_host(via, "logger.test/" + name + port);
  REQUIRE(flow(*host, *moved_from));

  SECTION("somebody is still there") {
    dns.say("192.0.2.2");
    log_for(*host, 4min);
    CHECK(dns.questions == 1);
    CHECK(flow(*host, *moved_from));
    log_for(*host, 1min);
    CHECK(flow(*host, *moved_to));
    CHECK(dns.questions == 2);
  }
  SECTION("nobody is there") {
    moved_from.reset();
    dns.say("192.0.2.2");
    CHECK(flow_in_time(*host, *moved_to));
  }
  SECTION("the name server is away for a while") {
    dns.say("");
    log_for(*host, 5min);
    CHECK(wait_until([&] {
      host->log("who knows where you are?");
      return dns.questions == 2;
    }));
    log_for(*host, 10s);
    CHECK(flow(*host, *moved_from));
  }
  SECTION("the way there is gone, and leads elsewhere when it is back") {
    dns.say("192.0.2.2");
    log_for(*host, 5min);
    REQUIRE(flow(*host, *moved_to));
    ip("link set mailslog0 down");
    dns.say("127.0.0.1");
    log_for(*host, 2s);
    CHECK(flow_in_time(*host, *moved_from));
    CHECK(host->stats().dropped_socket > 0);
  }
  if (host->stats().dropped_socket == 0) CHECK(host->stats().dropped() == 0);
  CHECK(host->complaints() == 0);
}

TEST_CASE("a reader hears each new interface, however many have come and gone", "[hostile]") {
  const scratch_folder folder;
  const this_machine here;
  const machine there;
  const auto name = scratch_name();
  const auto port = "?port=" + std::to_string(scratch_port());
  hearing reader("*/" + name + port);
  // Linux lets a socket be in 20 groups.
  for (int i = 0; i < 25; ++i) {
    CAPTURE(i);
    plug_in(there);
    REQUIRE(there.on([&] {
      const auto host = make_host(all_hosts().front(), "*/" + name + port);
      return flow_in_time(*host, reader);
    }));
    ip("link del mailslog0");
  }
}

TEST_CASE("local slots have no socket of the network, and a writer joins no group", "[hostile]") {
  const scratch_folder folder;
  const two_machines network;
  const auto& there = network.there;
  const auto name = scratch_name();
  {
    hearing reader(name);
    const auto host = make_host(all_hosts().front(), name);
    REQUIRE(flow(*host, reader));
    CHECK(sockets_of_the_network() == 0);
    CHECK(groups_of_slots() == 0);
  }
  const auto port = "?port=" + std::to_string(scratch_port());
  const auto reader = reader_on(there, "*/" + name + port);
  const auto host = make_host(all_hosts().front(), "*/" + name + port);
  REQUIRE(flow(*host, *reader));
  CHECK(sockets_of_the_network() > 0);
  CHECK(groups_of_slots() == 0);
  const hearing here("*/" + name + port);
  CHECK(groups_of_slots() > 0);
}

TEST_CASE("a reader that is bound to loopback or to an interface hears nothing that comes by another one", "[hostile]") {
  const scratch_folder folder;
  const two_machines network;
  const auto& there = network.there;
  const auto name = scratch_name();
  const auto port = "port=" + std::to_string(scratch_port());
  const bool to_loopback = GENERATE(true, false);
  CAPTURE(to_loopback);
  if (!to_loopback) {
    ip("link add mailslog2 type veth peer name mailslog3 && ip addr add 198.51.100.1/24 dev mailslog2");
    ip("link set mailslog3 up && ip link set mailslog2 up");
  }
  hearing bound("*/" + name + (to_loopback ? "?if=lo&" : "?if=mailslog2&") + port);
  hearing everywhere("*/" + name + "?" + port);
  // Unicast the system gives to the reader that opened last.
  hearing bound_and_last("*/" + name + (to_loopback ? "?if=lo&" : "?if=mailslog2&") + port);
  for (const std::string to : {"*/", "192.0.2.1/"}) {
    CAPTURE(to);
    REQUIRE(there.on([&] {
      const auto host = make_host(all_hosts().front(), to + name + "?max_delay=0&" + port);
      log_many(*host, "from outside by " + to, 100);
      return host->flush(deadline);
    }));
  }
  REQUIRE(everywhere.hears("from outside by */ 99"));
  const auto host = make_host(all_hosts().front(), "*/" + name + "?if=lo&" + port);
  CHECK(flow(*host, bound));
  CHECK(flow(*host, bound_and_last));
  for (const auto* reader : {&bound, &bound_and_last}) {
    CHECK(reader->heard_of("from outside by */", 100) == 0);
    CHECK(reader->heard_of("from outside by 192.0.2.1/", 100) == 0);
  }
}
