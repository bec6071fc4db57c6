#include <mailslog/record_reader.hpp>
#include <mailslog/record_writer.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#ifndef _WIN32
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/descriptors.hpp"
#endif

#include "history/logged.hpp"
#include "history/ring_folder.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/scratch.hpp"
#include "support/wait_until.hpp"

using namespace mailslog;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t start = 1'700'000'000 * second;

timestamp at(std::int64_t ns) { return timestamp(std::chrono::nanoseconds(ns)); }

void write(record_writer& w, const std::string& text, std::int64_t when) { test::write(w, text, at(when)); }

history_request all() {
  history_request h;
  h.last = all_of_history;
  return h;
}

/// What comes, and whether each sender's numbers are told once and without a hole.
struct account {
  std::vector<std::string> texts;
  std::map<std::uint64_t, std::uint64_t> next;  // by sender
  std::uint64_t records = 0;
  std::uint64_t remembered = 0;
  std::uint64_t lost = 0;
  std::vector<bool> ends;  // well
  bool in_order = true;

  bool take(record_reader& from, std::chrono::nanoseconds timeout) {
    const auto* e = from.next_event(timeout);
    if (e == nullptr) return false;
    if (const auto* r = std::get_if<received_record>(e)) {
      texts.emplace_back(r->text);
      ++records;
      if (r->from_history) ++remembered;
      count(r->from->id, r->number, r->number);
    } else if (const auto* g = std::get_if<gap>(e)) {
      lost += g->lost + g->dropped;
      count(g->from->id, g->first, g->last);
    } else if (const auto* x = std::get_if<ended>(e)) {
      ends.push_back(x->well);
    }
    return true;
  }
  void take_all(record_reader& from) {
    while (take(from, 0ns)) {
    }
  }
  bool take_until(record_reader& from, std::uint64_t n) {
    return test::wait_until([&] {
      take_all(from);
      return records + lost >= n;
    });
  }

 private:
  void count(std::uint64_t sender, std::uint64_t first, std::uint64_t last) {
    const auto known = next.find(sender);
    if (known != next.end() && known->second != first) in_order = false;
    next[sender] = last + 1;
  }
};

}  // namespace

TEST_CASE("a reader that comes later reads what is remembered, merged by time, then what arrives", "[past]") {
  const test::scratch_folder folder;
  const std::string to = GENERATE("lab", "*/lab?if=lo&port=4555");
  CAPTURE(to);
  record_writer alive(to, {});
  {
    record_writer gone(to, {});
    write(alive, "1", start + 1);
    write(gone, "2", start + 2);
    write(gone, "4", start + 4);
  }
  write(alive, "3", start + 3);
  write(alive, "5", start + 5);
  record_reader reader(to, all());
  CHECK(reader.in_history());
  account seen;
  seen.take_all(reader);
  CHECK_FALSE(reader.in_history());
  CHECK(seen.texts == std::vector<std::string>{"1", "2", "3", "4", "5"});
  CHECK(seen.remembered == 5);
  CHECK(seen.ends == std::vector<bool>{true});
  CHECK(reader.stats().from_history == 5);
  CHECK(reader.stats().delivered == 5);

  write(alive, "6", start + 6);
  REQUIRE(seen.take_until(reader, 6));
  CHECK(seen.texts.back() == "6");
  CHECK(seen.in_order);
  CHECK(seen.lost == 0);
  CHECK(reader.stats().missing == 0);
}

TEST_CASE("the last records of all senders, and those of a time", "[past]") {
  const test::scratch_folder folder;
  record_writer a("lab");
  record_writer b("lab");
  for (int i = 0; i < 2000; ++i) write(i % 3 == 0 ? a : b, std::to_string(i), start + i * second);
  history_request h;
  SECTION("the last 7") {
    h.last = 7;
    record_reader reader("lab", h);
    account seen;
    seen.take_all(reader);
    CHECK(seen.texts == std::vector<std::string>{"1993", "1994", "1995", "1996", "1997", "1998", "1999"});
    write(a, "now", start + 3000 * second);
    REQUIRE(seen.take_until(reader, 8));
    CHECK(seen.texts.back() == "now");
    CHECK(reader.stats().missing == 0);
  }
  SECTION("all, or more than there are") {
    h.last = GENERATE(std::uint64_t{2000}, 2001, all_of_history);
    record_reader reader("lab", h);
    account seen;
    seen.take_all(reader);
    REQUIRE(seen.texts.size() == 2000);
    CHECK(seen.in_order);
    for (std::size_t i = 0; i < 2000; ++i) CHECK(seen.texts[i] == std::to_string(i));
  }
  SECTION("from and until, both included") {
    h.last = GENERATE(std::uint64_t{3}, all_of_history);
    h.since = at(start + 100 * second);
    h.until = at(start + 104 * second);
    record_reader reader("lab", h);
    account seen;
    seen.take_all(reader);
    const std::vector<std::string> expected{"100", "101", "102", "103", "104"};
    CHECK(seen.texts == (h.last == 3 ? std::vector<std::string>(expected.begin() + 2, expected.end()) : expected));
  }
  SECTION("the last ones up to a time") {
    h.last = GENERATE(std::uint64_t{1}, 50);
    for (int until = 100; until < 2000; until += 100) {
      h.until = at(start + until * second);
      record_reader reader("lab", h);
      account seen;
      seen.take_all(reader);
      REQUIRE(seen.texts.size() == h.last);
      CHECK(seen.texts.back() == std::to_string(until));
      CHECK(seen.texts.front() == std::to_string(until + 1 - static_cast<int>(h.last)));
    }
  }
  SECTION("none") {
    REQUIRE((a.flush(test::deadline) && b.flush(test::deadline)));
    record_reader reader("lab", h);
    CHECK_FALSE(reader.in_history());
    account seen;
    seen.take_all(reader);
    CHECK(seen.texts.empty());
  }
}

TEST_CASE("between what is remembered and what arrives nothing is missing and nothing is there twice", "[past]") {
  const test::scratch_folder folder;
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> written{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&] {
      record_writer w("lab?history=64M&overflow=block");
      const auto end = std::chrono::steady_clock::now() + test::deadline;
      for (std::uint64_t n = 0; !stop && std::chrono::steady_clock::now() < end; ++n) {
        write(w, std::to_string(n), start + static_cast<std::int64_t>(n));
        ++written;
        if (n % 100 == 0) std::this_thread::sleep_for(1ms);  // not a history's length while it is read
      }
    });
  }
  CHECK(test::wait_until([&] { return written > 5000; }));
  for (int i = 0; i < 5; ++i) {
    record_reader reader("lab", all());
    account seen;
    while (reader.in_history()) {
      if (!seen.take(reader, 0ns)) break;
    }
    const auto remembered = seen.records;
    CHECK(seen.take_until(reader, remembered + 1000));
    CHECK(seen.in_order);
    CHECK(seen.lost == 0);
    CHECK(seen.next.size() == 2);
    CHECK(remembered > 1000);
    CHECK(seen.records > seen.remembered);
  }
  stop = true;
  for (auto& t : threads) t.join();
}

TEST_CASE("a clock that was set back hides nothing", "[past]") {
  const test::scratch_folder folder;
  record_writer w("lab");
  constexpr int n = 1000;
  for (int i = 0; i < n; ++i) write(w, "late " + std::to_string(i), start + (5000 + i) * second);
  for (int i = 0; i < n; ++i) write(w, "early " + std::to_string(i), start + i * second);
  history_request h;
  account seen;
  SECTION("the last ones are those that were logged last") {
    h.last = 10;
    record_reader reader("lab", h);
    seen.take_all(reader);
    REQUIRE(seen.texts.size() == 10);
    for (int i = 0; i < 10; ++i) CHECK(seen.texts[static_cast<std::size_t>(i)] == "early " + std::to_string(n - 10 + i));
  }
  SECTION("those since a time are those that say so") {
    h.last = all_of_history;
    h.since = at(start + 5500 * second);
    record_reader reader("lab", h);
    seen.take_all(reader);
    REQUIRE(seen.texts.size() == 500);
    CHECK(seen.texts.front() == "late 500");
    CHECK(seen.texts.back() == "late 999");
  }
  SECTION("a record that is not remembered has no time of its own") {
    write(w, std::string(200'000, 'x'), start + n * second);
    REQUIRE(w.flush(test::deadline));
    h.last = all_of_history;
    h.since = at(start + 900 * second);
    record_reader reader("lab", h);
    seen.take_all(reader);
    CHECK(std::count(seen.texts.begin(), seen.texts.end(), "early 900") == 1);
    CHECK(seen.texts.back() == "early 999");
  }
}

TEST_CASE("what was not asked for of what is remembered does not come later", "[past]") {
  const test::scratch_folder folder;
  record_writer w("lab");
  for (int i = 0; i < 100; ++i) write(w, std::to_string(i), start + i * second);
  // It takes several blocks, and the last ones hold nothing but pieces of it.
  const auto large = std::string(60'000, 'x');
  write(w, large, start + 100 * second);
  history_request h;
  account seen;
  std::vector<std::string> expected;
  SECTION("the last one") {
    h.last = 1;
    expected = {large, "now"};
  }
  SECTION("nothing of that time") {
    h.last = all_of_history;
    h.since = at(start + 200 * second);
    expected = {"now"};
  }
  record_reader reader("lab", h);
  seen.take_all(reader);
  write(w, "now", start + 300 * second);
  REQUIRE(seen.take_until(reader, expected.size()));
  seen.take_all(reader);
  CHECK(seen.texts == expected);
  CHECK(seen.lost == 0);
}

TEST_CASE("a reader that asks while a writer overwrites what it remembers as fast as it can gets no more than it asked for, then what follows", "[past]") {
  const test::scratch_folder folder;
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> written{0};
  std::thread busy([&] {
    record_writer w("lab?history=64K");
    const auto end = std::chrono::steady_clock::now() + test::deadline;
    while (!stop && std::chrono::steady_clock::now() < end) write(w, std::to_string(written++), start + static_cast<std::int64_t>(written));
  });
  CHECK(test::wait_until([&] { return written > 5000; }));
  history_request h;
  h.last = 10;
  bool got_all = false;
  for (int i = 0; i < 20; ++i) {
    record_reader reader("lab", h);
    account seen;
    while (reader.in_history() && seen.take(reader, 0ns)) {
    }
    CHECK(seen.remembered <= 11);  // the call that ends the history may give the first that follows
    got_all = got_all || seen.remembered >= 10;
    while (seen.records + seen.lost < 1000 && seen.take(reader, test::deadline)) {
    }
    CHECK(seen.records + seen.lost >= 1000);
    CHECK(seen.in_order);
  }
  CHECK(got_all);
  stop = true;
  busy.join();
}

TEST_CASE("a ring under another name than its sender's is refused, or its records would come twice", "[past]") {
  const test::scratch_folder folder;
  record_writer w("lab");
  write(w, "once", start);
  std::error_code error;
  const auto name = history::ring_folder_of("lab")->names(10, error).at(0);
  const auto rings = folder / "lab/.rings/";
  {
    // A stream could not open it on Windows, where its writer lets in only who opens it as a reader does.
    const auto ring = history::ring_folder_of("lab")->open(name, error);
    REQUIRE(ring);
    std::string bytes(std::size_t{1} << 20, '\0');
    bytes.resize(ring->read(0, reinterpret_cast<std::uint8_t*>(&bytes[0]), bytes.size()));
    std::ofstream(rings + "0000000000000001.ring", std::ios::binary) << bytes;
  }
  record_reader reader("lab", all());
  account seen;
  seen.take_all(reader);
  CHECK(seen.texts == std::vector<std::string>{"once"});
  CHECK(reader.stats().rings_refused == 1);
  const auto findings = reader.findings();
  REQUIRE(findings.problems.size() == 1);
  CHECK_THAT(findings.problems.front(), ContainsSubstring("0000000000000001.ring is that of another slot, or of another sender"));
}

TEST_CASE("a file that cannot be read is counted once, however long the reader stays", "[past]") {
  const test::scratch_folder folder;
  record_writer w("lab");
  write(w, "x", start);
  std::ofstream(folder / "lab/.rings/0000000000000001.ring") << "something else";
  record_reader reader("lab", all());
  account seen;
  const auto end = std::chrono::steady_clock::now() + 1500ms;  // a few looks
  while (std::chrono::steady_clock::now() < end) seen.take(reader, 100ms);
  CHECK(reader.stats().rings_refused == 1);
}

TEST_CASE("a reader that stood still while a writer wrote and ended gets all of it", "[past]") {
  const test::scratch_folder folder;
  record_reader reader("lab");
  constexpr std::uint64_t n = 5000;
  {
    record_writer w("lab?history=16M&linger=0");
    for (std::uint64_t i = 0; i < n; ++i) write(w, std::string(1000, 'x'), start);
  }
  account seen;
  REQUIRE(seen.take_until(reader, n));
  CHECK(seen.records == n);
  CHECK(seen.lost == 0);
  CHECK(seen.in_order);
  REQUIRE(test::wait_until([&] {
    seen.take_all(reader);
    return !seen.ends.empty();
  }));
  CHECK(seen.ends == std::vector<bool>{true});
  CHECK(seen.records == n);
}

TEST_CASE("a reader that was busy elsewhere while writers wrote and ended reads what waits for it, in its order, before it looks for more", "[past]") {
  const test::scratch_folder folder;
  record_reader reader("lab");
  const auto opened = std::chrono::steady_clock::now();
  constexpr std::uint64_t n = 20'000;  // far more than is remembered
  {
    record_writer w("lab?history=64K&overflow=block&block_time=1min&linger=1min");
    for (std::uint64_t i = 0; i < n; ++i) write(w, std::string(200, 'x'), start);
  }
  {
    record_writer last("lab");
    write(last, "last", start);
  }
  // It is behind by more than it grants those who post without end.
  std::this_thread::sleep_until(opened + 1s);
  account seen;
  const auto has_last = [&] { return !seen.texts.empty() && seen.texts.back() == "last"; };
  while (!has_last() && seen.take(reader, test::deadline)) {
  }
  REQUIRE(has_last());
  CHECK(seen.records == n + 1);
  CHECK(seen.lost == 0);
  CHECK(seen.remembered == 0);
  CHECK(reader.stats().missing == 0);
}

TEST_CASE("what is no longer remembered is reported, and the account is exact", "[past]") {
  const test::scratch_folder folder;
  record_reader reader("lab");
  constexpr std::uint64_t n = 50'000;
  {
    record_writer w("lab?history=64K&linger=0&queue=64K");
    for (std::uint64_t i = 0; i < n; ++i) write(w, std::string(1000, 'x'), start);
  }
  account seen;
  REQUIRE(seen.take_until(reader, n));
  CHECK(seen.records + seen.lost == n);
  CHECK(seen.in_order);
  const auto s = reader.stats();
  CHECK(s.delivered + s.missing + s.dropped_by_sender() + s.incomplete == n);
  CHECK(seen.lost > 0);
}

#ifndef _WIN32
TEST_CASE("a reader that is out of descriptors for a while, or whose folder is moved away and back, takes nobody for a new writer", "[past]") {
  const test::scratch_folder folder;
  {
    test::process gone({test::program("history_writer"), "lab", "50"});
    REQUIRE(gone.wait_for_output("50"));
    gone.kill();
    gone.wait();
  }
  record_writer alive("lab");
  for (int i = 0; i < 50; ++i) write(alive, "before", start);
  REQUIRE(alive.flush(test::deadline));
  record_reader reader("lab");
  account seen;
  const auto look_about = [&] {
    const auto end = std::chrono::steady_clock::now() + 1s;  // a few looks
    while (std::chrono::steady_clock::now() < end) seen.take(reader, 100ms);
  };
  if (GENERATE(true, false)) {
    const test::no_descriptor_left none;
    look_about();
  } else {
    const auto rings = folder / "lab/.rings";
    std::filesystem::rename(rings, rings + "-away");
    look_about();
    std::filesystem::rename(rings + "-away", rings);
  }
  look_about();
  write(alive, "now", start);
  REQUIRE(seen.take_until(reader, 1));
  look_about();
  CHECK(seen.texts == std::vector<std::string>{"now"});
  CHECK(seen.ends.empty());
  CHECK(seen.lost == 0);
}
#endif

TEST_CASE("a writer that is killed is told of within a second or so, after its last record", "[past]") {
  const test::scratch_folder folder;
  std::optional<record_reader> reader("lab");
  test::process writer({test::program("history_writer"), "lab", "100"});
  REQUIRE(writer.wait_for_output("100"));
  writer.kill();
  account seen;
  REQUIRE(test::wait_until([&] {
    seen.take(*reader, 10ms);
    return !seen.ends.empty();
  }));
  CHECK(seen.ends == std::vector<bool>{false});
  CHECK(seen.records == 100);
  CHECK(seen.texts.back() == test::text_of(99));
  CHECK(seen.lost == 0);
  CHECK(writer.wait() == test::process::killed);
  // Who comes later sees both, too. A mailslot has one reader.
  reader.reset();
  record_reader later("lab", all());
  account again;
  again.take_all(later);
  CHECK(again.records == 100);
  CHECK(again.ends == std::vector<bool>{false});
}

TEST_CASE("files that are no rings, or damaged, or of a later version, are counted and do no harm", "[past]") {
  const test::scratch_folder folder;
  {
    record_writer w("lab");
    for (int i = 0; i < 100; ++i) write(w, std::to_string(i), start + i);
  }
  std::error_code error;
  const auto name = history::ring_folder_of("lab")->names(10, error).at(0);
  const auto path = folder / ("lab/.rings/" + name);
  std::string good;
  {
    std::ifstream file(path, std::ios::binary);
    good.assign(std::istreambuf_iterator<char>(file), {});
  }
  const auto put = [&](const std::string& as, const std::string& bytes) {
    std::ofstream(folder / ("lab/.rings/" + as), std::ios::binary) << bytes;
  };
  // Its sender's name, with the first digits changed, in the file's name and in its header.
  unsigned senders = 0;
  const auto put_renamed = [&](std::string bytes) {
    bytes[38] = static_cast<char>(++senders >> 8);
    bytes[39] = static_cast<char>(senders);
    std::uint64_t id = 0;
    for (int i = 39; i >= 32; --i) id = id << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
    put(history::ring_name(id), bytes);
  };
  put("1.ring", "");
  put("2.ring", std::string(100'000, 'x'));
  put("3.ring", good.substr(0, 4000));
  auto later = good;
  later[8] = 2;
  put_renamed(later);
  // Another sender's datagrams under a header of its own: not believed.
  const auto forged = good;
  put_renamed(forged);
  auto other_slot = good;
  other_slot[24] = static_cast<char>(other_slot[24] ^ 1);
  put_renamed(other_slot);
#ifndef _WIN32
  CHECK(::mkfifo((folder / "lab/.rings/8.ring").c_str(), 0600) == 0);
  CHECK(::symlink("/dev/zero", (folder / "lab/.rings/9.ring").c_str()) == 0);
#endif
  history_request h;
  h.last = GENERATE(std::uint64_t{10}, all_of_history);
  {
    record_reader reader("lab", h);
    account seen;
    seen.take_all(reader);
#ifdef _WIN32
    CHECK(reader.stats().rings_refused == 6);
#else
    CHECK(reader.stats().rings_refused == 8);
#endif
    CHECK(seen.records == (h.last == 10 ? 10 : 100));
  }
  std::srand(1);
  for (int i = 0; i < 100; ++i) {
    auto bytes = good;
    for (int k = 0; k < 20; ++k) bytes[static_cast<std::size_t>(std::rand()) % bytes.size()] = static_cast<char>(std::rand());
    put(name, bytes);
    record_reader again("lab", h);
    account damaged;
    damaged.take_all(again);
    CHECK(damaged.records <= 100);
  }
}

#ifndef _WIN32
namespace {

// As long as it lives, the process gets no descriptor.
struct no_descriptors {
  no_descriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before);
    const int free = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::close(free);
    const ::rlimit none{static_cast<::rlim_t>(free), before.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~no_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before); }
  ::rlimit before{};
};

}  // namespace

TEST_CASE("a program that is out of descriptors for a while is not told again what was before", "[past]") {
  const test::scratch_folder folder;
  record_writer alive("lab", {});
  {
    record_writer gone("lab", {});
    write(gone, "before", start);
  }
  write(alive, "before", start);
  record_reader reader("lab", slot_options{});
  const auto quiet = [&](account& seen) {
    const auto until = std::chrono::steady_clock::now() + 1s;  // it looks twice a second
    while (std::chrono::steady_clock::now() < until) seen.take(reader, 50ms);
  };
  account seen;
  quiet(seen);
  {
    const no_descriptors now;
    quiet(seen);
  }
  quiet(seen);
  CHECK(seen.texts.empty());
  CHECK(seen.ends.empty());
  write(alive, "after", start);
  REQUIRE(seen.take_until(reader, 1));
  CHECK(seen.texts == std::vector<std::string>{"after"});
  CHECK(seen.lost == 0);
}
#endif
