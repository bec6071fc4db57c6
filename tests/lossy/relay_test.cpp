// Loss is exact: through a relay that loses, repeats, reorders, delays, cuts and alters, every record is delivered or reported, once.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <mailslog/record_reader.hpp>
#include <mailslog/record_writer.hpp>

#include "support/accounts.hpp"
#include "support/catch.hpp"
#include "support/lossy_relay.hpp"
#include "support/scratch.hpp"
#include "support/wait_until.hpp"

using namespace mailslog;
using namespace mailslog::test;
using namespace std::chrono_literals;

namespace {

struct kind {
  const char* name;
  std::size_t size;
  bool fixed;
  std::uint64_t count;
  const char* options;
};

// In a datagram of its own; many in one; one in many; and all of these.
constexpr kind kinds[] = {
    {"single", 300, true, 300, "&max_delay=0"},
    {"packed", 60, true, 5000, ""},
    {"fragmented", 20'000, true, 100, ""},
    {"mixed", 100'000, false, 300, ""},
};

weather some_weather(unsigned i) {
  weather w;
  switch (i) {
    case 0: break;
    case 1: w.drop = .01; break;
    case 2: w.drop = .1; break;
    case 3:
      w.repeat = .1;
      w.reorder = .1;
      break;
    case 4:
      w.cut = .05;
      w.delay = 20ms;
      break;
    case 5: w.alter = .05; break;
    default:
      w = {.05, .05, .05, .02, .02, 5ms, 200ms};  // some come when they have been given up
  }
  return w;
}

std::unique_ptr<lossy_relay> open_relay(const weather& how, std::uint64_t seed, std::uint16_t port) {
  try {
    return std::make_unique<lossy_relay>(how, seed, "127.0.0.1", port);
  } catch (const std::system_error& e) {
    if (e.code() != std::errc::operation_not_permitted) throw;
    std::fputs("skipped: needs CAP_NET_RAW to alter datagrams on their way\n", stderr);
    std::_Exit(77);
  }
}

}  // namespace

TEST_CASE("through a bad network each sender's records are delivered or reported, each once and none altered", "[lossy]") {
  const scratch_folder folder;
  const auto& k = GENERATE(from_range(std::begin(kinds), std::end(kinds)));
  const auto w = GENERATE(range(0U, 7U));
  CAPTURE(k.name, w);
  const auto name = scratch_name();
  const auto port = scratch_port();
  constexpr std::uint64_t senders = 3;

  record_reader reader(address("*/" + name + "?if=lo&port=" + std::to_string(port)));
  numbered_records records(k.size, k.fixed);
  accounts told(records);
  std::uint64_t dropped = 0;
  lossy_path::counts seen;
  {
    const auto relay = open_relay(some_weather(w), 17 * w + k.size, port);
    const auto to = "127.0.0.1/" + name + "?port=" + std::to_string(relay->port()) + k.options + "&overflow=block&history=0&app=";
    for (std::uint64_t seed = 0; seed < senders; ++seed) {
      record_writer writer(address(to + numbered_records::app(seed)));
      for (std::uint64_t n = 0; n < k.count; ++n) {
        (void)writer.write(records.make(seed, n));
        while (const auto* e = reader.next_event(0ns)) told.take(*e);
      }
      writer.flush(deadline);
      dropped += writer.stats().dropped();
    }
    // The relay is stopped only when what is under way has been passed on.
    wait_until([&, before = std::uint64_t{0}]() mutable {
      seen = relay->counted();
      return std::exchange(before, seen.taken) == seen.taken;
    });
  }
  const auto all_told = [&] {
    if (told.senders().size() != senders) return false;
    for (const auto& [id, a] : told.senders()) {
      if (a.next != k.count) return false;
    }
    return true;
  };
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!all_told() && std::chrono::steady_clock::now() < end) {
    if (const auto* e = reader.next_event(10ms)) told.take(*e);
  }
  CHECK(told.faults() == std::vector<std::string>{});
  REQUIRE(told.senders().size() == senders);
  std::uint64_t not_whole = 0;
  for (const auto& [id, a] : told.senders()) {
    CHECK(a.first == 0);
    CHECK(a.delivered + a.incomplete + a.lost + a.dropped == k.count);
    not_whole += a.incomplete + a.lost;
  }
  const auto stats = reader.stats();
  if (w == 0 && stats.dropped_by_kernel == 0) CHECK(not_whole == 0);
  CHECK(stats.dropped_by_sender() == dropped);
  CHECK(told.foreign() <= seen.cut);  // what is left may be less than a header
  if (seen.dropped + seen.altered > 100) CHECK(not_whole > 0);
}
