// What readers may do to a program that logs: nothing.
#include <atomic>
#include <csignal>
#include <filesystem>
#include <thread>

#include "e2e/listener.hpp"
#include "hearing.hpp"
#include "support/catch.hpp"
#include "support/scratch.hpp"
#include "ways.hpp"

using namespace mailslog;
using namespace mailslog::test;

namespace {

std::ptrdiff_t sockets_in(const std::string& folder) {
  std::ptrdiff_t n = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) n += entry.is_socket() ? 1 : 0;
  return n;
}

}  // namespace

TEST_CASE("nobody reads, and a program logs on, and who comes later hears the rest", "[hostile]") {
  const scratch_folder folder;
  const auto way = any_way();
  const auto via = any_host();
  CAPTURE(via, way.writer);
  const auto host = make_host(via, way.writer);
  log_many(*host, "for nobody", 5000);
  REQUIRE(settled(*host, 5000));
  CHECK(host->flush(deadline));
  const auto stats = host->stats();
  CHECK(stats.written == 5000);
  CHECK(stats.dropped() == 0);
  CHECK_FALSE(stats.last_error);

  hearing reader(way.reader);
  CHECK(flow(*host, reader));
  CHECK(host->complaints() == 0);
}

TEST_CASE("a reader is stopped with its queue full: a program logs on, what is dropped is told, and then all flows again", "[hostile]") {
  const scratch_folder folder;
  const auto name = scratch_name();
  const auto via = any_host();
  CAPTURE(via);
  listener reader(name);
  const auto host = make_host(via, name + "?queue=256K&history=0");
  std::uint64_t logged = 0;
  const auto log_some = [&] {
    log_many(*host, "a text of no great length, as most texts are", 1000);
    logged += 1000;
  };
  log_some();
  reader.slotcat().signal(SIGSTOP);
  REQUIRE(wait_until([&] {
    log_some();
    return host->stats().dropped_queue > 0;
  }));
  reader.slotcat().signal(SIGCONT);
  REQUIRE(settled(*host, logged));
  CHECK(host->flush(deadline));
  const auto before = host->stats().dropped_queue;
  host->log("after it");
  REQUIRE(settled(*host, ++logged));
  CHECK(host->flush(deadline));
  CHECK(host->stats().dropped_queue == before);

  const auto senders = by_sender(reader.events());
  REQUIRE(senders.size() == 1);
  CHECK(complete_and_in_order(senders[0], logged));
  std::uint64_t missing = 0;
  for (const auto& e : senders[0]) missing += e.gap ? e.count() : 0;
  CHECK(missing == before);
  CHECK(senders[0].back().message == "after it");
  CHECK(host->complaints() == 0);
}

TEST_CASE("a reader is killed and started again fifty times, and a program logs on", "[hostile]") {
  const scratch_folder folder;
  const auto name = scratch_name();
  const auto via = any_host();
  CAPTURE(via);
  const auto host = make_host(via, name);
  std::atomic<bool> enough{false};
  std::uint64_t logged = 0;
  std::thread logging([&] {
    for (; !enough; ++logged) {
      host->log("on and on");
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  int heard = 0;
  for (int round = 0; round < 50; ++round) {
    process slotcat({program("slotcat"), name});
    heard += slotcat.wait_for_output("on and on") ? 1 : 0;
    slotcat.signal(SIGKILL);
    slotcat.wait();
  }
  enough = true;
  logging.join();
  CHECK(heard == 50);

  hearing reader(name);
  CHECK(flow(*host, reader));
  CHECK(sockets_in(folder.path()) == 1);
  CHECK(settled(*host, logged));
  CHECK(host->stats().dropped() == 0);
  CHECK(host->complaints() == 0);
}

TEST_CASE("a slot's folder disappears, and a program logs on, and all flows again as soon as there is a reader", "[hostile]") {
  const scratch_folder folder;
  const auto name = scratch_name();
  const auto via = any_host();
  const bool all_slots = GENERATE(false, true);
  const bool new_reader = GENERATE(false, true);
  CAPTURE(via, all_slots, new_reader);
  const auto host = make_host(via, name);
  auto reader = std::make_unique<hearing>(name);
  REQUIRE(flow(*host, *reader));
  const auto logged = host->stats().written;

  std::filesystem::remove_all(all_slots ? folder.path() : folder / name);
  log_many(*host, "into the void", 1000);
  REQUIRE(settled(*host, logged + 1000));
  CHECK(host->flush(deadline));
  CHECK(host->stats().dropped() == 0);
  CHECK_FALSE(host->stats().last_error);

  if (new_reader) reader = std::make_unique<hearing>(name);
  CHECK(flow(*host, *reader));
  CHECK(host->complaints() == 0);
}
