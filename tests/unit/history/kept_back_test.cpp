// Records that are remembered and not sent: `send_level` and `recorder_level`.
#include <mailslog/record_reader.hpp>
#include <mailslog/record_writer.hpp>

#include <chrono>
#include <string>
#include <vector>

#include "history/ring_folder.hpp"
#include "support/catch.hpp"
#include "support/scratch.hpp"
#include "support/wait_until.hpp"

using namespace mailslog;
using namespace std::chrono_literals;

namespace {

history_request all() {
  history_request h;
  h.last = all_of_history;
  return h;
}

void write(record_writer& to, level l, const std::string& text) {
  record r;
  r.time = std::chrono::system_clock::now();
  r.level = l;
  r.text = text;
  CHECK_FALSE(to.write(r));
}

struct seen {
  std::string text;
  std::uint64_t number;
  std::uint64_t kept_back;
  bool operator==(const seen& o) const { return text == o.text && number == o.number && kept_back == o.kept_back; }
};
std::ostream& operator<<(std::ostream& to, const seen& s) { return to << '"' << s.text << "\" " << s.number << '+' << s.kept_back; }

std::vector<seen> take(record_reader& from, std::uint64_t& gaps) {
  std::vector<seen> got;
  while (const auto* e = from.next_event(0ns)) {
    if (const auto* r = std::get_if<received_record>(e)) got.push_back({std::string(r->text), r->number, r->kept_back});
    gaps += std::holds_alternative<gap>(*e) ? 1 : 0;
  }
  return got;
}

std::vector<seen> history_of(const std::string& slot) {
  record_reader reader(slot, all());
  std::uint64_t gaps = 0;
  auto got = take(reader, gaps);
  CHECK(gaps == 0);
  CHECK(reader.stats().missing == 0);
  return got;
}

}  // namespace

TEST_CASE("what is below the send level is remembered in its order and not sent, and nobody misses it", "[recorder]") {
  const test::scratch_folder folder;
  const std::string to = GENERATE("lab", "*/lab?if=lo&port=4556");
  CAPTURE(to);
  slot_options o;
  o.send_level = level::info;
  o.recorder_level = level::debug;
  record_writer out(to, o);
  record_reader live(to);
  write(out, level::trace, "of no interest");
  write(out, level::debug, "opens");
  write(out, level::debug, "opened");
  write(out, level::info, "ready");
  write(out, level::debug, "reads");
  write(out, level::error, "broken");
  write(out, level::debug, "gives up");
  REQUIRE(out.flush(10s));

  std::uint64_t gaps = 0;
  std::vector<seen> got;
  REQUIRE(test::wait_until([&] {
    for (auto& s : take(live, gaps)) got.push_back(std::move(s));
    return got.size() >= 2;
  }));
  CHECK(got == std::vector<seen>{{"ready", 0, 0}, {"broken", 1, 0}});
  CHECK(gaps == 0);
  CHECK(live.stats().missing == 0);
  CHECK(live.stats().delivered == 2);

  CHECK(history_of(to) == std::vector<seen>{{"opens", 0, 1}, {"opened", 0, 2}, {"ready", 0, 0}, {"reads", 1, 1}, {"broken", 1, 0}, {"gives up", 2, 1}});
  CHECK(out.stats().written == 2);
  CHECK(out.stats().kept_back == 4);
  CHECK(out.stats().dropped() == 0);
}

TEST_CASE("a reader counts what it got of what was kept back", "[recorder]") {
  const test::scratch_folder folder;
  record_writer out("lab?send_level=info");
  for (int i = 0; i < 3; ++i) write(out, level::debug, "kept");
  write(out, level::info, "sent");
  record_reader reader("lab", all());
  std::uint64_t gaps = 0;
  CHECK(take(reader, gaps).size() == 4);
  CHECK(reader.stats().kept_back == 3);
  CHECK(reader.stats().delivered == 1);
  CHECK(reader.stats().from_history == 1);
}

TEST_CASE("a writer that has sent nothing ends well, too", "[recorder]") {
  const test::scratch_folder folder;
  {
    record_writer out("lab?send_level=info");
    write(out, level::debug, "kept");
  }
  record_reader reader("lab", all());
  std::vector<bool> ends;
  while (const auto* e = reader.next_event(0ns)) {
    if (const auto* end = std::get_if<ended>(e)) ends.push_back(end->well);
  }
  CHECK(ends == std::vector<bool>{true});
}

TEST_CASE("records are kept back whole and in order while the ring turns", "[recorder]") {
  const test::scratch_folder folder;
  const std::size_t largest = GENERATE(20u, 1000u, 3000u);  // blocks have 4 KiB
  CAPTURE(largest);
  record_writer out("lab?send_level=info&history=64K");
  std::vector<seen> posted;
  std::uint64_t number = 0;
  std::uint64_t kept = 0;
  for (std::size_t i = 0; i < 3000; ++i) {
    const auto text = std::to_string(i) + std::string(i * 7919 % largest, 'x');
    if (i % 5 == 4) {
      write(out, level::info, text);
      posted.push_back({text, number++, 0});
      kept = 0;
    } else {
      write(out, level::debug, text);
      posted.push_back({text, number, ++kept});
    }
  }
  const auto got = history_of("lab");
  REQUIRE(got.size() > 5);
  REQUIRE(got.size() < posted.size());
  CHECK(got == std::vector<seen>(posted.end() - static_cast<std::ptrdiff_t>(got.size()), posted.end()));
}

TEST_CASE("a record that does not fit a block is not kept back, and what follows is", "[recorder]") {
  const test::scratch_folder folder;
  record_writer out("lab?send_level=info&history=8K");
  for (std::size_t size = 3900; size < 4100; ++size) {
    write(out, level::info, "sent");
    write(out, level::debug, std::string(size, 'x'));
    write(out, level::debug, "kept");
  }
  const auto got = history_of("lab");
  REQUIRE(got.size() > 2);
  CHECK(got[got.size() - 1].text == "kept");
  CHECK(got[got.size() - 2] == seen{"sent", 199, 0});
  CHECK(got[got.size() - 1].number == 200);
}

TEST_CASE("a record that is too large to be kept back is refused, takes no number and is not told", "[recorder]") {
  const test::scratch_folder folder;
  record_writer out("lab?send_level=info");
  const std::string text(max_record_size + 1, 'x');
  record r;
  r.level = level::debug;
  r.text = text;
  CHECK(out.write(r) == errc::record_too_large);
  CHECK(out.stats().dropped() == 0);
  write(out, level::info, "sent");
  CHECK(history_of("lab") == std::vector<seen>{{"sent", 0, 0}});
}

TEST_CASE("without a memory nothing is kept back", "[recorder]") {
  const test::scratch_folder folder;
  record_writer out("lab?send_level=info&history=0");
  write(out, level::debug, "gone");
  write(out, level::info, "sent");
  CHECK(out.stats().kept_back == 0);
  CHECK(out.stats().written == 1);
  CHECK(history_of("lab").empty());
}

TEST_CASE("a record that is lost on its way is found in its ring among those that were kept back", "[recorder]") {
  const test::scratch_folder folder;
  // The reader stands still until the sender's queue has dropped some.
  record_writer out("lab?send_level=info&queue=64K&history=4M&max_delay=0&linger=0");
  record_reader live("lab");
  std::uint64_t sent = 0;
  for (std::uint64_t i = 0; out.stats().dropped() == 0 && i < 1'000'000; ++i, ++sent) {
    record r;
    r.time = std::chrono::system_clock::now();
    r.level = level::debug;
    r.text = "kept";
    (void)out.write(r);
    const auto text = std::to_string(sent) + std::string(2000, 'x');
    r.level = level::info;
    r.text = text;
    (void)out.write(r);
  }
  REQUIRE(out.stats().dropped() != 0);
  std::uint64_t next = 0;
  CHECK(test::wait_until([&] {
    std::uint64_t gaps = 0;
    for (const auto& s : take(live, gaps)) {
      CHECK(s.kept_back == 0);
      CHECK(s.number == next);
      CHECK(s.text == std::to_string(next++) + std::string(2000, 'x'));
    }
    CHECK(gaps == 0);
    return next == sent;
  }));
}
