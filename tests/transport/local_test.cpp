// What only slots on this machine do.
#include <filesystem>

#include <sys/wait.h>
#include <unistd.h>

#include "reading.hpp"
#include "support/catch.hpp"
#include "support/descriptors.hpp"

using namespace mailslog;
using namespace mailslog::test;
using transport::send_status;

namespace {

std::size_t sockets_in(const std::string& folder) {
  std::size_t n = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) n += entry.is_socket() ? 1 : 0;
  return n;
}

/// A reader whose process ends without a word.
void crashed_reader(local_slot& slot) {
  const auto child = ::fork();
  if (child == 0) {
    try {
      const auto reader = slot.receiver();
      ::_exit(0);
    } catch (...) {
      ::_exit(1);
    }
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
}

}  // namespace

TEST_CASE("a reader that crashed is found out, and its socket removed", "[transport][local]") {
  local_slot slot;
  crashed_reader(slot);
  REQUIRE(sockets_in(slot.folder.path()) == 1);
  const auto sender = slot.sender();

  SECTION("by a writer") {
    REQUIRE(wait_until([&] {
      const auto result = post(*sender, marked('a', 0, 10));
      CHECK(result.status == send_status::done);
      return sockets_in(slot.folder.path()) == 0;
    }));
  }
  SECTION("by the next reader, which gets everything") {
    reading reader(slot.receiver());
    const auto d = marked('a', 0, 10);
    CHECK(post(*sender, d).taken == 1);
    REQUIRE(reader.wait_for(1));
    CHECK(reader.got() == std::vector<bytes>{d});
    CHECK(sockets_in(slot.folder.path()) == 1);
  }
}

TEST_CASE("a reader that ends leaves no socket", "[transport][local]") {
  local_slot slot;
  {
    const auto reader = slot.receiver();
    CHECK(sockets_in(slot.folder.path()) == 1);
  }
  CHECK(sockets_in(slot.folder.path()) == 0);
}

TEST_CASE("a reader may refuse what is larger than it asked for", "[transport][local]") {
  local_slot slot;
  reading modest(slot.receiver(1000));
  const auto sender = slot.sender();
  const auto fits = marked('f', 1, 1000);
  CHECK(post(*sender, fits).status == send_status::done);

  SECTION("and the writer hears of it") {
    const auto result = post(*sender, marked('x', 2, 1001));
    CHECK(result.status == send_status::failed);
    CHECK(result.error == std::errc::message_size);
  }
  SECTION("and others get it all the same") {
    reading greedy(slot.receiver());
    const auto large = marked('x', 2, 1001);
    const auto result = post(*sender, large);
    CHECK(result.taken == 1);
    REQUIRE(greedy.wait_for(1));
    CHECK(greedy.got().back() == large);
  }
  CHECK(post(*sender, fits).status == send_status::done);
  REQUIRE(modest.wait_for(2));
  CHECK(modest.got() == std::vector<bytes>{fits, fits});
}

TEST_CASE("a reader knows the process that posted", "[transport][local]") {
  local_slot slot;
  reading reader(slot.receiver());
  const auto sender = slot.sender();
  post(*sender, marked('a', 0, 10));
  REQUIRE(reader.wait_for(1));
  CHECK(reader.from()[0].text() == "pid " + std::to_string(::getpid()));
}

TEST_CASE("slots do not hear each other", "[transport][local]") {
  local_slot slot;
  reading reader(slot.receiver());
  const auto other = transport::open_local_sender(slot.name + "/other", {});
  CHECK(post(*other, marked('x', 0, 10)).taken == 0);
  const auto sender = slot.sender();
  const auto d = marked('a', 0, 10);
  post(*sender, d);
  REQUIRE(reader.wait_for(1));
  CHECK(reader.got() == std::vector<bytes>{d});
}

TEST_CASE("a sender may abandon what a reader has no room for", "[transport][local]") {
  local_slot slot;
  reading reader(slot.receiver());
  const auto sender = slot.sender();
  std::uint32_t sent = 0;
  auto d = marked('f', 0, 8000);
  while (sender->send(view(d), d.size()).status == send_status::done) {
    REQUIRE(++sent < 50'000);
    d = marked('f', sent, 8000);
  }
  sender->abandon();
  reader.take();
  const auto other = marked('o', 1, 100);
  REQUIRE(post(*sender, other, reader).status == send_status::done);
  REQUIRE(wait_until([&] {
    reader.take();
    return !reader.got().empty() && reader.got().back() == other;
  }));
  CHECK(reader.got().size() == sent + 1);
}

#if !defined(__SANITIZE_ADDRESS__)  // whose companion for undefined behaviour looks at memory through a pipe, for which none is left
TEST_CASE("a writer that is out of descriptors still reaches the readers it knows, and the new ones afterwards", "[transport][local]") {
  local_slot slot;
  reading known(slot.receiver());
  const auto sender = slot.sender();
  REQUIRE(post(*sender, marked('a', 0, 10)).taken == 1);
  reading fresh(slot.receiver());
  const auto meanwhile = marked('b', 1, 10);
  {
    const no_descriptor_left none;
    const auto result = post(*sender, meanwhile);
    CHECK(result.error == std::errc::too_many_files_open);
    CHECK(result.taken == 1);
  }
  const auto afterwards = marked('c', 2, 10);
  CHECK(post(*sender, afterwards).taken == 2);
  REQUIRE(known.wait_for(3));
  REQUIRE(fresh.wait_for(1));
  CHECK(known.got()[1] == meanwhile);
  CHECK(fresh.got() == std::vector<bytes>{afterwards});
}
#endif
