#include <mailslog/record_reader.hpp>
#include <mailslog/record_writer.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "history/logged.hpp"
#include "history/ring_folder.hpp"
#include "receive/inbox.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/scratch.hpp"
#include "support/system.hpp"

#ifndef _WIN32
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hostile/child.hpp"
#endif

using namespace mailslog;
using namespace mailslog::history;
using mailslog::test::text_of;
using mailslog::test::write;

namespace {

struct remembered {
  ring_info info;
  bool held = false;
  bool well = false;
  std::uint64_t next = 0;
  std::vector<std::pair<std::uint64_t, std::string>> records;
};

std::vector<remembered> all_of(const std::string& slot) {
  std::vector<remembered> all;
  const auto folder = ring_folder_of(slot);
  std::error_code error;
  for (const auto& name : folder->names(100'000, error)) {
    const auto ring = folder->open(name, error);
    remembered m;
    if (!ring || read_header(*ring, m.info) != ring_error::none) continue;
    m.held = ring->held();
    m.well = ended_well(*ring, m.next);
    inbox_config config;
    config.slot_tag = m.info.slot_tag;
    inbox box(config);
    std::uint64_t damaged = 0;
    std::vector<std::uint8_t> d;
    for (auto& b : read_blocks(*ring, m.info, damaged)) {
      if (!read_block(*ring, m.info, b, d) || d.empty()) continue;
      box.put({d.data(), d.size()}, {}, {}, {});
      while (const auto* e = box.next({})) {
        if (const auto* r = std::get_if<received_record>(e)) m.records.emplace_back(r->number, r->text);
      }
    }
    CHECK(damaged == 0);
    CHECK(box.stats().malformed == 0);
    all.push_back(std::move(m));
  }
  return all;
}

std::size_t files_in(const std::string& slot) {
  std::error_code error;
  return ring_folder_of(slot)->names(100'000, error).size();
}

// In order, without a hole, and as they were logged.
bool is_sound(const std::vector<std::pair<std::uint64_t, std::string>>& records) {
  for (std::size_t k = 0; k < records.size(); ++k) {
    if (records[k].first != records.front().first + k || records[k].second != text_of(records[k].first)) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("what nobody read is remembered, while its writer lives and after its good end", "[recorder]") {
  const test::scratch_folder folder;
  const std::string at = GENERATE("lab", "*/lab", "127.0.0.1/lab");
  CAPTURE(at);
  {
    record_writer w(at, {});
    CHECK(files_in("lab") == 0);
    for (std::uint64_t n = 0; n < 10; ++n) write(w, text_of(n));
    const auto now = all_of("lab");
    REQUIRE(now.size() == 1);
    CHECK(now.front().held);
    CHECK_FALSE(now.front().well);
    CHECK(now.front().records.size() == 10);
    CHECK(now.front().info.slot == "lab");
    CHECK(now.front().info.process == test::process_id());
    CHECK_FALSE(w.stats().history_error);
  }
  const auto then = all_of("lab");
  REQUIRE(then.size() == 1);
  CHECK_FALSE(then.front().held);
  CHECK(then.front().well);
  CHECK(then.front().next == 10);
  REQUIRE(then.front().records.size() == 10);
  for (std::uint64_t n = 0; n < 10; ++n) CHECK(then.front().records[n] == std::pair(n, text_of(n)));
}

TEST_CASE("a program that logged ten lines takes little room", "[recorder]") {
  const test::scratch_folder folder;
  const auto bytes = [&] {
    std::uint64_t sum = 0;
    std::error_code error;
    for (const auto& name : ring_folder_of("lab")->names(10, error)) {
      const auto path = folder / ("lab/.rings/" + name);
      CHECK(test::is_private(path));
      sum += test::room_on_disk(path);
    }
    return sum;
  };
  {
    record_writer w("lab");
    for (int i = 0; i < 10; ++i) write(w, std::string(100, 'x'));
    CHECK(bytes() > 0);
    CHECK(bytes() <= 72 * 1024);
  }
  CHECK(bytes() > 0);
  CHECK(bytes() <= 8 * 1024);
}

TEST_CASE("a slot whose history is switched off leaves nothing behind", "[recorder]") {
  const test::scratch_folder folder;
  {
    record_writer w("lab?history=0");
    write(w, "x");
  }
  CHECK_FALSE(std::filesystem::exists(folder / "lab"));
}

TEST_CASE("a history out of range is refused and quoted", "[recorder]") {
  for (const std::string value : {"1", "8191", "64M1", "67108865", "65M", "-1", "x"}) {
    CAPTURE(value);
    CHECK_THROWS_WITH(record_writer("lab?history=" + value), ContainsSubstring("history") && ContainsSubstring("8K to 64M"));
  }
  for (const std::string value : {"0", "8K", "64M"}) CHECK_NOTHROW(address("lab?history=" + value));
}

TEST_CASE("a program that is killed leaves all records whose writing had ended, each once and in order", "[recorder]") {
  const test::scratch_folder folder;
  for (int i = 0; i < 20; ++i) {
    const auto slot = "lab" + std::to_string(i);
    test::process writer({test::program("history_writer"), slot + "?history=64K", "1000000"});
    const auto until = static_cast<std::size_t>(i * i * 20);
    REQUIRE(writer.wait_for_output([&](const std::string& out) { return out.size() > until; }));
    writer.kill();
    CHECK(writer.wait() == test::process::killed);
    const auto out = writer.out();
    const auto last_line = out.rfind('\n', out.rfind('\n') - 1) + 1;
    const auto written = std::strtoull(out.c_str() + last_line, nullptr, 10);
    const auto rings = all_of(slot);
    REQUIRE(rings.size() == 1);
    CHECK_FALSE(rings.front().held);
    CHECK_FALSE(rings.front().well);
    const auto& records = rings.front().records;
    REQUIRE_FALSE(records.empty());
    CHECK(records.back().first + 1 >= written);
    CHECK(is_sound(records));
  }
}

#ifndef _WIN32
TEST_CASE("a writer killed at any moment leaves all records that it had written, each once and in order", "[recorder]") {
  const test::scratch_folder folder;
  // The child says how far it is in memory that both share.
  void* const shared = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(shared != MAP_FAILED);
  auto& written = *new (shared) std::atomic<std::uint64_t>(0);
  for (int i = 0; i < 300; ++i) {
    const auto slot = "lab" + std::to_string(i);
    written = 0;
    const auto child = ::fork();
    if (child == 0) {
      record_writer w(slot + "?history=64K");
      for (std::uint64_t n = 0;; ++n) {
        write(w, text_of(n));
        written.store(n + 1, std::memory_order_release);
      }
    }
    const std::uint64_t until = static_cast<std::uint64_t>(i * i % 3001);
    while (written.load(std::memory_order_acquire) < until) std::this_thread::yield();
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    const auto end = written.load();
    const auto rings = all_of(slot);
    if (end == 0 && rings.empty()) continue;
    REQUIRE(rings.size() == 1);
    CHECK_FALSE(rings.front().held);
    CHECK_FALSE(rings.front().well);
    const auto& records = rings.front().records;
    if (end == 0 && records.empty()) continue;
    REQUIRE_FALSE(records.empty());
    // The last whose call had returned, or the one in which it was killed.
    CHECK(records.back().first + 1 >= end);
    CHECK(records.back().first <= end);
    if (end < 200) CHECK(records.front().first == 0);
    REQUIRE(is_sound(records));
  }
  ::munmap(shared, 4096);
}

TEST_CASE("a child has a ring of its own, and its parent's stays the parent's", "[recorder]") {
  const test::scratch_folder folder;
  record_writer w("lab");
  write(w, "parent 0");
  CHECK(test::in_child([&] {
          write(w, "child 0");
          write(w, "child 1");
          return 0;
        }) == 0);
  write(w, "parent 1");
  auto rings = all_of("lab");
  REQUIRE(rings.size() == 2);
  std::sort(rings.begin(), rings.end(), [](const remembered& a, const remembered& b) { return a.held > b.held; });
  CHECK(rings[0].held);
  CHECK(rings[0].records == decltype(rings[0].records){{0, "parent 0"}, {1, "parent 1"}});
  CHECK_FALSE(rings[1].held);
  CHECK(rings[1].records == decltype(rings[1].records){{0, "child 0"}, {1, "child 1"}});
  CHECK(rings[0].info.process != rings[1].info.process);
}

TEST_CASE("a child that never logs does not keep its parent's ring alive", "[recorder]") {
  const test::scratch_folder folder;
  const auto ready = folder / "ready";
  const auto parent = test::start_child([&] {
    record_writer w("lab");
    write(w, "last words");
    const auto child = ::fork();
    if (child == 0) {
      ::alarm(60);
      test::say(ready);
      for (;;) ::pause();
    }
    test::say(folder / ("child" + std::to_string(child)));
    ::kill(::getpid(), SIGKILL);
    return 0;
  });
  REQUIRE(test::wait_for(ready));
  CHECK(test::end_of(parent) == 128 + SIGKILL);
  CHECK(test::wait_until([] {
    const auto rings = all_of("lab");
    return rings.size() == 1 && !rings.front().held;
  }));
  // The child ends with its alarm, or now.
  for (const auto* name : {"child"}) {
    (void)name;
    const std::string command = "ls " + folder.path() + " | sed -n 's/^child//p' | xargs kill -9";
    CHECK(std::system(command.c_str()) == 0);
  }
}

#ifdef __linux__
constexpr bool mapping_keeps_lock = true;
#else
constexpr bool mapping_keeps_lock = false;
#endif

TEST_CASE("a host that closes descriptors which it does not own keeps its history", "[recorder]") {
  const test::scratch_folder folder;
  CHECK(test::in_child([&] {
          record_writer w("lab?history=64K");
          write(w, "first");
          for (int fd = 3; fd < 100; ++fd) ::close(fd);
          for (std::uint64_t n = 1; n < 2000; ++n) write(w, text_of(n));
          const auto rings = all_of("lab");
          if (rings.size() != 1 || !rings.front().held || rings.front().records.back().second != text_of(1999)) return 1;
          // It has all its blocks, and will need no descriptor any more. On Linux the mapping keeps the lock.
          for (int fd = 3; fd < 100; ++fd) ::close(fd);
          write(w, text_of(2000));
          const auto after = all_of("lab");
          if (after.size() != 1 || after.front().records.back().second != text_of(2000)) return 2;
          return after.front().held || !mapping_keeps_lock ? 0 : 3;
        }) == 0);
}

TEST_CASE("where files may not become large, the process goes on and remembers what it may", "[recorder]") {
  const test::scratch_folder folder;
  const ::rlim_t limit = GENERATE(0, 4096, 30'000, 60'000);
  CAPTURE(limit);
  CHECK(test::in_child([&] {
          const ::rlimit l{limit, limit};
          ::setrlimit(RLIMIT_FSIZE, &l);
          record_writer w("lab");
          for (std::uint64_t n = 0; n < 2000; ++n) write(w, text_of(n));
          if (!w.stats().history_error) return 1;
          const auto rings = all_of("lab");
          if (limit < 60'000) return 0;
          return rings.size() == 1 && rings.front().records.back().first == 1999 ? 0 : 2;
        }) == 0);
}

TEST_CASE("where the disk is full, the process goes on and remembers what it may", "[recorder]") {
  const test::scratch_folder folder;
  const auto full = folder / "full";
  CHECK(test::in_child([&] {
          ::mkdir(full.c_str(), 0700);
          if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
              ::mount("tmpfs", full.c_str(), "tmpfs", 0, "size=64k,mode=700") != 0) {
            return 77;
          }
          ::setenv("MAILSLOG_DIR", full.c_str(), 1);
          record_writer w("lab");
          for (std::uint64_t n = 0; n < 5000; ++n) write(w, text_of(n));
          if (w.stats().history_error != std::errc::no_space_on_device) return 1;
          const auto rings = all_of("lab");
          return rings.size() == 1 && rings.front().records.back().first == 4999 ? 0 : 2;
        }) % 77 == 0);
}

#endif

TEST_CASE("where no folder can be made, records go their way and it is said", "[recorder]") {
  const test::scratch_folder folder;
  test::set_variable("MAILSLOG_DIR", folder / "no/where");
  record_writer w("lab");
  write(w, "x");
  CHECK(w.stats().history_error);
  CHECK(w.stats().written == 1);
  CHECK(w.stats().dropped() == 0);
}

TEST_CASE("files of writers that ended go when there are many: first those that ended well, the oldest before the others", "[recorder]") {
  const test::scratch_folder folder;
  test::process crashed({test::program("history_writer"), "lab", "1"});
  REQUIRE(crashed.wait_for_output("1"));
  crashed.kill();
  CHECK(crashed.wait() == test::process::killed);
  record_writer alive("lab");
  write(alive, "alive");
  for (int i = 0; i < 700; ++i) {
    record_writer w("lab?linger=0");
    write(w, "short " + std::to_string(i));
    REQUIRE(files_in("lab") <= 259);
  }
  std::map<std::string, int> texts;
  for (const auto& m : all_of("lab")) ++texts[m.records.front().second];
  CHECK(texts[text_of(0)] == 1);
  CHECK(texts["alive"] == 1);
  CHECK(texts["short 699"] == 1);
  CHECK(texts["short 0"] == 0);
  CHECK(texts.size() > 200);
}

TEST_CASE("a large file of the last writer that ended stays, and so do small ones beside it", "[recorder]") {
  const test::scratch_folder folder;
  {
    record_writer small("lab");
    write(small, "small");
  }
  for (const auto& ring : std::filesystem::directory_iterator(folder / "lab/.rings")) {
    std::filesystem::last_write_time(ring, std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  }
  {
    record_writer large("lab?history=8M");
    for (std::uint64_t n = 0; n < 8000; ++n) write(large, std::string(1000, 'x'));
  }
  for (int i = 0; i < 3; ++i) {
    ring_folder_of("lab")->sweep({});
    CHECK(files_in("lab") == 2);
  }
}

#ifndef _WIN32
TEST_CASE("what the last writer that crashed left stays, however large it is", "[recorder]") {
  const test::scratch_folder folder;
  const auto crashed = test::start_child([] {
    record_writer w("lab?history=64M");
    for (int i = 0; i < 6000; ++i) write(w, std::string(1000, 'x'));
    ::raise(SIGKILL);
    return 0;
  });
  CHECK(test::end_of(crashed) == 128 + SIGKILL);
  for (int i = 0; i < 3; ++i) {
    record_writer w("lab");
    write(w, "afterwards");
  }
  history_request h;
  h.last = all_of_history;
  record_reader reader("lab", h);
  std::size_t large = 0;
  while (reader.in_history()) {
    const auto* e = reader.next_event(std::chrono::nanoseconds(0));
    const auto* r = e != nullptr ? std::get_if<received_record>(e) : nullptr;
    if (r != nullptr && r->text.size() == 1000) ++large;
  }
  CHECK(large == 6000);
}
#endif

TEST_CASE("what ended before the clock was set back goes before what ended since", "[recorder]") {
  const test::scratch_folder folder;
  const auto log_many = [](int n, const std::string& text) {
    for (int i = 0; i < n; ++i) {
      record_writer w("lab?linger=0");
      write(w, text);
    }
  };
  log_many(250, "before");
  const auto of_the_future = std::filesystem::file_time_type::clock::now() + std::chrono::hours(1);
  for (const auto& ring : std::filesystem::directory_iterator(folder / "lab/.rings")) std::filesystem::last_write_time(ring, of_the_future);
  log_many(20, "since");
  int since = 0;
  for (const auto& m : all_of("lab")) since += m.records.front().second == "since" ? 1 : 0;
  CHECK(since == 20);
  CHECK(files_in("lab") <= 257);
}

TEST_CASE("files of writers that ended go when they are large", "[recorder]") {
  const test::scratch_folder folder;
  for (int i = 0; i < 40; ++i) {
    record_writer w("lab?linger=0");
    for (int k = 0; k < 300; ++k) write(w, std::string(1000, 'x'));
  }
  CHECK(files_in("lab") >= 10);
  CHECK(files_in("lab") <= 18);
}
