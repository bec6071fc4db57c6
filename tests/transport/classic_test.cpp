// Remote mailslots from end to end, in a network of their own: who is reached, what is counted, what is refused.
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <mailslog/record_reader.hpp>
#include <mailslog/record_writer.hpp>
#include <mailslog/slot.hpp>

#include "bytes.hpp"
#include "platform/process.hpp"
#include "platform/udp_socket.hpp"
#include "reading.hpp"
#include "support/catch.hpp"
#include "transport/classic/datagram.hpp"
#include "transport/classic/sockets.hpp"

using namespace mailslog;
using namespace mailslog::test;
using namespace std::chrono_literals;
using transport::classic::ipv4_endpoint;
using transport::classic::mailslot_write;
using transport::classic::netbios_name;

namespace {

const auto us = transport::classic::computer_name(platform::host_name());

/// A machine of its own, so to speak: what is said on its port nobody else hears.
struct network {
  scratch_folder folder;
  std::uint16_t port = scratch_port();

  std::string options(const std::string& more = "") const { return "?if=lo&classic_port=" + std::to_string(port) + more; }
  std::string all(const std::string& more = "") const { return R"(\\*\mailslot\farm)" + options(more); }
  std::string host(const std::string& name, const std::string& more = "") const {
    return R"(\\)" + name + R"(\mailslot\farm)" + options(more);
  }
};

/// Until the name is known, or known not to be.
std::error_code put(slot_writer& to, std::string_view text) {
  std::error_code error;
  wait_until([&] {
    error = to.put(text);
    return error != errc::not_resolved;
  });
  return error;
}

std::string next_text(slot_reader& from) {
  const auto m = from.get(deadline);
  return m ? m->bytes : "nothing came";
}

mailslot_write write_to(const netbios_name& destination, std::string_view text) {
  mailslot_write w;
  w.source = netbios_name::of("WINBOX");
  w.destination = destination;
  w.slot = "FARM";
  w.data = byte_view(text);
  return w;
}

/// Another program on the network, at 127.0.0.`last`.
class stranger {
 public:
  explicit stranger(std::uint16_t port, std::uint8_t last = 2) : port_(port) {
    std::error_code error;
    socket_ = platform::udp_socket(ip_family::ipv4, error);
    REQUIRE_FALSE(error);
    REQUIRE_FALSE(socket_.listen(ipv4_endpoint({127, 0, 0, last}, port), 64 * 1024));
  }
  void send(const bytes& packet) { REQUIRE_FALSE(socket_.send_to(ipv4_endpoint({127, 0, 0, 1}, port_), view(packet))); }
  void send(const mailslot_write& w) {
    bytes packet;
    encode(w, transport::classic::layout::samba, packet);
    send(packet);
  }
  bool hear(platform::udp_arrival& arrival) {
    return wait_until([&] { return socket_.receive(memory_, sizeof memory_, arrival); });
  }
  platform::udp_socket& socket() { return socket_; }
  byte_view heard(const platform::udp_arrival& arrival) const { return {memory_, arrival.size}; }

 private:
  std::uint16_t port_;
  platform::udp_socket socket_;
  std::uint8_t memory_[2048];
};

/// For its lifetime this thread may not take ports below 1024.
class without_rights {
 public:
  without_rights() {
    REQUIRE(::syscall(SYS_capget, &head_, before_) == 0);
    auto less = before_[0];
    less.effective &= ~(1U << CAP_NET_BIND_SERVICE);
    ::__user_cap_data_struct data[] = {less, before_[1]};
    REQUIRE(::syscall(SYS_capset, &head_, data) == 0);
  }
  ~without_rights() { ::syscall(SYS_capset, &head_, before_); }

 private:
  ::__user_cap_header_struct head_{_LINUX_CAPABILITY_VERSION_3, 0};
  ::__user_cap_data_struct before_[2];
};

}  // namespace

TEST_CASE("a reader that may not have the port says what to do", "[classic]") {
  const scratch_folder folder;
  const without_rights now;
  try {
    const slot_reader in(R"(\\*\mailslot\farm?if=lo)");
    FAIL("opened");
  } catch (const std::system_error& e) {
    CHECK(e.code() == std::errc::permission_denied);
    CHECK_THAT(e.what(), ContainsSubstring(":138") && ContainsSubstring("CAP_NET_BIND_SERVICE") &&
                             ContainsSubstring("net.ipv4.ip_unprivileged_port_start"));
  }
  // Posting needs no right.
  CHECK_FALSE(slot_writer(R"(\\*\mailslot\farm?if=lo)").put("x"));
  CHECK(slot_writer(R"(\\*\mailslot\farm?if=lo&source_port=138)").put("x") == std::errc::permission_denied);
}

TEST_CASE("a message reaches the readers of a remote mailslot, with its sender's address and name", "[classic]") {
  const network n;
  slot_reader one(n.all());
  slot_reader two(R"(\\.\mailslot\Farm)" + n.options("&classic=1"));
  slot_writer out(n.all());
  CHECK_FALSE(out.put("to all"));
  for (auto* in : {&one, &two}) {
    const auto m = in->get(deadline);
    REQUIRE(m);
    CHECK(m->bytes == "to all");
    CHECK_THAT(m->from, StartsWith("127.0.0.1:"));
    CHECK(m->claimed_name == us.text());
  }
  CHECK_FALSE(out.put(""));
  CHECK(next_text(one).empty());
}

TEST_CASE("a classic slot is this machine's slot of that name, too", "[classic]") {
  const network n;
  slot_reader in(n.all());
  CHECK_FALSE(slot_writer("farm").put("from here"));
  CHECK(next_text(in) == "from here");
}

TEST_CASE("a message goes to the computer or the group that is called so", "[classic]") {
  const network n;
  slot_reader in(n.all("&workgroup=LAB"));
  const auto reaches = [&](const std::string& address) {
    slot_writer out(address);
    CHECK_FALSE(put(out, address));
    // By both ways, since one may overtake the other.
    CHECK_FALSE(slot_writer(n.host(us.text())).put("end"));
    CHECK_FALSE(slot_writer(n.host("*#00")).put("end"));
    bool reached = false;
    for (int ends = 0; ends < 2;) {
      const auto text = next_text(in);
      if (text == "nothing came") break;
      ends += text == "end" ? 1 : 0;
      reached = reached || text == address;
    }
    return reached;
  };
  CHECK(reaches(n.host("127.0.0.1")));
  CHECK(reaches(n.host(platform::host_name())));
  CHECK(reaches(n.all("&workgroup=lab")));
  CHECK(reaches(n.host("LAB", "&workgroup=LAB")));
  CHECK(reaches(n.host("LAB#1c")));
  CHECK(reaches(n.host("lab#1E")));
  CHECK(reaches(n.host("*#00")));
  CHECK(reaches(n.host("*#1d", "&workgroup=LAB")));
  CHECK_FALSE(reaches(n.all()));  // WORKGROUP
  CHECK_FALSE(reaches(n.host("OTHER#1c")));
}

TEST_CASE("a reader that announces itself is found by its names", "[classic]") {
  const network n;
  slot_reader in(n.all("&workgroup=LABGRP&announce=1"));
  slot_writer group(n.host("labgrp"));
  CHECK_FALSE(put(group, "to the group"));
  CHECK(next_text(in) == "to the group");
}

TEST_CASE("a computer that says where it is gets what is for it alone", "[classic]") {
  const network n;
  stranger peer(n.port, 3);
  const auto name_port = static_cast<std::uint16_t>(n.port - 1);
  stranger name_service(name_port, 3);
  slot_writer out(n.host("PEER#1b"));
  // The query, as a machine with that name sees it: nobody but loopback's broadcast address hears it here.
  platform::udp_socket broadcasts;
  std::error_code error;
  broadcasts = platform::udp_socket(ip_family::ipv4, error);
  REQUIRE_FALSE(error);
  REQUIRE_FALSE(broadcasts.listen(ipv4_endpoint({127, 255, 255, 255}, name_port), 64 * 1024));
  CHECK(out.put("too early") == errc::not_resolved);
  std::uint8_t memory[576];
  platform::udp_arrival arrival;
  REQUIRE(wait_until([&] { return broadcasts.receive(memory, sizeof memory, arrival); }));
  REQUIRE(arrival.size == 50);
  // Answer: the same number and name, positive, a unique name, at 127.0.0.3.
  auto answer = bytes(memory, memory + 2) + hex("8580 0000 0001 0000 0000") + bytes(memory + 12, memory + 46) +
                hex("0020 0001 00000000 0006 0000 7f000003");
  REQUIRE_FALSE(name_service.socket().send_to(arrival.from, view(answer)));
  CHECK_FALSE(put(out, "for you"));
  REQUIRE(peer.hear(arrival));
  mailslot_write w;
  REQUIRE(decode(peer.heard(arrival), w) == transport::classic::datagram_error::none);
  CHECK(w.to == transport::classic::reach::unique);
  CHECK(w.destination == netbios_name::of("PEER", 0x1b));
  CHECK(w.data.text() == "for you");
}

TEST_CASE("who is not there is told from who is not known", "[classic]") {
  const network n;
  slot_writer unknown(n.host("NOBODY#1b"));
  CHECK_FALSE(wait_until([&] { return unknown.put("x") != errc::not_resolved; }, 2s));
  slot_writer absent(n.host("127.0.0.9"));
  CHECK_FALSE(absent.put("x"));
  slot_writer by_dns(n.host("localhost"));
  CHECK_FALSE(put(by_dns, "x"));
}

TEST_CASE("a message that no remote mailslot takes is refused before it is sent", "[classic]") {
  const network n;
  slot_reader in(n.all());
  for (const auto& address : {n.all(), n.host("127.0.0.1")}) {
    slot_writer out(address);
    CHECK(out.max_message_size() == 424);
    CHECK(out.put(std::string(425, 'x')) == errc::message_too_large);
    CHECK(out.put(std::string(426, 'x')) == errc::message_too_large);
    CHECK(out.put(std::string(5000, 'x')) == errc::message_too_large);
    CHECK_FALSE(out.put(std::string(424, 'y')));
    CHECK(next_text(in) == std::string(424, 'y'));
  }
  CHECK(slot_writer(n.all("&limit=406")).max_message_size() == 406);
  CHECK(slot_writer(n.all("&limit=1400")).max_message_size() == 424);
  CHECK(slot_writer(R"(\\*\mailslot\longer-name)" + n.options()).max_message_size() == 420);
}

TEST_CASE("answers to port 138 reach the reader, though a writer shares the port", "[classic]") {
  const network n;
  slot_reader answers(n.all());
  stranger peer(n.port);
  slot_writer out(n.host("127.0.0.2", "&source_port=" + std::to_string(n.port)));
  slot_writer out_to_all(n.all("&source_port=" + std::to_string(n.port)));
  for (int i = 0; i < 20; ++i) {
    CHECK_FALSE(out.put("question"));
    CHECK_FALSE(out_to_all.put("question to all"));
    CHECK(next_text(answers) == "question to all");
    platform::udp_arrival arrival;
    REQUIRE(peer.hear(arrival));
    REQUIRE(arrival.from.port == n.port);
    auto answer = write_to(us, "answer");
    answer.id = static_cast<std::uint16_t>(i);
    bytes packet;
    encode(answer, transport::classic::layout::samba, packet);
    REQUIRE_FALSE(peer.socket().send_to(arrival.from, view(packet)));
    CHECK(next_text(answers) == "answer");
  }
}

TEST_CASE("what is malformed, for others or came before is counted and not shown", "[classic]") {
  const network n;
  slot_reader bytes_in(n.all());
  stranger other(n.port);
  bytes packet;
  encode(write_to(us, "text"), transport::classic::layout::samba, packet);

  const std::vector<bytes> bad = [&] {
    std::vector<bytes> all{{}, bytes(packet.begin(), packet.end() - 1)};
    for (const std::size_t at : {0, 1, 13, 14, 48, 81, 82, 86, 114, 117, 139, 141, 143, 151}) {
      all.push_back(packet);
      all.back()[at] ^= 0x41;
    }
    return all;
  }();
  for (const auto& b : bad) other.send(b);
  other.send(write_to(netbios_name::of("SOMEBODY"), "not for us"));
  auto elsewhere = write_to(us, "for another slot");
  elsewhere.slot = "other";
  other.send(elsewhere);
  other.send(packet);
  other.send(packet);
  auto last = write_to(us, "last");
  last.id = 1;
  other.send(last);

  const auto m = bytes_in.get(deadline);
  REQUIRE(m);
  CHECK(m->bytes == "text");
  CHECK(m->from == "127.0.0.2:" + std::to_string(n.port));
  CHECK(m->claimed_name == "WINBOX");
  CHECK(next_text(bytes_in) == "last");
  CHECK(bytes_in.info().malformed == bad.size() + 3);

  record_reader records(n.all());  // opened last: gets what is for the computer alone
  for (const auto& b : bad) other.send(b);
  other.send(elsewhere);
  other.send(packet);
  other.send(packet);
  const auto* e = records.next_event(deadline);
  REQUIRE(e != nullptr);
  const auto* foreign = std::get_if<foreign_message>(e);
  REQUIRE(foreign != nullptr);
  CHECK(foreign->bytes == "text");
  CHECK(foreign->from == "127.0.0.2:" + std::to_string(n.port));
  CHECK(foreign->claimed_name == "WINBOX");
  REQUIRE(wait_until([&] { return records.stats().repeated == 1; }));
  CHECK(records.stats().malformed == bad.size());
  CHECK(records.stats().other_slot == 1);
}

TEST_CASE("records of any size go through a remote mailslot, most of it their own bytes", "[classic]") {
  const network n;
  transport::classic_options options;
  options.classic_port = n.port;
  options.if_ = "lo";
  reading raw(transport::open_classic_receiver("farm", options));
  record_reader in(n.all());
  std::string text(10 * 1024, ' ');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>('a' + i * i % 26);
  record r;
  r.text = text;
  {
    record_writer out(n.all("&app=pump"));
    CHECK_FALSE(out.write(r));
    CHECK(out.flush(deadline));
    const auto* got = in.next(deadline);
    REQUIRE(got != nullptr);
    CHECK(got->text == text);
    CHECK(got->missing.empty());
    CHECK(got->from->app == "pump");

    raw.take();
    std::size_t sent = 0;
    for (const auto& d : raw.got()) {
      CHECK(d.size() <= 424);
      sent += d.size();
    }
    CHECK(static_cast<double>(text.size()) / static_cast<double>(sent) >= 0.85);
  }
  CHECK(in.stats().missing == 0);
}
