// Readers are killed and started again; writers run on.
#include <csignal>
#include <filesystem>

#include "emitting.hpp"
#include "listener.hpp"
#include "slots.hpp"
#include "support/catch.hpp"
#include "support/scratch.hpp"

using namespace mailslog::test;

namespace {

void kill_and_wait(listener& reader) {
  reader.slotcat().kill();
  REQUIRE(reader.slotcat().wait() == process::killed);
}

}  // namespace

TEST_CASE("a reader killed in mid-stream and started again hears the rest, from writers that were not restarted") {
  const scratch_folder folder;
  const auto slot = scratch_slot(GENERATE(way::local, way::multicast));
  CAPTURE(slot.writer);
  constexpr std::uint64_t count = 6000;
  const texts traffic{"--count", std::to_string(count), "--rate", "2000"};

  listener first(slot.reader);
  process spdlog_emitter(emit("spdlog", slot.writer, traffic));
  process boost_emitter(emit("boost", slot.writer, traffic));
  for (const auto* emitter : {&spdlog_emitter, &boost_emitter}) {
    REQUIRE(first.slotcat().wait_for_output("\"pid\":" + std::to_string(emitter->pid()) + ','));
  }
  kill_and_wait(first);
  listener second(slot.reader);
  CHECK(spdlog_emitter.wait() == 0);
  CHECK(boost_emitter.wait() == 0);

  const auto senders = by_sender(second.events());
  REQUIRE(senders.size() == 2);
  for (const auto& sender : senders) {
    const auto start = sender.front().first;
    CHECK(start > 0);
    auto rest = sender;
    for (auto& event : rest) {
      CHECK_FALSE(event.gap);
      event.first -= start;
      event.last -= start;
    }
    CHECK(complete_and_in_order(rest, count - start));
  }
}

#ifndef _WIN32
namespace {

std::ptrdiff_t sockets_in(const scratch_folder& folder) {
  std::ptrdiff_t n = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path())) n += entry.is_socket() ? 1 : 0;
  return n;
}

}  // namespace

TEST_CASE("the socket of a killed reader is removed by the next reader") {
  const scratch_folder folder;
  const auto slot = scratch_slot(GENERATE(way::local, way::multicast));
  listener killed(slot.reader);
  kill_and_wait(killed);
  REQUIRE(sockets_in(folder) == 1);
  listener next(slot.reader);
  CHECK(sockets_in(folder) == 1);
  CHECK(next.end() == 0);
  CHECK(sockets_in(folder) == 0);
}

TEST_CASE("the socket of a killed reader is removed by the next writer") {
  const scratch_folder folder;
  const auto slot = scratch_slot(way::local);
  listener killed(slot.reader);
  kill_and_wait(killed);
  REQUIRE(sockets_in(folder) == 1);
  CHECK(run(emit("spdlog", slot.writer, {"--count", "1"})).code == 0);
  CHECK(sockets_in(folder) == 0);
}

TEST_CASE("a reader that hangs does not keep the others from hearing all") {
  const scratch_folder folder;
  const auto slot = scratch_slot(way::local);
  listener reader(slot.reader), hanging(slot.reader);
  hanging.slotcat().signal(SIGSTOP);
  CHECK(run(emit("spdlog", slot.writer, {"--count", "20000"})).code == 0);
  hanging.slotcat().signal(SIGCONT);
  const auto senders = by_sender(reader.events());
  REQUIRE(senders.size() == 1);
  CHECK(complete_and_in_order(senders[0], 20000));
}
#endif
