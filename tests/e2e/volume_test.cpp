// Many records at full speed: complete, or what is missing is said exactly.
#include <csignal>
#include <fstream>
#include <sstream>

#include "emitting.hpp"
#include "listener.hpp"
#include "slots.hpp"
#include "support/catch.hpp"
#include "support/scratch.hpp"

using namespace mailslog::test;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)  // many times as slow
constexpr std::uint64_t count = 10'000;
#else
constexpr std::uint64_t count = 100'000;
#endif

std::uint64_t missing(const std::vector<heard>& events) {
  std::uint64_t n = 0;
  for (const auto& event : events) n += event.gap ? event.count() : 0;
  return n;
}

#ifdef __linux__
/// Datagrams that the kernel threw away because the receive buffer of the UDP socket on `port` was full.
std::uint64_t dropped_at(const std::string& port) {
  std::ostringstream hex;
  hex << ':' << std::hex << std::uppercase << std::stoul(port) << ' ';
  std::ifstream table("/proc/net/udp");
  for (std::string line; std::getline(table, line);) {
    const auto local = line.find(hex.str());
    if (local != std::string::npos && local < 20) return std::stoull(line.substr(line.find_last_of(' ', line.find_last_not_of(' ')) + 1));
  }
  return 0;
}
#endif

}  // namespace

TEST_CASE("records at full speed to a local slot arrive complete, in order and once") {
  const scratch_folder folder;
  const auto slot = scratch_slot(way::local);
  const std::string via = GENERATE("spdlog", "boost");
  CAPTURE(via);

  listener reader(slot.reader, {"--json", "--fail-on-loss"});
  CHECK(run(emit(via, slot.writer, {"--count", std::to_string(count)})).code == 0);
  const auto events = reader.events();
  CHECK(events.size() == count);
  CHECK(missing(events) == 0);
  CHECK(complete_and_in_order(events, count));
  CHECK(reader.slotcat().wait() == 0);
}

TEST_CASE("records at full speed over the network arrive in order and once, and the missing ones are reported exactly") {
  const scratch_folder folder;
  const auto slot = scratch_slot(GENERATE(way::multicast, way::unicast));
  const std::string via = GENERATE("spdlog", "boost");
  CAPTURE(slot.writer, via);

  listener reader(slot.reader);
  CHECK(run(emit(via, slot.writer, {"--count", std::to_string(count)})).code == 0);
  REQUIRE(reader.wait_for_records(count));
  const auto events = reader.events();
  WARN(via << ": " << missing(events) << " of " << count << " missing");
  CHECK(missing(events) < count / 2);  // paced, none as a rule
  CHECK(complete_and_in_order(events, count));
}

#ifdef __linux__
TEST_CASE("what a full receive buffer loses is reported exactly, and is a loss for --fail-on-loss") {
  const scratch_folder folder;
  const auto name = scratch_name();
  const auto port = std::to_string(scratch_port());
  const auto slot = "*/" + name + "?if=lo&port=" + port + "&rcvbuf=16K";
  constexpr std::uint64_t some = 4000;

  listener reader(slot, {"--json", "--fail-on-loss"});
  process emitter(emit("spdlog", slot + "&history=0", {"--count", std::to_string(some), "--rate", "2000"}));
  REQUIRE(reader.wait_for_records(100));
  reader.slotcat().signal(SIGSTOP);
  CHECK(wait_until([&] { return dropped_at(port) > 0; }));
  reader.slotcat().signal(SIGCONT);
  CHECK(emitter.wait() == 0);
  REQUIRE(reader.wait_for_records(some));
  CHECK(reader.end() == 4);
  const auto events = reader.events();
  CHECK(missing(events) > 0);
  CHECK(complete_and_in_order(events, some));
}
#endif
