// What a receiver must do: docs/wire-format.md section 9.
#include <algorithm>
#include <map>
#include <numeric>

#include <mailslog/options.hpp>

#include "datagram_builder.hpp"
#include "listening.hpp"
#include "packing.hpp"
#include "support/catch.hpp"

using namespace mailslog;
using namespace mailslog::test;
using namespace std::chrono_literals;
using lines = std::vector<std::string>;

namespace {

constexpr auto after_us = static_cast<std::uint64_t>(opened_at);
constexpr auto before_us = static_cast<std::uint64_t>(opened_at - 1'000'000'000);

record text(std::string_view t) {
  record r;
  r.text = t;
  return r;
}

/// A sender on our own machine that began after us, unless told otherwise; one call, one datagram.
struct talker {
  std::uint64_t id = 42;
  std::uint64_t started = after_us;
  std::string host = "here";
  std::uint64_t datagrams = 0;
  std::optional<std::uint32_t> age_ms{};  // none: an old sender, that does not say it

  datagram next() { return datagram({our_tag, id, datagrams++}); }
  datagram next_with_sender() {
    auto d = next();
    d.add(wire::sender_frame{started, 4711, host, "app", age_ms});
    return d;
  }
  bytes says(std::uint64_t number, std::string_view t) { return next_with_sender().add(text(t), number).taken(); }
  bytes dropped(std::uint64_t first, std::uint64_t count, wire::drop_reason why = wire::drop_reason::queue_full) {
    return next().add(wire::dropped_frame{why, first, count}).taken();
  }
  bytes progress(std::uint64_t number) { return next_with_sender().add_number(wire::frame_type::progress, number).taken(); }
  bytes goodbye(std::uint64_t number) { return next_with_sender().add_number(wire::frame_type::goodbye, number).taken(); }

  /// One record in datagrams of 128 bytes. `record` must outlive them only until they are made.
  std::vector<bytes> says_long(const record& r, std::uint64_t number) {
    packing how{128, 1000, {started, 4711, host, "app"}, 0};
    wire::packer p(our_tag, id, how.sender, how.limit, how.at_once);
    p.begin(std::unique_ptr<std::uint8_t[]>(new std::uint8_t[p.batch_capacity()]));
    REQUIRE(p.add(r, number, wire::full_content_size(r)));
    auto batch = p.take();
    wire::stamp(batch, how.limit, datagrams, age_ms.value_or(started < after_us ? 1'000'000 : 0));
    datagrams += batch.datagrams;
    std::vector<bytes> out;
    for (std::size_t at = 0; at < batch.size; at += how.limit) {
      out.emplace_back(batch.bytes.get() + at, batch.bytes.get() + std::min(batch.size, at + how.limit));
    }
    return out;
  }
};

}  // namespace

TEST_CASE("records come out as they come in, with their sender", "[inbox]") {
  talker sender;
  listening reader;
  reader.each = [](const event& e) {
    const auto& r = std::get<received_record>(e);
    REQUIRE(r.from != nullptr);
    CHECK(r.from->id == 42);
    CHECK(r.from->host == "here");
    CHECK(r.from->app == "app");
    CHECK(r.from->process == 4711);
  };
  reader.hear(sender.says(0, "a"));
  CHECK(reader.heard() == lines{"0 a"});
  reader.hear(sender.next_with_sender().add(text("b"), 1).add(text("c"), 2).taken());
  CHECK(reader.heard() == lines{"1 b", "2 c"});
  CHECK(reader.stats().delivered == 3);
  CHECK(reader.stats().datagrams == 2);
  CHECK(reader.stats().senders == 1);
  CHECK_FALSE(reader.box().deadline());
}

TEST_CASE("datagrams in any order, repeated too, give the records in theirs", "[inbox]") {
  talker sender;
  const std::vector<bytes> datagrams{sender.says(0, "a"), sender.says(1, "b"), sender.says(2, "c"), sender.says(3, "d")};
  std::vector<std::size_t> order{0, 1, 2, 3};
  do {
    CAPTURE(order);
    listening reader;
    for (const auto i : order) reader.hear(datagrams[i]).hear(datagrams[i]);
    CHECK(reader.heard() == lines{"0 a", "1 b", "2 c", "3 d"});
    for (const auto i : order) reader.hear(datagrams[i]);
    CHECK(reader.wait().heard().empty());
    CHECK(reader.stats().delivered == 4);
    CHECK(reader.stats().repeated == 8);
    CHECK(reader.stats().missing == 0);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("a large record comes whole, in whatever order its datagrams arrive", "[inbox]") {
  talker sender;
  record_maker make(1);
  const auto r = make.plain(260);
  const auto datagrams = sender.says_long(r, 0);
  REQUIRE(datagrams.size() >= 4);
  std::vector<std::size_t> order(datagrams.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  do {
    CAPTURE(order);
    listening reader;
    for (const auto i : order) reader.hear(datagrams[i]).hear(datagrams[i]);
    reader.wait();
    REQUIRE(reader.heard() == lines{"0 " + std::string(r.text)});
    CHECK(reader.stats().delivered == 1);
    CHECK(reader.stats().repeated == datagrams.size());
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("a missing datagram is waited for, then told", "[inbox]") {
  talker sender;
  listening reader;
  reader.hear(sender.says(0, "a"));
  const auto lost = sender.says(1, "b");
  reader.hear(sender.says(2, "c")).hear(sender.says(3, "d"));
  CHECK(reader.heard() == lines{"0 a"});
  REQUIRE(reader.box().deadline());
  CHECK(*reader.box().deadline() == reader.now() + 50ms);
  CHECK(reader.wait(50ms - 1ns).heard().empty());
  CHECK(reader.wait(1ns).heard() == lines{"1-1 lost 1 dropped 0", "2 c", "3 d"});
  CHECK(reader.stats().missing == 1);

  SECTION("and is not shown when it comes after all") {
    CHECK(reader.hear(lost).heard().empty());
    CHECK(reader.stats().late == 1);
    CHECK(reader.stats().repeated == 0);
  }
  SECTION("and what comes next is not held up") {
    CHECK(reader.hear(sender.says(4, "e")).heard() == lines{"4 e"});
    CHECK_FALSE(reader.box().deadline());
  }
}

TEST_CASE("each hole is waited for from when it was seen", "[inbox]") {
  talker sender;
  listening reader;
  reader.hear(sender.says(0, "a"));
  sender.says(1, "lost");
  reader.hear(sender.says(2, "c")).wait(30ms);
  sender.says(3, "lost");
  reader.hear(sender.says(4, "e")).wait(20ms);
  CHECK(reader.heard() == lines{"0 a", "1-1 lost 1 dropped 0", "2 c"});
  CHECK(reader.wait(29ms).heard().empty());
  CHECK(reader.wait(1ms).heard() == lines{"3-3 lost 1 dropped 0", "4 e"});
}

TEST_CASE("what a sender dropped is told apart from what was lost", "[inbox]") {
  talker sender;
  listening reader;
  reader.hear(sender.says(0, "a"));

  SECTION("in front of the next record") {
    reader.hear(sender.next_with_sender().add(wire::dropped_frame{wire::drop_reason::queue_full, 1, 3}).add(text("e"), 4).taken());
    CHECK(reader.heard() == lines{"0 a", "1-3 lost 0 dropped 3", "4 e"});
    CHECK(reader.stats().dropped_queue == 3);
  }
  SECTION("in a datagram of its own") {
    reader.hear(sender.dropped(1, 3, wire::drop_reason::send_failed)).hear(sender.says(4, "e"));
    CHECK(reader.heard() == lines{"0 a", "1-3 lost 0 dropped 3", "4 e"});
    CHECK(reader.stats().dropped_socket == 3);
  }
  SECTION("for several reasons, with something lost as well") {
    reader.hear(sender.dropped(1, 1, wire::drop_reason::too_large)).hear(sender.dropped(3, 2, wire::drop_reason::send_failed));
    reader.hear(sender.says(6, "g"));
    CHECK(reader.heard() == lines{"0 a", "1-5 lost 2 dropped 3", "6 g"});
    CHECK(reader.stats().dropped_too_large == 1);
    CHECK(reader.stats().dropped_socket == 2);
  }
  SECTION("for a reason of a later version") {
    reader.hear(sender.dropped(1, 1, static_cast<wire::drop_reason>(77))).hear(sender.says(2, "c"));
    CHECK(reader.heard() == lines{"0 a", "1-1 lost 0 dropped 1", "2 c"});
    CHECK(reader.stats().dropped_by_sender() == 1);
  }
  SECTION("behind a record of the same datagram") {
    reader.hear(sender.next_with_sender().add(text("e"), 4).add(wire::dropped_frame{wire::drop_reason::queue_full, 1, 3}).taken());
    reader.heard();
    CHECK(reader.stats().delivered == 2);
    CHECK(reader.stats().dropped_queue == 3);
    CHECK(reader.stats().missing == 0);
  }
  SECTION("more often than there were") {
    for (int i = 0; i < 100; ++i) reader.hear(sender.dropped(1, 3));
    reader.hear(sender.dropped(2, UINT64_MAX - 2)).hear(sender.dropped(0, UINT64_MAX)).hear(sender.says(5, "f"));
    CHECK(reader.heard() == lines{"0 a", "1-4 lost 0 dropped 4", "5 f"});
    CHECK(reader.stats().dropped_by_sender() == 4);
  }
  CHECK(reader.stats().malformed == 0);
}

TEST_CASE("progress and goodbye say how far the numbers went", "[inbox]") {
  talker sender;
  listening reader;
  reader.hear(sender.says(0, "a"));
  SECTION("progress") { reader.hear(sender.progress(3)); }
  SECTION("goodbye") { reader.hear(sender.goodbye(3)); }
  SECTION("goodbye, repeated") {
    reader.hear(sender.goodbye(3)).hear(sender.goodbye(3)).hear(sender.goodbye(3));
  }
  CHECK(reader.heard() == lines{"0 a", "1-2 lost 2 dropped 0"});
  CHECK(reader.stats().missing == 2);
}

TEST_CASE("progress to where we are says nothing", "[inbox]") {
  talker sender;
  listening reader;
  reader.hear(sender.says(0, "a")).hear(sender.progress(1)).hear(sender.progress(0)).hear(sender.goodbye(1));
  CHECK(reader.heard() == lines{"0 a"});
  CHECK(reader.stats().missing == 0);
}

TEST_CASE("a sender that began after us is expected from record 0", "[inbox]") {
  talker sender;
  listening reader;
  SECTION("its first datagrams are lost") {
    sender.datagrams = 2;
    reader.hear(sender.says(5, "f")).wait();
    CHECK(reader.heard() == lines{"0-4 lost 5 dropped 0", "5 f"});
  }
  SECTION("all of its records are lost") {
    sender.datagrams = 7;
    reader.hear(sender.goodbye(5)).wait();
    CHECK(reader.heard() == lines{"0-4 lost 5 dropped 0"});
  }
  SECTION("it drops its first records") {
    reader.hear(sender.dropped(0, 5)).hear(sender.says(5, "f")).wait();
    CHECK(reader.heard() == lines{"0-4 lost 0 dropped 5", "5 f"});
  }
}

TEST_CASE("a sender that began before us is taken from its first record that comes", "[inbox]") {
  talker sender;
  sender.started = before_us;
  sender.datagrams = 1000;
  listening reader;
  reader.hear(sender.says(5000, "x"));
  CHECK(reader.wait().heard() == lines{"5000 x"});
  reader.hear(sender.says(5002, "z"));
  CHECK(reader.wait().heard() == lines{"5001-5001 lost 1 dropped 0", "5002 z"});
}

TEST_CASE("a sender on another machine is expected from record 0 if it is younger than our listening, whatever its clock says", "[inbox]") {
  talker sender;
  sender.host = "elsewhere";
  sender.started = GENERATE(before_us, after_us, after_us + 60'000'000'000, std::uint64_t{0}, UINT64_MAX);
  CAPTURE(sender.started);
  listening reader;
  reader.wait(5s);
  SECTION("it is younger") {
    sender.age_ms = 4000;
    sender.datagrams = 3;
    CHECK(reader.hear(sender.says(5, "x")).wait().heard() == lines{"0-4 lost 5 dropped 0", "5 x"});
  }
  SECTION("it is older") {
    sender.age_ms = 6000;
    sender.datagrams = 1000;
    CHECK(reader.hear(sender.says(5000, "x")).wait().heard() == lines{"5000 x"});
  }
  SECTION("it does not say") {
    sender.datagrams = 1000;
    CHECK(reader.hear(sender.says(5000, "x")).wait().heard() == lines{"5000 x"});
  }
}

TEST_CASE("time that a reader's machine sleeps counts, and nothing is given up for it", "[inbox]") {
  talker sender;
  sender.host = "elsewhere";
  listening reader;
  reader.wait(10min).sleep(1h);
  sender.says(0, "lost");
  SECTION("of a sender that began meanwhile, the first are missing") {
    sender.age_ms = 30 * 60 * 1000;
    CHECK(reader.hear(sender.says(1, "b")).wait().heard() == lines{"0-0 lost 1 dropped 0", "1 b"});
  }
  SECTION("of one that is older they are not") {
    sender.age_ms = 80 * 60 * 1000;
    CHECK(reader.hear(sender.says(1, "b")).wait().heard() == lines{"1 b"});
  }
  SECTION("of one on the same machine") {
    sender.host = "here";
    sender.age_ms.reset();
    sender.started = after_us + 30ULL * 60 * 1'000'000'000;
    CHECK(reader.hear(sender.says(1, "b")).wait().heard() == lines{"0-0 lost 1 dropped 0", "1 b"});
  }
  SECTION("what waits for others goes on waiting") {
    talker other;
    other.id = 7;
    reader.hear(other.says(0, "a"));
    const auto overtaken = other.says(1, "b");
    reader.hear(other.says(2, "c")).sleep(1h).hear(overtaken);
    CHECK(reader.wait().heard() == lines{"0 a", "1 b", "2 c"});
  }
}

TEST_CASE("a sender on our machine that began before its clock was put back is not expected from record 0", "[inbox]") {
  talker sender;
  sender.started = after_us + 60'000'000'000;
  sender.age_ms = GENERATE(std::optional<std::uint32_t>{}, std::optional<std::uint32_t>{2000});
  sender.datagrams = 100;
  listening reader;
  reader.wait(10ms);
  CHECK(reader.hear(sender.says(100, "x")).wait().heard() == lines{"100 x"});
}

TEST_CASE("a reader that comes in the middle of a large record begins with the next", "[inbox]") {
  talker sender;
  sender.started = before_us;
  record_maker make(2);
  const auto datagrams = sender.says_long(make.plain(500), 6);
  listening reader;
  for (std::size_t i = 2; i < datagrams.size(); ++i) reader.hear(datagrams[i]);
  reader.hear(sender.says(7, "next"));
  const auto heard = reader.wait().heard();
  REQUIRE_FALSE(heard.empty());
  CHECK(heard.back() == "7 next");
  CHECK(reader.stats().missing == 0);
}

TEST_CASE("a record of which a datagram is lost is shown with its hole", "[inbox]") {
  talker sender;
  listening reader;
  record_maker make(3);
  const auto r = make.plain(500);
  reader.hear(sender.says(0, "a"));
  const auto datagrams = sender.says_long(r, 1);
  const auto lost = GENERATE(std::size_t{0}, std::size_t{1}, std::size_t{3}, std::size_t{100});
  const auto last = std::min(lost, datagrams.size() - 1);
  std::size_t text_came = 0;
  std::size_t text_missing = 0;
  std::uint64_t given = 0;
  reader.each = [&](const event& e) {
    const auto* record = std::get_if<received_record>(&e);
    if (record == nullptr || record->number != 1) return;
    ++given;
    text_came = record->text.size();
    for (const auto& m : record->missing) text_missing += m.length;
    CHECK_FALSE(record->missing.empty());
    CHECK(record->start_missing == (last == 0));
    CHECK(record->from != nullptr);
    if (last != 0) CHECK(record->logger == r.logger);
  };
  for (std::size_t i = 0; i < datagrams.size(); ++i) {
    if (i != last) reader.hear(datagrams[i]);
  }
  reader.hear(sender.says(2, "c")).wait();
  CHECK(given == 1);
  CHECK(text_came + text_missing == r.text.size());
  CHECK(text_came > r.text.size() / 2);
  CHECK(reader.stats().delivered == 2);
  CHECK(reader.stats().incomplete == 1);
  CHECK(reader.stats().missing == 0);
  CHECK(reader.heard().back() == "2 c");
}

TEST_CASE("an unfinished record ends with progress and goodbye", "[inbox]") {
  talker sender;
  listening reader;
  record_maker make(4);
  const auto datagrams = sender.says_long(make.plain(300), 0);
  reader.hear(datagrams[0]);
  CHECK(reader.heard().empty());
  SECTION("progress") { reader.hear(sender.progress(1)); }
  SECTION("goodbye") { reader.hear(sender.goodbye(1)); }
  reader.wait();
  CHECK(reader.stats().incomplete == 1);
  CHECK(reader.stats().missing == 0);
  CHECK(reader.heard().size() == 1);
}

TEST_CASE("fragments that contradict are malformed", "[inbox]") {
  talker sender;
  listening reader;
  wire::fragment_frame f;
  const bytes content = hex("00 00") + bytes(8, 'x');  // thread 0, no logger, text
  f.total = 10;
  f.text_start = 2;
  f.bytes = view(content).part(0, 5);
  reader.hear(sender.next_with_sender().add(f).taken());
  f.offset = 5;
  f.bytes = view(content).part(5, 5);

  auto wrong = f;
  SECTION("of another size") { wrong.total = 11; }
  SECTION("at another time") { wrong.time = 1; }
  SECTION("again") {
    wrong.offset = 0;
    wrong.bytes = view(content).part(0, 5);
  }
  reader.hear(sender.next().add(wrong).taken());
  CHECK(reader.stats().malformed == 1);
  CHECK(reader.heard().empty());
  reader.hear(sender.next().add(f).taken());
  CHECK(reader.heard() == lines{"0 xxxxxxxx"});
}

TEST_CASE("a record whose content makes no sense is malformed and counts as missing", "[inbox]") {
  talker sender;
  listening reader;
  wire::fragment_frame f;
  const bytes content = hex("00 7f 78");  // thread 0, a logger of 127 bytes, one byte
  f.total = f.text_start = 3;
  f.bytes = view(content);
  reader.hear(sender.says(0, "a"));
  f.number = 1;
  reader.hear(sender.next_with_sender().add(f).taken()).hear(sender.says(2, "c"));
  CHECK(reader.wait().heard() == lines{"0 a", "1-1 lost 1 dropped 0", "2 c"});
  CHECK(reader.stats().malformed == 1);
  CHECK(reader.stats().missing == 1);
}

TEST_CASE("nothing of a malformed datagram is used", "[inbox][golden]") {
  for (const auto& bad : golden("malformed")) {
    CAPTURE(bad.name);
    listening reader;
    reader.hear(bad.bytes).wait();
    CHECK(reader.heard().empty());
    CHECK(reader.stats().malformed == 1);
    // Not even its number.
    talker sender;
    sender.id = 0x0123456789abcdef;
    CHECK(reader.hear(sender.says(0, "good")).heard() == lines{"0 good"});
  }
}

TEST_CASE("a datagram cut short within a frame is malformed", "[inbox]") {
  talker sender;
  const auto whole = sender.says(0, "some text");
  const auto sender_end = wire::header_size + 2 + 8 + 2 + 5 + 4;
  for (std::size_t n = wire::header_size + 1; n < whole.size(); ++n) {
    if (n == sender_end) continue;
    CAPTURE(n);
    listening reader;
    reader.hear(bytes(whole.data(), whole.data() + n));
    CHECK(reader.wait().heard().empty());
    CHECK(reader.stats().malformed == 1);
    CHECK(reader.stats().datagrams == 1);
    CHECK(reader.stats().bytes == n);
  }
}

TEST_CASE("datagrams of others are counted by what they are", "[inbox]") {
  listening reader;
  const std::string words = "<34>Oct 11 22:14:15 su: 'su root' failed";
  reader.hear(bytes(words.begin(), words.end()));
  CHECK(reader.heard() == lines{"foreign " + words});
  reader.hear(bytes{});
  reader.heard();
  CHECK(reader.stats().foreign == 2);

  reader.hear(hex("9c6d 02 00 ee22f08a efcdab8967452301 0000000000000000"));
  reader.hear(hex("9c6d 01 01 ee22f08a efcdab8967452301 0000000000000000"));
  CHECK(reader.stats().other_version == 2);
  reader.hear(datagram({our_tag + 1, 42, 0}).add(text("x"), 0).taken());
  CHECK(reader.stats().other_slot == 1);
  CHECK(reader.wait().heard().empty());
  CHECK(reader.stats().senders == 0);
  CHECK(reader.stats().malformed == 0);
}

TEST_CASE("messages of the byte interface are shown as foreign", "[inbox]") {
  talker sender;
  listening reader;
  reader.hear(sender.next().add_message("21.5").taken());
  CHECK(reader.wait().heard() == lines{"foreign 21.5"});
  CHECK(reader.stats().foreign == 1);
}

TEST_CASE("what a later revision may add does not disturb", "[inbox][golden]") {
  listening reader;
  reader.hear(golden("tolerated").at(0).bytes);
  const auto heard = reader.wait().heard();
  REQUIRE_FALSE(heard.empty());
  CHECK(heard.back() == "6 still here");
  CHECK(reader.stats().malformed == 0);
}

TEST_CASE("senders do not disturb each other", "[inbox]") {
  talker one;
  talker two;
  two.id = 43;
  listening reader;
  std::map<std::uint64_t, std::string> by_sender;
  reader.each = [&](const event& e) {
    const auto& r = std::get<received_record>(e);
    by_sender[r.from->id] += r.text;
  };
  record_maker make(5);
  const auto a = make.plain(400);
  const auto b = make.plain(500);
  const auto of_one = one.says_long(a, 0);
  const auto of_two = two.says_long(b, 0);
  for (std::size_t i = 0; i < std::max(of_one.size(), of_two.size()); ++i) {
    if (i < of_one.size()) reader.hear(of_one[i]);
    if (i < of_two.size()) reader.hear(of_two[i]);
  }
  CHECK(by_sender == std::map<std::uint64_t, std::string>{{42, std::string(a.text)}, {43, std::string(b.text)}});

  // One waits for a datagram, the other goes on.
  one.says(1, "lost");
  reader.hear(one.says(2, "after"));
  reader.heard();
  CHECK(reader.hear(two.says(1, "now")).heard() == lines{"1 now"});
}

TEST_CASE("records that were delivered are not delivered again under another datagram number", "[inbox]") {
  talker sender;
  listening reader;
  reader.hear(sender.says(0, "a")).hear(sender.says(1, "b")).hear(sender.says(0, "a")).hear(sender.says(1, "other"));
  reader.hear(sender.says(2, "c"));
  CHECK(reader.heard() == lines{"0 a", "1 b", "2 c"});
}

TEST_CASE("numbers may go up to the last", "[inbox]") {
  talker sender;
  sender.datagrams = UINT64_MAX - 1;
  sender.started = before_us;
  listening reader;
  reader.hear(sender.says(UINT64_MAX - 1, "a")).wait();
  reader.hear(sender.says(UINT64_MAX, "b")).wait();
  CHECK(reader.heard().front() == std::to_string(UINT64_MAX - 1) + " a");
}

TEST_CASE("a sender that was forgotten and comes again is not reported as missing its beginning", "[inbox]") {
  auto config = listening_config();
  config.max_senders = 4;
  listening reader(config);
  talker sender;
  reader.hear(sender.says(0, "a")).hear(sender.says(1, "b")).wait(1ms);
  for (std::uint64_t id = 100; id < 110; ++id) {
    talker other;
    other.id = id;
    reader.hear(other.says(0, "x")).hear(other.says(1, "y"));
  }
  reader.heard();
  CHECK(reader.hear(sender.says(2, "c")).wait().heard() == lines{"2 c"});
  CHECK(reader.stats().missing == 0);
}

TEST_CASE("what is replayed of a sender is shown again only after the sender was forgotten, and nothing else is made of it", "[inbox]") {
  auto config = listening_config();
  config.max_senders = 4;
  listening reader(config);
  talker sender;
  const std::vector<bytes> sent{sender.says(0, "a"), sender.says(1, "b"), sender.says(2, "c")};
  reader.hear(sent).wait();
  reader.heard();
  CHECK(reader.hear(sent).wait().heard().empty());
  CHECK(reader.stats().repeated == 3);

  reader.wait(1ms);
  for (std::uint64_t id = 100; id < 110; ++id) {
    talker other;
    other.id = id;
    reader.hear(other.says(0, "x")).hear(other.says(1, "y"));
  }
  reader.heard();
  CHECK(reader.hear(sent[1]).wait().heard() == lines{"1 b"});
  CHECK(reader.hear(sent[1]).wait().heard().empty());
  CHECK(reader.hear(sender.says(3, "d")).wait().heard() == lines{"2-2 lost 1 dropped 0", "3 d"});
  CHECK(reader.stats().missing == 1);
}

TEST_CASE("a sender that is forgotten before its goodbye is counted, since nobody will know what it loses", "[inbox][strangers]") {
  auto config = listening_config();
  config.max_senders = 4;
  listening reader(config);
  std::uint64_t id = 100;
  const auto crowd_out = [&] {
    for (int i = 0; i < 8; ++i) {
      talker stranger;
      stranger.id = id++;
      reader.hear(stranger.says(0, "x")).hear(stranger.goodbye(1));
    }
    reader.wait();
  };
  crowd_out();
  REQUIRE(reader.stats().evicted == 0);
  talker sender;
  reader.hear(sender.says(0, "a")).hear(sender.says(1, "b"));
  SECTION("one that goes on") {
    crowd_out();
    CHECK(reader.stats().evicted == 1);
  }
  SECTION("one that has ended") {
    reader.hear(sender.goodbye(2));
    crowd_out();
    CHECK(reader.stats().evicted == 0);
  }
  SECTION("one that has said goodbye, and goes on all the same") {
    reader.hear(sender.goodbye(2)).hear(sender.says(2, "c"));
    crowd_out();
    CHECK(reader.stats().evicted == 1);
  }
}

TEST_CASE("strangers who come once do not make a reader forget who comes again", "[inbox]") {
  auto config = listening_config();
  config.max_senders = 8;
  listening reader(config);
  talker sender;
  reader.hear(sender.says(0, "a")).hear(sender.says(1, "b"));
  for (std::uint64_t id = 100; id < 1100; ++id) {
    talker stranger;
    stranger.id = id;
    reader.hear(stranger.says(0, "x"));
  }
  reader.heard();
  sender.says(2, "lost");
  CHECK(reader.hear(sender.says(3, "d")).wait().heard() == lines{"2-2 lost 1 dropped 0", "3 d"});
}

TEST_CASE("senders that are long gone do not keep new ones out", "[inbox]") {
  auto config = listening_config();
  config.max_senders = 8;
  listening reader(config);
  for (std::uint64_t id = 100; id < 120; ++id) {
    talker gone;
    gone.id = id;
    reader.hear(gone.says(0, "x")).hear(gone.says(1, "y"));
  }
  std::vector<talker> senders(4);
  for (auto& s : senders) {
    s.id = 1 + static_cast<std::uint64_t>(&s - senders.data());
    reader.hear(s.says(0, "a"));
  }
  reader.heard();
  for (auto& s : senders) {
    s.says(1, "lost");
    CHECK(reader.hear(s.says(2, "c")).wait().heard() == lines{"1-1 lost 1 dropped 0", "2 c"});
  }
}

TEST_CASE("senders that hold much are forgotten, not the one beside them that holds little", "[inbox]") {
  auto config = listening_config();
  config.max_memory = 256 * 1024;
  listening reader(config);
  talker sender;
  reader.hear(sender.says(0, "a"));
  const std::string text(1200, 't');
  for (std::uint64_t n = 0; n < 1000; ++n) {
    for (std::uint64_t id = 100; id < 120; ++id) {
      talker other;
      other.id = id;
      other.datagrams = 1 + 2 * n;
      reader.hear(other.says(1 + 2 * n, text));
    }
  }
  CHECK(reader.stats().evicted > 0);
  reader.heard();
  sender.says(1, "lost");
  const auto heard = reader.hear(sender.says(2, "c")).wait().heard();
  CHECK(std::count(heard.begin(), heard.end(), "1-1 lost 1 dropped 0") == 1);
  CHECK(std::count(heard.begin(), heard.end(), "2 c") == 1);
}

TEST_CASE("every record is delivered, missing or dropped, exactly", "[inbox][property]") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    record_maker chance(seed);
    std::map<std::uint64_t, std::string> written;
    std::uint64_t next = 0;
    std::uint64_t told_dropped = 0;

    // A run of a sender, some of its records dropped by itself.
    pack packed({128 + chance.below(400), 1 + chance.below(5), {after_us, 4711, "here", "app"}, 0});
    for (int i = 0; i < 100; ++i) {
      if (chance.below(20) == 0) {
        const auto n = 1 + chance.below(5);
        packed.add(wire::dropped_frame{static_cast<wire::drop_reason>(chance.below(3)), next, n});
        told_dropped += n;
        next += n;
      }
      const auto r = chance.any(chance.below(10) == 0 ? 1000 : 40);
      written[next++] = describe(r);
      packed.add(r);
    }
    packed.add_number(wire::frame_type::progress);
    packed.add_number(wire::frame_type::goodbye);
    const auto datagrams = packed.datagrams();

    // A network that loses, repeats and reorders, each less than 50 ms late; only the last datagram is certain.
    const auto loss = chance.below(3) == 0 ? 0 : 1 + chance.below(20);
    std::multimap<std::int64_t, const bytes*> arrivals;  // by time in ms
    for (std::size_t i = 0; i < datagrams.size(); ++i) {
      const auto sent = static_cast<std::int64_t>(i);
      const bool last = i + 1 == datagrams.size();
      if (!last && chance.below(100) < loss) continue;
      arrivals.emplace(sent + static_cast<std::int64_t>(last ? 49 : chance.below(30)), &datagrams[i]);
      if (chance.below(10) == 0) arrivals.emplace(sent + static_cast<std::int64_t>(chance.below(200)), &datagrams[i]);
    }

    listening reader;
    std::uint64_t expected = 0;
    std::uint64_t delivered = 0;
    std::uint64_t lost = 0;
    std::uint64_t dropped = 0;
    reader.each = [&](const event& e) {
      if (const auto* g = std::get_if<gap>(&e)) {
        REQUIRE(g->first == expected);
        REQUIRE(g->last >= g->first);
        REQUIRE(g->lost + g->dropped == g->last - g->first + 1);
        expected = g->last + 1;
        lost += g->lost;
        dropped += g->dropped;
        return;
      }
      const auto& r = std::get<received_record>(e);
      REQUIRE(r.number == expected);
      ++expected;
      ++delivered;
      REQUIRE(written.count(r.number) == 1);
      if (r.missing.empty()) {
        REQUIRE(describe(r) == written[r.number]);
      } else {
        REQUIRE(loss != 0);
      }
    };
    std::int64_t at = 0;
    for (const auto& [time, d] : arrivals) {
      reader.wait(std::chrono::milliseconds(time - at));
      at = time;
      reader.hear(*d);
    }
    reader.wait();

    REQUIRE(expected == next);
    REQUIRE(delivered + lost + dropped == next);
    const auto& stats = reader.stats();
    CHECK(stats.delivered + stats.incomplete == delivered);
    CHECK(stats.missing == lost);
    CHECK(stats.dropped_by_sender() == dropped);
    CHECK(dropped <= told_dropped);
    CHECK(stats.malformed == 0);
    CHECK(stats.evicted == 0);
    if (loss == 0) {
      REQUIRE(stats.delivered == written.size());
      CHECK(lost == 0);
      CHECK(dropped == told_dropped);
    }
    CHECK(stats.repeated + stats.late + datagrams.size() >= arrivals.size());
  }
}

// ---- 3 2 1 0, and what never ends

TEST_CASE("a sender's first datagrams may come in any order, whatever their numbers and whether it says its name", "[inbox]") {
  talker sender;
  sender.started = before_us;
  sender.datagrams = GENERATE(std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1000});
  const bool says_name = GENERATE(false, true);
  std::vector<bytes> datagrams;
  for (std::uint64_t n = 0; n < 4; ++n) {
    datagrams.push_back((says_name ? sender.next_with_sender() : sender.next()).add(text(std::to_string(n)), n).taken());
  }
  std::vector<std::size_t> order{0, 1, 2, 3};
  do {
    CAPTURE(order);
    listening reader;
    for (const auto i : order) reader.hear(datagrams[i]).wait(10ms);
    CHECK(reader.wait().heard() == lines{"0 0", "1 1", "2 2", "3 3"});
    CHECK(reader.stats().repeated == 0);
    CHECK(reader.stats().missing == 0);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("where nothing overtakes, nobody waits", "[inbox]") {
  auto config = listening_config();
  config.reorder_wait = 0ns;
  listening reader(config);
  talker sender;
  sender.started = before_us;
  sender.datagrams = 17;
  CHECK(reader.hear(sender.says(5, "a")).heard() == lines{"5 a"});
  sender.says(6, "lost");
  CHECK(reader.hear(sender.says(7, "c")).heard() == lines{"6-6 lost 1 dropped 0", "7 c"});
}

TEST_CASE("an unfinished record is shown when no piece comes for a while, and at the end", "[inbox]") {
  talker sender;
  listening reader;
  record_maker make(7);
  const auto r = make.plain(400);
  const auto datagrams = sender.says_long(r, 0);
  REQUIRE(datagrams.size() >= 4);
  reader.hear(datagrams[0]).wait(1500ms).hear(datagrams[1]).wait(1500ms);
  CHECK(reader.heard().empty());
  SECTION("after a while") {
    REQUIRE(reader.box().deadline());
    reader.wait();
  }
  SECTION("at the end") {
    reader.box().end();
    reader.wait(0ns);
  }
  CHECK(reader.heard().size() == 1);
  CHECK(reader.stats().incomplete == 1);
  CHECK(reader.stats().missing == 0);
  CHECK_FALSE(reader.box().deadline());
  // What comes after all belongs to what was shown.
  reader.hear(datagrams[2]).hear(datagrams[3]).wait();
  CHECK(reader.heard().empty());
}

TEST_CASE("what a sender dropped is told though no record follows, after a while and at the end", "[inbox]") {
  talker sender;
  listening reader;
  reader.hear(sender.says(0, "a")).hear(sender.dropped(1, 3));
  CHECK(reader.wait(1s).heard() == lines{"0 a"});
  SECTION("after a while") { reader.wait(); }
  SECTION("at the end") {
    reader.box().end();
    reader.wait(0ns);
  }
  CHECK(reader.heard() == lines{"1-3 lost 0 dropped 3"});
  CHECK(reader.stats().dropped_queue == 3);
  CHECK_FALSE(reader.box().deadline());
  CHECK(reader.hear(sender.says(4, "e")).heard() == lines{"4 e"});
}

TEST_CASE("what a sender dropped is told though nothing else of it ever came", "[inbox]") {
  talker sender;
  sender.started = before_us;
  listening reader;
  reader.hear(sender.dropped(7, 2));
  CHECK(reader.wait().heard() == lines{"7-8 lost 0 dropped 2"});
}

TEST_CASE("what waits for a hole is given up at the end, and what is behind it shown", "[inbox]") {
  talker sender;
  listening reader;
  reader.hear(sender.says(0, "a"));
  sender.says(1, "lost");
  reader.hear(sender.says(2, "c"));
  reader.box().end();
  CHECK(reader.wait(0ns).heard() == lines{"0 a", "1-1 lost 1 dropped 0", "2 c"});
}

// ---- one stranger

namespace {

/// What somebody forges who knows a sender's id and where it is.
enum class forgery { datagram, progress, goodbye, record, fragment, all_numbers };

bytes forged(forgery what, const talker& of, std::uint64_t far) {
  datagram d({our_tag, of.id, what == forgery::datagram || what == forgery::all_numbers ? far : of.datagrams});
  switch (what) {
    case forgery::datagram: d.add_number(wire::frame_type::progress, 1); break;
    case forgery::progress: d.add_number(wire::frame_type::progress, far); break;
    case forgery::goodbye: d.add_number(wire::frame_type::goodbye, far); break;
    case forgery::all_numbers:
    case forgery::record: d.add(text("forged"), far); break;
    case forgery::fragment: {
      static const bytes piece(3, 'x');
      wire::fragment_frame f;
      f.number = far;
      f.total = 100;
      f.bytes = view(piece);
      d.add(f);
      break;
    }
  }
  return d.taken();
}

}  // namespace

TEST_CASE("one forged datagram with a far number mutes nobody, and is counted", "[inbox][strangers]") {
  const auto what = GENERATE(forgery::datagram, forgery::progress, forgery::goodbye, forgery::record, forgery::fragment, forgery::all_numbers);
  const auto far = GENERATE(std::uint64_t{10'000}, std::uint64_t{1} << 40, std::uint64_t{1} << 62, UINT64_MAX - 1);
  const auto wait = GENERATE(0ns, 50ms);
  const auto pause = GENERATE(0ns, 100ms);
  CAPTURE(static_cast<int>(what), far);
  auto config = listening_config();
  config.reorder_wait = wait;
  listening reader(config);
  talker sender;
  reader.hear(sender.says(0, "a")).hear(forged(what, sender, far)).wait(pause);
  if (what != forgery::datagram && what != forgery::all_numbers) ++sender.datagrams;  // the one with that number is not the sender's any more
  lines expected{"0 a"};
  for (std::uint64_t n = 1; n <= 20; ++n) {
    reader.hear(sender.says(n, "b"));
    expected.push_back(std::to_string(n) + " b");
  }
  reader.wait();
  CHECK(reader.heard() == expected);
  CHECK(reader.stats().unconfirmed == 1);
  CHECK(reader.stats().missing == 0);
  CHECK_FALSE(reader.box().deadline());
}

TEST_CASE("a forged datagram that was believed while its sender was silent is taken back when that goes on", "[inbox][strangers]") {
  const auto what = GENERATE(forgery::datagram, forgery::progress, forgery::goodbye, forgery::record, forgery::fragment, forgery::all_numbers);
  const auto far = GENERATE(std::uint64_t{3'000}, std::uint64_t{10'000}, std::uint64_t{1} << 62, UINT64_MAX - 1);
  const auto wait = GENERATE(0ns, 50ms);
  const auto in_order = GENERATE(true, false);
  CAPTURE(static_cast<int>(what), far);
  auto config = listening_config();
  config.reorder_wait = wait;
  listening reader(config);
  talker sender;
  reader.hear(sender.says(0, "a")).hear(forged(what, sender, far)).wait(10s).heard();
  CHECK_FALSE(reader.box().deadline());
  if (what != forgery::datagram && what != forgery::all_numbers) ++sender.datagrams;
  std::vector<bytes> rest;
  lines expected;
  for (std::uint64_t n = 1; n <= 20; ++n) {
    rest.push_back(sender.says(n, "b"));
    expected.push_back(std::to_string(n) + " b");
  }
  if (!in_order && wait != 0ns) std::swap(rest[0], rest[1]);
  CHECK(reader.hear(rest).wait().heard() == expected);
  CHECK(reader.stats().unconfirmed == 1);
  CHECK(reader.stats().missing == 0);
  CHECK(reader.hear(rest).wait().heard().empty());
  sender.says(21, "lost");
  CHECK(reader.hear(sender.says(22, "c")).wait().heard() == lines{"21-21 lost 1 dropped 0", "22 c"});
  CHECK(reader.stats().missing == 1);
}

TEST_CASE("a forged datagram with its sender's next number replaces the real one, and that is told", "[inbox][strangers]") {
  talker sender;
  listening reader;
  reader.hear(sender.says(0, "a"));
  reader.hear(datagram({our_tag, sender.id, sender.datagrams}).add_message("forged").taken());
  reader.hear(sender.says(1, "b")).hear(sender.says(2, "c"));
  CHECK(reader.wait().heard() == lines{"0 a", "foreign forged", "1-1 lost 1 dropped 0", "2 c"});
  CHECK(reader.stats().repeated == 1);
  CHECK(reader.stats().missing == 1);
}

TEST_CASE("one forged datagram that comes first mutes nobody", "[inbox][strangers]") {
  const auto far = GENERATE(std::uint64_t{3}, std::uint64_t{3'000}, std::uint64_t{1} << 62);
  const auto number = GENERATE(std::uint64_t{0}, std::uint64_t{5}, std::uint64_t{1} << 62);
  const auto what = GENERATE(forgery::progress, forgery::record, forgery::fragment);
  CAPTURE(far, number, static_cast<int>(what));
  talker sender;
  sender.started = before_us;
  listening reader;
  sender.datagrams = number;
  const auto first = forged(what, sender, far);
  sender.datagrams = 7;
  reader.hear(first).wait(10s).heard();
  for (std::uint64_t n = 0; n < 5; ++n) reader.hear(sender.says(n, "b"));
  const auto heard = reader.wait().heard();
  for (const auto* line : {"0 b", "1 b", "2 b", "3 b", "4 b"}) CHECK(std::count(heard.begin(), heard.end(), line) == 1);
  CHECK(reader.stats().missing == 0);
}

TEST_CASE("a sender that a reader did not hear for long is heard again, and its losses told, though its datagrams come seldom", "[inbox]") {
  const auto pause = GENERATE(10ms, 900ms, 5s);
  const auto wait = GENERATE(0ns, 50ms);
  CAPTURE(pause.count(), wait.count());
  auto config = listening_config();
  config.reorder_wait = wait;
  listening reader(config);
  talker sender;
  reader.hear(sender.says(0, "a"));
  const auto lost = GENERATE(std::uint64_t{65}, std::uint64_t{4'095}, std::uint64_t{4'097}, std::uint64_t{1'000'000});
  sender.datagrams += lost;
  lines expected{"0 a", "1-" + std::to_string(lost) + " lost " + std::to_string(lost) + " dropped 0"};
  for (auto n = lost + 1; n < lost + 5; ++n) {
    reader.hear(sender.says(n, "b")).wait(pause);
    expected.push_back(std::to_string(n) + " b");
  }
  CHECK(reader.wait().heard() == expected);
  CHECK(reader.stats().missing == lost);
  CHECK(reader.stats().unconfirmed == 0);
}

TEST_CASE("one far datagram is believed when nothing contradicts it, after a second or at the end", "[inbox]") {
  const bool ends = GENERATE(false, true);
  talker sender;
  listening reader;
  reader.hear(sender.says(0, "a"));
  std::string lost = "1-9999 lost 9999 dropped 0";
  SECTION("a record") {
    sender.datagrams = 10'000;
    reader.hear(sender.says(10'000, "b"));
  }
  SECTION("progress") {
    sender.datagrams = 10'000;
    reader.hear(sender.progress(10'000));
  }
  SECTION("a goodbye with the next number") { reader.hear(sender.goodbye(10'000)); }
  SECTION("word of what was dropped") {
    reader.hear(sender.dropped(1, 9'999));
    lost = "1-9999 lost 0 dropped 9999";
  }
  if (ends) {
    reader.box().end();
    reader.wait(0ns);
  } else {
    reader.wait();
  }
  auto heard = reader.heard();
  REQUIRE(heard.size() >= 2);
  CHECK(heard[1] == lost);
  CHECK(reader.stats().missing + reader.stats().dropped_by_sender() == 9'999);
  CHECK(reader.stats().unconfirmed == 0);
}

TEST_CASE("what a sender dropped is told however much it is, though nothing else of it ever came", "[inbox]") {
  talker sender;
  listening reader;
  SECTION("at once") { reader.hear(sender.dropped(0, 5'000)); }
  SECTION("said in parts") { reader.hear(sender.dropped(0, 2'500)).hear(sender.dropped(2'500, 2'500, wire::drop_reason::send_failed)); }
  CHECK(reader.wait().heard() == lines{"0-4999 lost 0 dropped 5000"});
}

TEST_CASE("forged word of very many dropped records is not told while the sender goes on", "[inbox][strangers]") {
  talker sender;
  listening reader;
  reader.hear(sender.says(0, "a")).hear(sender.dropped(1, std::uint64_t{1} << 60)).hear(sender.says(1, "b"));
  CHECK(reader.wait().heard() == lines{"0 a", "1 b"});
  CHECK(reader.stats().dropped_by_sender() == 0);
}

TEST_CASE("a datagram that had to wait is judged by when and whence it came itself", "[inbox]") {
  talker sender;
  listening reader;
  SECTION("whether its sender began after us") {
    reader.wait(20ms);
    sender.started = after_us + 1'000'000;
    sender.says(0, "lost");
    reader.hear(sender.says(1, "b")).wait(40ms);
    talker other;
    other.id = 7;
    CHECK(reader.hear(other.says(0, "x")).heard() == lines{"0 x"});
    CHECK(reader.wait().heard() == lines{"0-0 lost 1 dropped 0", "1 b"});
  }
  SECTION("the time that is shown") {
    reader.hear(sender.says(0, "a"));
    sender.says(1, "lost");
    reader.hear(sender.next().add_message("words").taken());
    std::vector<timestamp> times;
    reader.each = [&](const event& e) {
      if (const auto* f = std::get_if<foreign_message>(&e)) times.push_back(f->time);
    };
    reader.wait(20ms);
    talker other;
    other.id = 7;
    reader.hear(other.says(0, "x")).wait();
    CHECK(times == std::vector<timestamp>{timestamp(std::chrono::nanoseconds(opened_at))});
  }
}

TEST_CASE("a jump that a second datagram confirms is believed, and nothing of the first is lost", "[inbox][strangers]") {
  talker sender;
  listening reader;
  reader.hear(sender.says(0, "a"));
  SECTION("of datagrams, many of which were lost") {
    sender.datagrams = 1000;
    reader.hear(sender.says(1000, "b")).hear(sender.says(1001, "c"));
    CHECK(reader.wait().heard() == lines{"0 a", "1-999 lost 999 dropped 0", "1000 b", "1001 c"});
  }
  SECTION("of records, by a record") {
    reader.hear(sender.next_with_sender().add(text("b"), 1'000'000).add(text("c"), 1'000'001).taken());
    CHECK(reader.wait(10ms).heard() == lines{"0 a"});
    reader.hear(sender.next_with_sender().add(text("d"), 1'000'002).add(text("e"), 1'000'003).taken());
    CHECK(reader.heard() == lines{"1-999999 lost 999999 dropped 0", "1000000 b", "1000001 c", "1000002 d", "1000003 e"});
    CHECK(reader.hear(sender.says(1'000'004, "f")).heard() == lines{"1000004 f"});
  }
  SECTION("of records, by goodbyes") {
    reader.hear(sender.goodbye(1'000'000)).hear(sender.goodbye(1'000'000));
    CHECK(reader.heard() == lines{"0 a", "1-999999 lost 999999 dropped 0"});
  }
  SECTION("of records, by word of what was dropped") {
    reader.hear(sender.dropped(1, 999'999)).hear(sender.says(1'000'000, "b"));
    CHECK(reader.heard() == lines{"0 a", "1-999999 lost 0 dropped 999999", "1000000 b"});
  }
  SECTION("of records, by fragments") {
    record_maker make(8);
    const auto r = make.plain(300);
    for (const auto& d : sender.says_long(r, 1'000'000)) reader.hear(d);
    CHECK(reader.heard() == lines{"0 a", "1-999999 lost 999999 dropped 0", "1000000 " + std::string(r.text)});
  }
  CHECK(reader.stats().unconfirmed == 0);
  CHECK(reader.stats().repeated == 0);
}

TEST_CASE("where no stranger can post, one datagram's word of any number of dropped records is believed at once", "[inbox]") {
  auto config = listening_config();
  config.reorder_wait = 0ns;
  config.strangers = false;
  listening reader(config);
  talker sender;
  reader.hear(sender.says(0, "a"));
  auto d = sender.next();
  d.add(wire::dropped_frame{wire::drop_reason::queue_full, 1, 40'000});
  CHECK(reader.hear(d.add(text("b"), 40'001).taken()).heard() == lines{"0 a", "1-40000 lost 0 dropped 40000", "40001 b"});
}

TEST_CASE("forged datagrams that do not confirm one another are all thrown away", "[inbox][strangers]") {
  talker sender;
  listening reader;
  reader.hear(sender.says(0, "a"));
  for (std::uint64_t n = 1; n <= 10; ++n) reader.hear(datagram({our_tag, sender.id, n << 40}).add_number(wire::frame_type::progress, n << 40).taken());
  CHECK(reader.hear(sender.says(1, "b")).wait().heard() == lines{"0 a", "1 b"});
  CHECK(reader.stats().unconfirmed == 10);
}

TEST_CASE("what was given up for want of memory is shown or told, once", "[inbox]") {
  auto config = listening_config();
  config.max_memory = 256 * 1024;
  listening reader(config);
  const std::string long_text(4000, 't');
  std::uint64_t shown = 0;
  std::uint64_t told = 0;
  reader.each = [&](const event& e) {
    if (const auto* g = std::get_if<gap>(&e)) told += g->last - g->first + 1;
    if (std::get_if<received_record>(&e) != nullptr) ++shown;
  };
  std::vector<talker> senders(20);
  std::uint64_t posted = 0;
  for (auto& s : senders) s.id = 1 + static_cast<std::uint64_t>(&s - senders.data());
  for (std::uint64_t n = 0; n < 50; ++n) {
    for (auto& s : senders) {
      const auto d = s.says(n, long_text);
      ++posted;
      if (n % 5 != 3) reader.hear(d);
    }
  }
  reader.wait();
  CHECK(reader.stats().evicted > 0);
  CHECK(shown + told == posted);
  CHECK(reader.stats().delivered + reader.stats().incomplete == shown);
  CHECK(reader.stats().missing == told);
  CHECK(told == 20 * 10);
}

TEST_CASE("a contradicting fragment is malformed, and what else is in its datagram is not", "[inbox]") {
  talker sender;
  listening reader;
  record_maker make(9);
  const auto datagrams = sender.says_long(make.plain(300), 0);
  reader.hear(datagrams[0]);
  wire::fragment_frame wrong;
  wrong.total = 7;
  const bytes piece(3, 'x');
  wrong.bytes = view(piece);
  reader.hear(sender.next_with_sender().add(wrong).add(text("b"), 1).taken());
  sender.datagrams = 20;
  reader.wait();
  CHECK(reader.stats().malformed == 1);
  CHECK(reader.stats().delivered == 1);
  CHECK(reader.stats().incomplete == 1);
}

TEST_CASE("a goodbye says how far the numbers went, and a record may follow", "[inbox]") {
  talker sender;
  listening reader;
  reader.hear(sender.says(0, "a")).hear(sender.goodbye(1)).hear(sender.says(1, "b"));
  CHECK(reader.heard() == lines{"0 a", "1 b"});
}

TEST_CASE("two fragments of a record may share a datagram, and need no word of the sender", "[inbox]") {
  listening reader;
  wire::fragment_frame f;
  const bytes content = hex("00 00") + bytes(8, 'x');
  f.total = 10;
  f.text_start = 2;
  f.bytes = view(content).part(0, 5);
  auto last = f;
  last.offset = 5;
  last.bytes = view(content).part(5, 5);
  reader.hear(datagram({our_tag, 9, 0}).add(f).add(last).taken());
  CHECK(reader.heard() == lines{"0 xxxxxxxx"});
}

TEST_CASE("a record of the largest size comes whole to a reader with the usual memory, though it comes out of order", "[inbox]") {
  auto config = listening_config();
  config.max_memory = reader_memory_share(slot_options{}.max_memory);
  listening reader(config);
  talker sender;
  record r;
  const std::string big(max_record_size - 2, 'b');
  r.text = big;
  REQUIRE(wire::full_content_size(r).total == max_record_size);
  bool whole = false;
  reader.each = [&](const event& e) {
    const auto* got = std::get_if<received_record>(&e);
    whole = got != nullptr && got->missing.empty() && got->text == big;
  };
  const bool backwards_in_pairs = GENERATE(false, true);
  pack packed({1400, 64, {after_us, 4711, "here", "app"}, 0});
  auto datagrams = packed.add(r).datagrams();
  if (backwards_in_pairs) {
    for (std::size_t i = 2; i + 1 < datagrams.size(); i += 2) std::swap(datagrams[i], datagrams[i + 1]);
  }
  for (const auto& d : datagrams) reader.hear(d);
  CHECK(whole);
  CHECK(reader.stats().evicted == 0);
  CHECK(reader.stats().delivered == 1);
}

TEST_CASE("who has ended sends no more: what waits for a missing datagram is given before the end is told", "[inbox]") {
  talker sender;
  listening reader;
  reader.hear(sender.says(0, "a"));
  (void)sender.says(1, "lost");
  reader.hear(sender.says(2, "c")).hear(sender.says(3, "d"));
  CHECK(reader.heard() == lines{"0 a"});
  sender_info who;
  who.id = sender.id;
  const bool well = GENERATE(false, true);
  reader.box().finish(who, 5, well, true);
  reader.wait(0ns);
  CHECK(reader.heard() == lines{"1-1 lost 1 dropped 0", "2 c", "3 d", "4-4 lost 1 dropped 0", well ? "ended well 5" : "crashed 5"});
  CHECK(reader.stats().late == 0);
  CHECK(reader.stats().missing == 2);
}
