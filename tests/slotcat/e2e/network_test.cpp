// Slots on the network, loopback's: options, messages of strangers, and lost fragments.
#include <cstdint>
#include <string>
#include <vector>

#include "reading.hpp"
#include "support/catch.hpp"
#include "support/udp_socket.hpp"

using namespace slotcat::test;
using namespace mailslog::test;

namespace {

std::string to_loopback(const std::string& name, std::uint16_t port) {
  return "127.0.0.1/" + name + "?app=pump&port=" + std::to_string(port);
}

// slotcat on a network slot that hears what is sent to its port.
struct network_reading {
  explicit network_reading(texts options) : slotcat(with_address(std::move(options))) {
    REQUIRE(wait_until([&] {
      post(to_loopback(name, port), {record_of("hello")});
      return slotcat.wait_for_output("hello", std::chrono::milliseconds(20)) || slotcat.ended();
    }));
  }

  texts with_address(texts options) {
    options.insert(options.begin(), {"*/" + name, "--if", "lo", "--port", std::to_string(port)});
    return command(options);
  }

  // What came after the first records.
  std::string rest() {
    slotcat.wait();
    auto out = slotcat.out();
    for (const std::string hello = "hello\n"; out.substr(0, hello.size()) == hello;) out.erase(0, hello.size());
    return out;
  }

  std::string name = scratch_name();
  std::uint16_t port = scratch_port();
  process slotcat;
};

// Sends a record of some fragments through a relay that loses one of them.
void post_with_loss(const network_reading& to, const std::string& text, std::size_t lost) {
  const udp_socket relay;
  post(to_loopback(to.name, relay.port()) + "&limit=400&max_delay=0ms", {record_of(text)});
  for (std::size_t i = 0;; ++i) {
    const auto datagram = relay.receive();
    if (datagram.empty()) break;
    if (i != lost) relay.send(datagram, to.port);
  }
}

}  // namespace

TEST_CASE("option --if and --port open a network slot") {
  const scratch_folder folder;
  network_reading r({"-o", "cat", "--until-match", "done"});
  post("*/" + r.name + "?if=lo&port=" + std::to_string(r.port), {record_of("done")});
  CHECK(r.rest() == "done\n");
  CHECK(r.slotcat.wait() == 0);
}

#ifndef _WIN32
TEST_CASE("who posts and who reads say the same of an interface that is not there") {
  const scratch_folder folder;
  for (const auto& arguments : {texts{"send", "*/x", "--if", "nope", "text"}, texts{"send", "*/x?if=nope", "text"}, texts{"*/x", "--if", "nope"}, texts{"*/x?if=nope"}}) {
    const auto r = run(command(arguments));
    CHECK(r.code == 3);
    CHECK_THAT(r.err, ContainsSubstring("no network interface is called \"nope\"; there are ") && ContainsSubstring("lo"));
  }
}
#endif

TEST_CASE("an incomplete record is shown with its hole, or hidden") {
  const scratch_folder folder;
  const std::string text(1500, 'x');
  SECTION("as text") {
    network_reading r({"-o", "cat", "--fail-on-loss", "--until-match", "^x+$"});
    post_with_loss(r, text, 1);
    CHECK_THAT(r.rest(), Matches("x+ … \\[\\d+ of 1500 bytes missing\\] … x+\n"));
    CHECK(r.slotcat.wait() == 4);
  }
  SECTION("as JSON") {
    network_reading r({"--json", "--until-match", "^x+$"});
    post_with_loss(r, text, 1);
    CHECK_THAT(r.rest(), ContainsSubstring("\"missing\":[["));
  }
  SECTION("hidden") {
    network_reading r({"-o", "cat", "--partial", "hide", "--stats", "--until-match", "done"});
    post_with_loss(r, text, 1);
    post(to_loopback(r.name, r.port), {record_of("done")});
    CHECK(r.rest() == "done\n");
    CHECK_THAT(r.slotcat.err(), ContainsSubstring("hidden 1 (partial 1)"));
  }
}

TEST_CASE("option --idle does not leave while a record is still arriving") {
  const scratch_folder folder;
  network_reading r({"-o", "cat", "--idle", "700ms"});
  const udp_socket relay;
  const std::string text(1000, 'x');
  post(to_loopback(r.name, relay.port()) + "&limit=400&max_delay=0ms", {record_of(text)});
  relay.send(relay.receive(), r.port);
  const auto later = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  REQUIRE(wait_until([&] { return std::chrono::steady_clock::now() > later; }));
  for (auto d = relay.receive(); !d.empty(); d = relay.receive()) relay.send(d, r.port);
  CHECK(r.rest() == text + "\n");
}

TEST_CASE("messages of strangers are hidden, or shown on request") {
  const scratch_folder folder;
  const udp_socket stranger;
  SECTION("hidden") {
    network_reading r({"-o", "cat", "--stats", "--until-match", "done"});
    stranger.send("plain text", r.port);
    post(to_loopback(r.name, r.port), {record_of("done")});
    CHECK(r.rest() == "done\n");
    CHECK_THAT(r.slotcat.err(), ContainsSubstring("(foreign 1)"));
  }
  SECTION("as text") {
    network_reading r({"-o", "cat", "--foreign", "show", "--until-match", "plain"});
    stranger.send("plain \x1b text", r.port);
    CHECK(r.rest() == "plain \\x1b text\n");
  }
  SECTION("as JSON, with where it came from") {
    network_reading r({"--json", "--foreign", "show", "--until-match", "plain"});
    stranger.send("plain \xff text", r.port);
    CHECK_THAT(r.rest(), ContainsSubstring("\"type\":\"foreign\"") &&
                             ContainsSubstring("\"from\":\"127.0.0.1:" + std::to_string(stranger.port()) +
                                               "\",\"message\":\"plain \xef\xbf\xbd text\"}"));
  }
}

TEST_CASE("a loss that was told and taken back is none") {
  const scratch_folder folder;
  network_reading r({"--fail-on-loss", "--stats", "--until-match", "^last$"});
  const udp_socket relay;
  constexpr int count = 200;
  std::vector<std::string> datagrams;
  {
    mailslog::record_writer writer(patient(to_loopback(r.name, relay.port()) + "&max_delay=0ms&history=0"));
    for (int i = 0; i < count; ++i) {
      writer.write(record_of(i + 1 < count ? "x" : "last"));
      REQUIRE(writer.flush(deadline));
      datagrams.push_back(relay.receive());
    }
  }
  // As if it had been forged in the sender's name: far ahead of all others, until the sender goes on.
  relay.send(datagrams.front(), r.port);
  relay.send(datagrams[count - 2], r.port);
  REQUIRE(r.slotcat.wait_for_output("records missing from"));
  for (int i = 1; i < count; ++i) relay.send(datagrams[static_cast<std::size_t>(i)], r.port);
  CHECK(r.slotcat.wait() == 0);
  CHECK_THAT(r.slotcat.err(), ContainsSubstring(" missing 0,") && EndsWith("unconfirmed 1\n"));
}

TEST_CASE("malformed datagrams are counted and nothing of them is shown") {
  const scratch_folder folder;
  network_reading r({"-o", "cat", "--foreign", "show", "--stats", "--until-match", "done"});
  const udp_socket relay;
  post(to_loopback(r.name, relay.port()), {record_of("cut short")});
  const auto datagram = relay.receive();
  REQUIRE(datagram.size() > 20);
  relay.send(datagram.substr(0, datagram.size() - 1), r.port);
  post(to_loopback(r.name, r.port), {record_of("done")});
  CHECK(r.rest() == "done\n");
  CHECK_THAT(r.slotcat.err(), ContainsSubstring("malformed 1"));
}
