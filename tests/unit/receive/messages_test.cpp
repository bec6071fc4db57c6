// What strangers send to a reader of messages, over the network.
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <mailslog/slot.hpp>

#include "datagram_builder.hpp"
#include "support/catch.hpp"
#include "support/scratch.hpp"
#include "support/udp_socket.hpp"
#include "support/wait_until.hpp"

using namespace mailslog;
using namespace mailslog::test;
using namespace std::chrono_literals;

namespace {

struct lan_slot {
  std::string name = scratch_name();
  std::uint16_t port = scratch_port();
  scratch_folder folder;
  slot_reader reader{"*/" + name + "?if=lo&port=" + std::to_string(port)};

  datagram next(std::uint64_t sender, std::uint64_t number) const { return datagram({wire::slot_tag(name), sender, number}); }
};

std::string text_of(const bytes& b) { return {b.begin(), b.end()}; }

}  // namespace

TEST_CASE("a malformed datagram uses up no number", "[reader][strangers]") {
  lan_slot at;
  const udp_socket stranger;
  const auto good = text_of(at.next(42, 7).add_message("good").taken());
  auto bad = text_of(at.next(42, 7).add_message("bad").taken());
  bad.pop_back();  // breaks off within a frame
  stranger.send(bad, at.port);
  REQUIRE(wait_until([&] { return at.reader.info().malformed == 1; }));
  stranger.send(good, at.port);
  const auto m = at.reader.get(deadline);
  REQUIRE(m);
  CHECK(m->bytes == "good");
  stranger.send(good, at.port);
  stranger.send(text_of(at.next(42, 8).add_message("next").taken()), at.port);
  CHECK(at.reader.get(deadline).value_or(message{}).bytes == "next");
}

#ifndef __SANITIZE_THREAD__  // which takes minutes for what a reader has room for
// What takes the reader longer than it takes the system to bring more of it.
TEST_CASE("asking how much waits ends though what is refused comes without end", "[reader][strangers]") {
  lan_slot at;
  auto d = at.next(42, 0);
  for (int i = 0; i < 12'000; ++i) d.add_message("xx");
  auto slow = text_of(d.taken());
  slow.resize(slow.size() - 1);
  std::atomic<bool> enough{false};
  std::vector<std::thread> strangers;
  std::atomic<std::uint64_t> sent{0};
  for (char who = 0; who < 2; ++who) {
    strangers.emplace_back([&, who] {
      const udp_socket from;
      auto one = slow;
      one[8] = who;
      for (std::uint32_t n = 0; !enough; ++n, ++sent) {
        for (int byte = 0; byte < 4; ++byte) one[16 + static_cast<std::size_t>(byte)] = static_cast<char>(n >> (8 * byte));
        from.send(one, at.port);
      }
    });
  }
  REQUIRE(wait_until([&] { return sent > 2000; }));
  std::atomic<int> answered{0};
  std::thread asking([&] {
    (void)at.reader.info();
    ++answered;
    (void)at.reader.get(0ns);
    ++answered;
  });
  CHECK(wait_until([&] { return answered == 2; }));
  enough = true;
  for (auto& s : strangers) s.join();
  asking.join();
  CHECK(at.reader.info().malformed > 0);
}
#endif
