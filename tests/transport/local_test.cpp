// What only slots on this machine do.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <thread>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mailslog/error.hpp>

#include "history/ring_folder.hpp"
#include "platform/wait.hpp"
#include "platform/waker.hpp"
#include "reading.hpp"
#include "support/catch.hpp"
#include "support/descriptors.hpp"
#include "transport/local/socket_posix.hpp"

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

TEST_CASE("a slot's folder goes with its last reader if nothing is in it and it is as readers make it", "[transport][local]") {
  local_slot slot;
  auto first = slot.receiver();
  const auto path = std::filesystem::directory_iterator(slot.folder.path())->path();
  SECTION("the last of two") {
    auto second = slot.receiver();
    first.reset();
    CHECK(std::filesystem::exists(path));
    second.reset();
    CHECK_FALSE(std::filesystem::exists(path));
    first = slot.receiver();
    CHECK(sockets_in(slot.folder.path()) == 1);
  }
  SECTION("with nothing remembered in it") {
    std::filesystem::create_directory(path / ".rings");
    std::filesystem::permissions(path / ".rings", std::filesystem::status(path).permissions());
    first.reset();
    CHECK_FALSE(std::filesystem::exists(path));
  }
  SECTION("not with something in it") {
    std::filesystem::create_directory(path / ".rings");
    std::ofstream(path / ".rings/of somebody") << "x";
    first.reset();
    CHECK(std::filesystem::exists(path / ".rings/of somebody"));
  }
  SECTION("not with rights that somebody gave it") {
    std::filesystem::permissions(path, std::filesystem::perms::group_all, std::filesystem::perm_options::add);
    first.reset();
    CHECK(std::filesystem::exists(path));
  }
}

TEST_CASE("a slot's folder may go at any moment at which others come", "[transport][local]") {
  local_slot slot;
  const auto path = std::filesystem::path(history::ring_folder_of(slot.name)->path()).parent_path();
  std::atomic<bool> over{false};
  std::atomic<int> failed{0};
  const auto come_and_go = [&](const std::function<void()>& come) {
    while (!over) {
      try {
        come();
      } catch (const std::exception&) {
        ++failed;
      }
    }
  };
  std::thread reader([&] { come_and_go([&] { slot.receiver(); }); });
  std::thread writer([&] {
    const auto rings = history::ring_folder_of(slot.name);
    history::ring_info info;
    info.divide(history::smallest_ring);
    come_and_go([&] {
      ++info.sender;
      std::error_code error;
      if (!rings->make(info, error) || error) ++failed;
    });
  });
  int left = 2000;
  come_and_go([&] {
    if (--left <= 0) over = true;
    const auto ours = slot.receiver();
    if (!std::filesystem::exists(path)) ++failed;
  });
  reader.join();
  writer.join();
  CHECK(failed == 0);
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

#if !defined(__SANITIZE_ADDRESS__)
TEST_CASE("a writer that is out of descriptors for long keeps the readers it knows", "[transport][local]") {
  local_slot slot;
  reading known(slot.receiver());
  const auto sender = slot.sender();
  REQUIRE(post(*sender, marked('a', 0, 10)).taken == 1);
  const no_descriptor_left none;
  // Longer than it trusts what it knows of its folder.
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(1200);
  std::uint32_t n = 0;
  std::size_t taken = 0;
  while (std::chrono::steady_clock::now() < end) {
    taken += post(*sender, marked('b', ++n, 10), known).taken;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  CHECK(taken == n);
}
#endif

TEST_CASE("a reader that stands still hides no new one", "[transport][local]") {
  local_slot slot;
  reading stopped(slot.receiver());
  const auto sender = slot.sender();
  auto d = marked('f', 0, 8000);
  std::uint32_t sent = 0;
  while (sender->send(view(d), d.size()).status == send_status::done) {
    REQUIRE(++sent < 50'000);
    d = marked('f', sent, 8000);
  }
  reading fresh(slot.receiver());
  const auto result = post(*sender, d, fresh);
  CHECK(result.taken == 1);
  REQUIRE(fresh.wait_for(1));
  CHECK(fresh.got().front() == d);
  // From now on nobody waits for the one that stands still.
  const auto next = marked('n', 1, 100);
  CHECK(sender->send(view(next), next.size()).status != send_status::would_block);
  REQUIRE(fresh.wait_for(2));
  CHECK(fresh.got().back() == next);
}

TEST_CASE("a writer takes few descriptors, however many readers there are", "[transport][local]") {
  local_slot slot;
  std::vector<std::unique_ptr<reading>> readers;
  for (int i = 0; i < 60; ++i) readers.push_back(std::make_unique<reading>(slot.receiver()));
  const auto open_descriptors = [] {
    const std::filesystem::directory_iterator all("/dev/fd");
    return std::distance(begin(all), end(all));
  };
  const auto before = open_descriptors();
  const auto sender = slot.sender();
  std::vector<bytes> sent;
  REQUIRE(wait_until([&] {
    sent.push_back(marked('m', static_cast<std::uint32_t>(sent.size()), 100));
    return post(*sender, sent.back()).taken == readers.size();
  }));
  CHECK(open_descriptors() - before <= 20);
  for (auto& r : readers) {
    r->take();
    REQUIRE_FALSE(r->got().empty());
    CHECK(r->got().back() == sent.back());
  }

  // One that is full is passed over without a socket of its own, too.
  auto& stopped = *readers.front();
  readers.erase(readers.begin() + 1, readers.end() - 1);
  auto& other = *readers.back();
  for (std::uint32_t i = 0; i < 2000; ++i) {
    const auto d = marked('o', i, 4000);
    post(*sender, d, other);
    sent.push_back(d);
  }
  REQUIRE(wait_until([&] {
    other.take();
    return other.got().back() == sent.back();
  }));
  stopped.take();
  CHECK(stopped.got().size() < 2000);
}

namespace {

/// Sockets of another user's in a folder that all may write to. Only root can make these.
class strangers_sockets {
 public:
  strangers_sockets(const std::string& folder, int number, bool alive) {
    if (::geteuid() != 0) {
      std::fputs("skipped: needs root\n", stderr);
      std::_Exit(77);
    }
    for (int i = 0; i < number; ++i) {
      auto fd = platform::make_socket(AF_UNIX, SOCK_DGRAM);
      ::sockaddr_un at{};
      at.sun_family = AF_UNIX;
      std::snprintf(at.sun_path, sizeof at.sun_path, "%s/%016x", folder.c_str(), i);
      REQUIRE(::bind(fd.get(), transport::generic(at), sizeof at) == 0);
      REQUIRE(::chown(at.sun_path, 50003, 50003) == 0);
      if (alive) sockets_.push_back(std::move(fd));
    }
  }

  void drain() {
    char bytes[16];
    for (const auto& fd : sockets_) {
      while (::recv(fd.get(), bytes, sizeof bytes, 0) > 0) {
      }
    }
  }

 private:
  std::vector<platform::unique_fd> sockets_;
};

bool reaches(transport::datagram_sender& sender, reading& reader) {
  return wait_until([&] {
    const auto d = marked('m', 0, 10);
    (void)sender.send(view(d), d.size());
    sender.abandon();
    reader.take();
    return !reader.got().empty();
  });
}

}  // namespace

TEST_CASE("another user's sockets, however many, hide no reader of our own and of root's", "[transport][local]") {
  const bool alive = GENERATE(true, false);
  CAPTURE(alive);
  local_slot slot;
  reading first(slot.receiver());
  const auto folder = slot.folder.path() + '/' + slot.name;
  strangers_sockets strangers(folder, alive ? 300 : 9000, alive);
  const auto sender = slot.sender();
  REQUIRE(reaches(*sender, first));
  const auto d = marked('a', 0, 10);
  if (alive) {
    // It goes on, and says that there are more than it posts to.
    CHECK(wait_until([&] {
      strangers.drain();
      first.take();
      const auto result = sender->send(view(d), d.size());
      return result.error == errc::too_many_readers && result.taken == 257;
    }));
  }
  reading own(slot.receiver());
  REQUIRE(reaches(*sender, own));
}

TEST_CASE("datagrams are no larger than the reader with the least room takes", "[transport][local]") {
  local_slot slot;
  const auto early = slot.sender();
  reading modest(slot.receiver(500));
  reading greedy(slot.receiver());
  const auto late = slot.sender();
  CHECK(late->default_datagram() == 500);
  post(*early, marked('a', 0, 100));  // finds them
  CHECK(early->default_datagram() == 500);

  reading tiny(slot.receiver(1));  // anybody may say so, but that makes nobody's datagrams useless
  post(*early, marked('b', 0, 100));
  CHECK(early->default_datagram() >= 424);
}

TEST_CASE("a folder that is moved away or replaced keeps readers and writers apart for a moment only", "[transport][local]") {
  namespace fs = std::filesystem;
  local_slot slot;
  reading reader(slot.receiver());
  const auto sender = slot.sender();
  REQUIRE(post(*sender, marked('a', 0, 10)).taken == 1);
  const bool all = GENERATE(false, true);
  CAPTURE(all);
  const auto folder = all ? slot.folder.path() : fs::directory_iterator(slot.folder.path())->path().string();
  const auto away = slot.folder.path() + "-away";
  fs::rename(folder, away);
  if (all) fs::create_directory(folder);

  reading fresh(slot.receiver());
  std::uint32_t number = 0;
  REQUIRE(wait_until([&] {
    reader.receiver().refresh();
    post(*sender, marked('b', ++number, 10), reader, fresh);
    return !fresh.got().empty() && !reader.got().empty() && fresh.got().back() == reader.got().back();
  }));
  fs::remove_all(away);
  const auto last = marked('c', 1, 10);
  CHECK(post(*sender, last).taken == 2);
}

TEST_CASE("what is no reader's socket keeps nobody from the readers", "[transport][local]") {
  local_slot slot;
  reading reader(slot.receiver());
  const auto folder = std::filesystem::directory_iterator(slot.folder.path())->path().string();
  const platform::unique_fd stream = platform::make_socket(AF_UNIX, SOCK_STREAM);
  ::sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "%s/0000", folder.c_str());
  REQUIRE(::bind(stream.get(), reinterpret_cast<const ::sockaddr*>(&address), sizeof address) == 0);
  std::ofstream(folder + "/0001") << "a file";
  const auto sender = slot.sender();
  const auto d = marked('a', 0, 10);
  CHECK(post(*sender, d).taken == 1);
  CHECK(post(*sender, d).status == send_status::done);  // looked at once, and not again at once
  REQUIRE(reader.wait_for(2));
}

TEST_CASE("a reader whose descriptors the host closes opens its slot again, and leaves the host's alone", "[transport][local]") {
  local_slot slot;
  reading reader(slot.receiver());
  const auto sender = slot.sender();
  std::vector<platform::wait_handle> handles;
  reader.receiver().add_handles(handles);
  REQUIRE(handles.size() == 1);
  ::close(handles[0]);
  const int of_the_host = ::open("/dev/zero", O_RDONLY | O_CLOEXEC);
  REQUIRE(::dup2(of_the_host, handles[0]) == handles[0]);

  std::vector<platform::wait_handle> none;
  reader.receiver().add_handles(none);
  CHECK(none.empty());
  reader.take();
  CHECK(reader.got().empty());
  reader.receiver().refresh();
  const auto d = marked('a', 0, 10);
  REQUIRE(wait_until([&] {
    post(*sender, d);
    reader.take();
    return !reader.got().empty();
  }));
  char byte = 1;
  CHECK(::read(handles[0], &byte, 1) == 1);
  CHECK(byte == 0);
  ::close(handles[0]);
  ::close(of_the_host);
}

TEST_CASE("a slot that was not there for long is found as soon as it has a reader", "[transport][local]") {
  local_slot slot;
  const ::timespec long_ago[] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
  REQUIRE(::utimensat(AT_FDCWD, slot.folder.path().c_str(), long_ago, 0) == 0);
  const auto sender = slot.sender();
  for (int i = 0; i < 3; ++i) CHECK(post(*sender, marked('a', 0, 10)).taken == 0);
  reading reader(slot.receiver());
  CHECK(post(*sender, marked('a', 1, 10)).taken == 1);
}

TEST_CASE("a folder given by a relative path stays where it was when the program goes elsewhere", "[transport][local]") {
  namespace fs = std::filesystem;
  local_slot slot;
  const auto before = fs::current_path();
  fs::current_path(fs::path(slot.folder.path()).parent_path());
  ::setenv("MAILSLOG_DIR", fs::path(slot.folder.path()).filename().c_str(), 1);
  reading reader(slot.receiver());
  const auto sender = slot.sender();
  fs::current_path("/");
  CHECK(post(*sender, marked('a', 0, 10)).taken == 1);
  ::setenv("MAILSLOG_DIR", slot.folder.path().c_str(), 1);
  fs::current_path(before);
}

TEST_CASE("a socket is made in the folder that was checked, whatever its path leads to by then", "[transport][local]") {
  namespace fs = std::filesystem;
  const scratch_folder scratch;
  const auto folder = scratch / "slot";
  const auto victim = scratch / "victim";
  fs::create_directory(folder);
  fs::create_directory(victim);
  const platform::unique_fd checked(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  fs::rename(folder, scratch / "away");
  fs::create_directory_symlink(victim, folder);

  const auto socket = platform::make_socket(AF_UNIX, SOCK_DGRAM);
  const auto bound = transport::bind_in(checked.get(), folder, "s", socket.get());
  CHECK(fs::is_empty(victim));
  CHECK(fs::is_socket(scratch / "away/s") == !bound);

  // And a writer goes to no other.
  const auto theirs = platform::make_socket(AF_UNIX, SOCK_DGRAM);
  ::sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "%s/t", victim.c_str());
  REQUIRE(::bind(theirs.get(), reinterpret_cast<const ::sockaddr*>(&address), sizeof address) == 0);
  const auto writer = platform::make_socket(AF_UNIX, SOCK_DGRAM);
  CHECK(transport::connect_in(checked.get(), folder, "t", writer.get()) == std::errc::no_such_file_or_directory);
}

TEST_CASE("of more than 64 handles that are waited for, each is looked at", "[transport]") {
  std::vector<std::unique_ptr<platform::waker>> wakers;
  std::vector<platform::wait_handle> handles;
  for (int i = 0; i < 100; ++i) {
    wakers.push_back(std::make_unique<platform::waker>());
    handles.push_back(wakers.back()->handle());
  }
  CHECK_FALSE(platform::wait_readable(handles.data(), handles.size(), std::chrono::nanoseconds(0)));
  wakers.back()->wake();
  CHECK(platform::wait_readable(handles.data(), handles.size(), deadline));
}
