// Memory runs out for a moment: one allocation fails, each in turn. It costs at most one record, which is counted and told; the
// program goes on.
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include <mailslog/record_reader.hpp>
#include <mailslog/record_writer.hpp>
#include <mailslog/slot.hpp>

#include "child.hpp"
#include "hosts.hpp"
#include "support/catch.hpp"
#include "support/failing_allocations.hpp"
#include "support/scratch.hpp"
#include "ways.hpp"

using namespace mailslog;
using namespace mailslog::test;
using namespace std::chrono_literals;

namespace {

// What a program under test ends with.
constexpr int no_more_allocations = 0;
constexpr int one_failed = 1;  // and up to one more for each statement of its own that failed
constexpr int wrong = 50;

int verdict(int statements_failed) { return allocation_failed() ? one_failed + statements_failed : no_more_allocations; }

/// Text `i` of a program: each says its number, and is of one letter.
std::string text(int i, std::size_t size) {
  auto t = std::to_string(i) + ':';
  t.resize(t.size() + size, static_cast<char>('a' + i % 26));
  return t;
}

bool is_whole(std::string_view t, std::size_t size) {
  const auto colon = t.find(':');
  if (colon == std::string_view::npos) return false;
  return t == text(std::stoi(std::string(t.substr(0, colon))), size);
}

constexpr std::size_t small = 20;
constexpr std::size_t large = 200'000;
constexpr int posted = 1 + 20 + 3 + 1 + 20;

/// What a program posts: small records, some that may be larger than a batch, small ones again. Made before memory runs out.
std::vector<std::string> all_texts(std::size_t large_size) {
  std::vector<std::string> texts;
  for (int i = 0; i < posted; ++i) texts.push_back(text(i, i >= 21 && i < 24 ? large_size : small));
  return texts;
}

/// Posts them, with pauses in which the writer's thread has its turn. They are not waited for: whatever it does then is right.
template <class Post>
void post_all(const std::vector<std::string>& texts, Post post) {
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i == 1 || i == 10 || i == 24) std::this_thread::sleep_for(3ms);
    post(texts[i]);
  }
}

/// What came of the records of one run.
struct account {
  std::uint64_t whole = 0;
  std::uint64_t incomplete = 0;
  std::uint64_t empty = 0;  // of a sink that had no memory for the text
  std::uint64_t gaps = 0;
  std::uint64_t lost = 0;
  std::uint64_t other = 0;

  std::uint64_t all() const { return whole + incomplete + empty + gaps; }
};

void hear(record_reader& in, account& to, std::size_t large_size, std::chrono::nanoseconds timeout) {
  while (const auto* e = in.next_event(timeout)) {
    if (const auto* r = std::get_if<received_record>(e)) {
      if (!r->missing.empty()) {
        ++to.incomplete;
      } else if (is_whole(r->text, small) || is_whole(r->text, large_size)) {
        ++to.whole;
      } else {
        ++(r->text.empty() ? to.empty : to.other);
      }
    } else if (const auto* g = std::get_if<gap>(e)) {
      to.gaps += g->lost + g->dropped;
      to.lost += g->lost;
    }
  }
}

std::vector<std::string> hosts_and_unlocked_ones() {
  std::set<std::string> all(all_hosts().begin(), all_hosts().end());
  all.insert(unlocked_hosts().begin(), unlocked_hosts().end());
  return {all.begin(), all.end()};
}

/// Runs `program` once for each allocation that it makes. It gets which one is to fail.
void for_each_failure(const std::string& slot, std::size_t large_size, const std::function<int(std::uint64_t)>& program) {
  for (std::uint64_t n = 1; n < 2000; ++n) {
    CAPTURE(n);
    record_reader in{address(slot)};
    account heard;
    const auto child = start_child([&] { return program(n); });
    int status = 0;
    const bool ended = wait_until([&] {
      hear(in, heard, large_size, 1ms);
      return ::waitpid(child, &status, WNOHANG) == child;
    });
    if (!ended) ::kill(child, SIGKILL);
    REQUIRE(ended);
    REQUIRE(WIFEXITED(status));
    const int code = WEXITSTATUS(status);
    REQUIRE(code < wrong);
    const auto failed_statements = static_cast<std::uint64_t>(code == no_more_allocations ? 0 : code - one_failed);
    CHECK(failed_statements <= 1);
    CHECK(wait_until([&] {
      hear(in, heard, large_size, 1ms);
      return heard.all() + failed_statements >= posted;
    }));
    CHECK(heard.all() + failed_statements == posted);
    CHECK(heard.whole + 1 >= posted);
    CHECK(heard.lost == 0);
    CHECK(heard.other == 0);
    if (code == no_more_allocations) {
      CHECK(n > 5);
      return;
    }
  }
  FAIL("there is no end of allocations");
}

}  // namespace

// Their own allocators do not end here.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("a writer whose memory runs out once loses one record, counts it and tells it", "[hostile][memory]") {
  const scratch_folder folder;
  const auto name = scratch_name();
  const auto port = "?if=lo&port=" + std::to_string(scratch_port());
  const auto options = GENERATE(std::string("&linger=1min"), "&linger=1min&max_delay=0", "&linger=1min&limit=500&overflow=block&block_time=1min&queue=16K");
  const auto way = GENERATE_COPY(way_to_read{name + port, name + port}, way_to_read{"*/" + name + port, "*/" + name + port},
                                 way_to_read{"127.0.0.1/" + name + port, "*/" + name + port}, way_to_read{"localhost/" + name + port, "*/" + name + port});
  CAPTURE(way.writer, options);
  const auto texts = all_texts(large);
  for_each_failure(way.reader, large, [&](std::uint64_t n) {
    record_writer out{address(way.writer + options)};
    int refused = 0;
    fail_allocation(n);
    post_all(texts, [&](const std::string& t) {
      record r;
      r.text = t;
      if (out.write(r)) ++refused;
    });
    const bool flushed = out.flush(deadline);
    const int result = verdict(0);
    fail_allocation(0);
    const auto stats = out.stats();
    if (!flushed || refused > 1) return wrong;
    if (stats.written + stats.dropped_queue != posted || stats.dropped() != static_cast<std::uint64_t>(refused)) return wrong + 1;
    out = record_writer{address("elsewhere")};  // says goodbye
    return result;
  });
}

TEST_CASE("a program whose memory runs out once loses one record of a sink's", "[hostile][memory]") {
  const scratch_folder folder;
  const auto name = scratch_name();
  const auto via = GENERATE(from_range(hosts_and_unlocked_ones()));
  CAPTURE(via);
  constexpr std::size_t larger = 2000;  // a text that the libraries have no room for without memory
  const auto texts = all_texts(larger);
  for_each_failure(name, larger, [&](std::uint64_t n) {
    load_libraries();
    auto host = make_host(via, name + "?linger=1min");
    fail_allocation(n);
    post_all(texts, [&](const std::string& t) { host->log(t); });
    const bool handed_over = settled(*host, posted - host->complaints());
    const bool flushed = host->flush(deadline) && handed_over;
    const int result = verdict(static_cast<int>(host->complaints()));
    fail_allocation(0);
    const auto stats = host->stats();
    const auto complaints = host->complaints();
    host.reset();
    if (!flushed || stats.dropped() + complaints > 1) return wrong;
    if (stats.written + stats.dropped_queue + complaints != posted) return wrong + 1;
    return result == no_more_allocations ? result : one_failed + static_cast<int>(complaints);
  });
}

TEST_CASE("a child of a program whose memory runs out once posts on as a sender of its own", "[hostile][memory]") {
  const scratch_folder folder;
  const auto name = scratch_name();
  const auto texts = all_texts(large);
  bool more = true;
  for (std::uint64_t n = 1; more && n < 200; ++n) {
    CAPTURE(n);
    record_writer out{address(name)};
    record r;
    r.text = "the parent";
    CHECK_FALSE(out.write(r));
    const int end = in_child([&] {
      fail_allocation(n);
      int refused = 0;
      for (int i = 0; i < 10; ++i) refused += out.write(r) ? 1 : 0;
      const bool flushed = out.flush(deadline);
      const int result = verdict(0);
      const auto stats = out.stats();
      return !flushed || refused > 1 || stats.written + stats.dropped_queue != 10 ? wrong : result;
    });
    CHECK((end == no_more_allocations || end == one_failed));
    more = end == one_failed;
    CHECK((more || n > 3));
  }
  CHECK_FALSE(more);
}

TEST_CASE("messages that find no memory are not put, and say so", "[hostile][memory]") {
  const scratch_folder folder;
  const auto name = scratch_name();
  bool more = true;
  for (std::uint64_t n = 1; more && n < 200; ++n) {
    CAPTURE(n);
    slot_reader in{address(name)};
    slot_writer out{address(name)};
    int failed = 0;
    fail_allocation(0);
    const int end = in_child([&] {
      fail_allocation(n);
      for (int i = 0; i < 10; ++i) failed += out.put("a message") ? 1 : 0;
      return failed > 1 ? wrong : verdict(failed);
    });
    CHECK(end < wrong);
    more = end != no_more_allocations;
    const int put = more ? 10 - (end - one_failed) : 10;
    for (int i = 0; i < put; ++i) {
      const auto message = in.get(deadline);
      REQUIRE(message);
      CHECK(message->bytes == "a message");
    }
    CHECK((more || n > 3));
  }
  CHECK_FALSE(more);
}
#endif
