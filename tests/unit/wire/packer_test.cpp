// Packing many records into a datagram, and cutting a large one into many.
#include <algorithm>

#include "packing.hpp"
#include "support/catch.hpp"

using namespace mailslog;
using namespace mailslog::test;

namespace {

constexpr std::size_t min_limit = 128;
constexpr std::size_t max_limit = 65507;

std::size_t total_size(const std::vector<bytes>& datagrams) {
  std::size_t n = 0;
  for (const auto& d : datagrams) n += d.size();
  return n;
}

/// Packs, unpacks and says what is wrong: nothing, if all is well.
std::string trouble_with(const std::vector<record>& records, const packing& how, std::uint64_t first = 0) {
  pack packed(how, first);
  for (const auto& r : records) packed.add(r);
  const auto datagrams = packed.datagrams();
  for (std::size_t i = 0; i < datagrams.size(); ++i) {
    if (datagrams[i].size() > how.limit) return "a datagram is too large";
    const auto d = parse(view(datagrams[i]));
    if (!d) return "a datagram is malformed";
    if (d->header.number != i) return "a datagram's number is wrong";
  }
  const auto got = unpack(datagrams);
  if (!got.good) return "the pieces do not fit";
  if (got.records.size() != records.size()) return "there are more or fewer records";
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (got.records[i].first != first + i) return "a record's number is wrong";
    if (got.records[i].second != describe(records[i])) return "a record is not the same";
  }
  return "";
}

}  // namespace

TEST_CASE("a record of any size comes back the same at a small limit", "[wire][packer][property]") {
  record_maker make(1);
  for (const std::size_t limit : {min_limit, std::size_t{424}}) {
    for (std::size_t size = 0; size < 4 * limit; ++size) {
      CAPTURE(limit, size);
      REQUIRE(trouble_with({make.plain(size)}, {limit}) == "");
    }
  }
}

TEST_CASE("records come back the same at any limit", "[wire][packer][property]") {
  record_maker make(2);
  const auto large = make.any(400);
  std::vector<record> records;
  for (int i = 0; i < 12; ++i) records.push_back(make.any(i % 3 == 0 ? 300 : 30));
  records.push_back(make.plain(5000));
  for (std::size_t limit = min_limit; limit <= 2000; ++limit) {
    CAPTURE(limit);
    REQUIRE(trouble_with(records, {limit, 1 + limit % 5}) == "");
  }
  records.push_back(make.plain(200'000));
  std::vector<std::size_t> limits{max_limit, max_limit - 1, 16383, 16384, 16385, 32768};
  for (int i = 0; i < 100; ++i) limits.push_back(2000 + make.below(max_limit - 2000));
  for (const auto limit : limits) {
    CAPTURE(limit);
    REQUIRE(trouble_with(records, {limit, 1 + limit % 5}) == "");
  }
}

TEST_CASE("a record that is just larger than some datagrams comes back the same", "[wire][packer][property]") {
  record_maker make(3);
  for (const std::size_t limit : {std::size_t{1400}, std::size_t{16384}, max_limit}) {
    for (std::size_t datagrams = 1; datagrams <= 3; ++datagrams) {
      for (std::size_t size = datagrams * (limit - 60) - 60; size < datagrams * limit + 10; ++size) {
        if (limit > 2000 && size % 7 != 0) continue;
        CAPTURE(limit, size);
        REQUIRE(trouble_with({make.plain(size)}, {limit, 2}) == "");
      }
    }
  }
}

TEST_CASE("a record of the largest size comes back the same", "[wire][packer]") {
  record_maker make(4);
  auto r = make.plain(0);
  r.text = make.text(max_record_size - wire::full_content_size(r).before_text);
  REQUIRE(wire::full_content_size(r).total == max_record_size);
  CHECK(trouble_with({r, make.plain(10)}, {32768, 16}) == "");
  CHECK(trouble_with({r}, {1400, 40}) == "");
}

TEST_CASE("a record may be cut anywhere in its fields", "[wire][packer][property]") {
  record_maker make(5);
  for (int i = 0; i < 300; ++i) {
    CAPTURE(i);
    const auto limit = min_limit + make.below(300);
    REQUIRE(trouble_with({make.any(200), make.any(200), make.any(20)}, {limit, 1 + make.below(4)}, make.number()) == "");
  }
}

TEST_CASE("long numbers and names fit the smallest datagram", "[wire][packer]") {
  const std::string name(300, 'n');
  packing how{min_limit, 3, {UINT64_MAX, UINT64_MAX, name, name}};
  record_maker make(6);
  for (std::size_t size = 0; size < 300; ++size) {
    CAPTURE(size);
    REQUIRE(trouble_with({make.plain(size), make.plain(size)}, how, UINT64_MAX - 2) == "");
  }
}

TEST_CASE("the smallest datagram has room for a key id, a salt and a tag besides", "[wire][packer]") {
  constexpr std::size_t seal = 4 + 16 + 16;
  const std::string name(300, 'n');
  record_maker make(20);
  for (const bool checked : {false, true}) {
    packing how{min_limit - seal, 3, {UINT64_MAX, UINT32_MAX, name, name}};
    how.checked = checked;
    for (std::size_t size = 0; size < 300; ++size) {
      CAPTURE(size);
      REQUIRE(trouble_with({make.plain(size), make.plain(size)}, how, UINT64_MAX - 2) == "");
    }
  }
}

TEST_CASE("names that leave no room for records are cut", "[wire][packer]") {
  const std::string name(300, 'n');
  record_maker make(7);
  for (const std::size_t limit : {min_limit, std::size_t{424}, std::size_t{1400}, std::size_t{4000}}) {
    CAPTURE(limit);
    const auto datagrams = pack({limit, 1, {1, 4711, name, "app"}}).add(make.plain(5)).datagrams();
    const auto d = parse(view(datagrams.at(0)));
    REQUIRE(d);
    REQUIRE(d->senders.size() == 1);
    const auto& sender = d->senders[0];
    CHECK(name.substr(0, sender.host.size()) == sender.host);
    CHECK(sender.app == "app");
    CHECK((sender.host.size() == name.size()) == (limit >= 4 * (1 + 2 + 8 + 2 + 2 + name.size() + 4 + 4)));
    CHECK(sender.host.size() >= 8);
  }
}

TEST_CASE("names are cut between characters, and one has what the other does not need", "[wire][packer]") {
  const auto names = [](std::string_view host, std::string_view app) {
    record_maker make(7);
    const auto datagrams = pack({min_limit, 1, {1, 4711, host, app}}).add(make.plain(5)).datagrams();
    const auto d = parse(view(datagrams.at(0)));
    REQUIRE(d);
    return std::pair{std::string(d->senders.at(0).host), std::string(d->senders.at(0).app)};
  };
  const std::string room(14, 'n');  // 32 less type, length, started, process, age and two lengths
  const auto n = [](std::size_t size) { return std::string(size, 'n'); };
  CHECK(names(n(14), "") == std::pair{n(14), n(0)});
  CHECK(names(n(15), "") == std::pair{n(14), n(0)});
  CHECK(names("", n(15)) == std::pair{n(0), n(14)});
  CHECK(names(n(5), n(15)) == std::pair{n(5), n(9)});
  CHECK(names(n(300), n(5)) == std::pair{n(9), n(5)});
  CHECK(names(n(300), n(300)) == std::pair{n(7), n(7)});
  CHECK(names(n(300), "nnnn\u20ac\u20ac") == std::pair{n(7), std::string("nnnn\u20ac")});
  CHECK(names(n(300), "nnnnnn\u20ac") == std::pair{n(8), n(6)});
  CHECK(names(n(300), std::string(300, '\x80')).second.size() <= 7);  // no characters at all
}

TEST_CASE("a sender's age is written when datagrams leave, wherever its frame stands", "[wire][packer]") {
  record_maker make(15);
  pack packed({200, 5});
  packed.add(wire::dropped_frame{{}, 0, 3});
  for (int i = 0; i < 60; ++i) packed.add(make.any(i % 3 == 0 ? 900 : 40));
  packed.add_number(wire::frame_type::progress);
  std::size_t senders = 0;
  for (const auto& b : packed.datagrams()) {
    const auto d = parse(view(b));
    REQUIRE(d);
    for (const auto& s : d->senders) {
      ++senders;
      CHECK(s.age_ms == age_ms);
      CHECK(s.app == "compiler");
    }
  }
  CHECK(senders > 20);
}

TEST_CASE("a record that is given up leaves nothing behind in the next", "[wire][packer]") {
  record_maker make(16);
  const packing how{200, 2};
  wire::packer p(1, 2, how.sender, how.limit, how.at_once);
  std::vector<bytes> datagrams;
  const auto take = [&] {
    const auto b = p.take();
    for (std::size_t at = 0; at < b.size; at += how.limit) {
      datagrams.emplace_back(b.bytes.get() + at, b.bytes.get() + std::min(b.size, at + how.limit));
    }
  };
  const auto begin = [&] { p.begin(std::unique_ptr<std::uint8_t[]>(new std::uint8_t[p.batch_capacity()])); };
  const auto given_up = make.any(3000);
  begin();
  REQUIRE_FALSE(p.add(given_up, 0, wire::full_content_size(given_up)));
  take();
  const auto next = make.any(3000);
  begin();
  while (!p.add(next, 1, wire::full_content_size(next))) {
    take();
    begin();
  }
  take();

  wire::reassembler parts;
  std::string got;
  for (const auto& b : datagrams) {
    const auto d = parse(view(b));
    REQUIRE(d);
    for (const auto& f : d->fragments) {
      if (f.number == 0) continue;
      const auto outcome = parts.add(f);
      CHECK(outcome != wire::reassembler::outcome::contradiction);
      received_record r;
      if (outcome == wire::reassembler::outcome::complete && parts.get(r)) got = describe(r);
    }
  }
  CHECK(got == describe(next));
}

TEST_CASE("a packer knows how much memory a record may take, and then needs no more", "[wire][packer]") {
  record_maker make(17);
  for (int i = 0; i < 400; ++i) {
    CAPTURE(i);
    const auto limit = min_limit + make.below(500);
    wire::packer p(1, 2, {1, 2, "host", "app"}, limit, 1 + make.below(6));
    const auto begin = [&] { p.begin(std::unique_ptr<std::uint8_t[]>(new std::uint8_t[p.batch_capacity()])); };
    begin();
    for (std::uint64_t number = 0; number < 8; ++number) {
      const auto r = number == 0 ? make.plain(0) : make.any(1 + make.below(6000));
      const auto content = wire::full_content_size(r);
      const auto most = p.prepare(content);
      if (number == 0) CHECK(most == 0);  // a small record needs no second batch
      std::size_t more = 0;
      for (; !p.add(r, number, content); ++more) {
        (void)p.take();
        begin();
      }
      CHECK(more <= most);
      CHECK(most <= more + more / 4 + 2);  // not far more than it takes
    }
  }
}

TEST_CASE("each datagram ends with its check sum, if that is asked for", "[wire][packer]") {
  record_maker make(18);
  for (const auto limit : {min_limit, std::size_t{424}, std::size_t{1400}}) {
    packing how{limit, 3};
    how.checked = true;
    std::vector<record> records;
    for (int i = 0; i < 100; ++i) records.push_back(make.any(i % 10 == 0 ? 900 : 40));
    CHECK(trouble_with(records, how) == "");
    pack packed(how);
    for (const auto& r : records) packed.add(r);
    packed.add_number(wire::frame_type::goodbye);
    for (const auto& b : packed.datagrams()) {
      CHECK(b.size() <= limit);
      const auto d = parse(view(b));
      REQUIRE(d);  // the sums are right
      CHECK(d->frames.back() == wire::frame_type::check);
    }
  }
}

TEST_CASE("each datagram in which a record begins, or progress stands, says who sends, once and before it", "[wire][packer]") {
  record_maker make(8);
  const auto limit = GENERATE(std::size_t{min_limit}, std::size_t{424}, std::size_t{1400});
  pack packed({limit, 5});
  for (int i = 0; i < 400; ++i) {
    packed.add(make.any(i % 10 == 0 ? 600 : 40));
    if (i % 7 == 0) packed.add(wire::dropped_frame{wire::drop_reason::queue_full, 1000, 5});
    if (i % 11 == 0) packed.add_number(wire::frame_type::progress);
  }
  std::size_t begun = 0;
  for (const auto& b : packed.datagrams()) {
    const auto d = parse(view(b));
    REQUIRE(d);
    CHECK(d->senders.size() <= 1);
    auto part = d->fragments.begin();
    bool said = false;
    for (const auto type : d->frames) {
      if (type == wire::frame_type::sender) said = true;
      const bool begins = is_whole_record(type) || (type == wire::frame_type::fragment && part->offset == 0);
      if (type == wire::frame_type::fragment) ++part;
      if (begins) ++begun;
      if (begins || type == wire::frame_type::progress) CHECK(said);
    }
  }
  CHECK(begun == 400);
}

TEST_CASE("fragments of a record come in order, with nothing between them that begins", "[wire][packer]") {
  record_maker make(9);
  pack packed({200, 3});
  for (int i = 0; i < 50; ++i) packed.add(make.any(i % 2 == 0 ? 300 : 20));
  std::uint64_t expected_offset = 0;
  std::uint64_t unfinished = UINT64_MAX;  // a record's number
  for (const auto& b : packed.datagrams()) {
    const auto d = parse(view(b));
    REQUIRE(d);
    auto part = d->fragments.begin();
    for (const auto type : d->frames) {
      if (is_whole_record(type)) CHECK(unfinished == UINT64_MAX);
      if (type != wire::frame_type::fragment) continue;
      if (unfinished != UINT64_MAX) CHECK(part->number == unfinished);
      CHECK(part->offset == expected_offset);
      expected_offset = part->offset + part->bytes.size;
      unfinished = part->number;
      if (expected_offset == part->total) {
        unfinished = UINT64_MAX;
        expected_offset = 0;
      }
      ++part;
    }
  }
  CHECK(unfinished == UINT64_MAX);
}

TEST_CASE("the datagrams of a batch are as long as the limit, but for the last", "[wire][packer]") {
  record_maker make(10);
  const auto at_once = GENERATE(std::size_t{1}, std::size_t{2}, std::size_t{7});
  pack packed({300, at_once});
  for (int i = 0; i < 200; ++i) packed.add(make.any(i % 10 == 0 ? 900 : 50));
  std::size_t more_than_one = 0;
  for (const auto& b : packed.batches()) {
    CHECK(b.datagrams <= at_once);
    CHECK(b.size > (b.datagrams - 1) * 300);
    CHECK(b.size <= b.datagrams * 300);
    // The last ends with a frame: padding there would be for nothing.
    const auto last = (b.datagrams - 1) * 300;
    wire::byte_reader in({b.bytes.get() + last, b.size - last});
    in.bytes(wire::header_size);
    wire::frame f;
    while (wire::next_frame(in, f)) {
    }
    CHECK((in.ok() && in.left() == 0 && f.type != wire::frame_type::padding));
    if (b.datagrams > 1) ++more_than_one;
  }
  CHECK((more_than_one != 0) == (at_once > 1));
}

TEST_CASE("a batch knows which records are in it", "[wire][packer]") {
  record_maker make(11);
  pack packed({200, 3}, 1000);
  for (int i = 0; i < 60; ++i) packed.add(make.any(i % 5 == 0 ? 900 : 40));
  for (const auto& b : packed.batches()) {
    std::uint64_t first = UINT64_MAX;
    std::uint64_t last = 0;
    for (std::size_t at = 0; at < b.size; at += 200) {
      const auto d = parse({b.bytes.get() + at, std::min<std::size_t>(200, b.size - at)});
      REQUIRE(d);
      const auto see = [&](std::uint64_t n) {
        first = std::min(first, n);
        last = std::max(last, n);
      };
      for (const auto& r : d->records) see(r.number);
      for (const auto& f : d->fragments) see(f.number);
    }
    CHECK(b.first_record == first);
    CHECK(b.end_record == last + 1);
  }
}

TEST_CASE("a batch without records has none", "[wire][packer]") {
  const auto batches = pack({424, 1}).add_number(wire::frame_type::goodbye).batches();
  REQUIRE(batches.size() == 1);
  CHECK(batches[0].first_record == batches[0].end_record);
}

TEST_CASE("a record begins in what is left of a datagram, if that is worth it and more is packed", "[wire][packer]") {
  record_maker make(19);
  std::vector<record> records;
  for (int i = 0; i < 84; ++i) records.push_back(make.plain(1000));
  const packing how{1400, 1000};
  CHECK(trouble_with(records, how) == "");

  pack packed(how);
  for (const auto& r : records) packed.add(r);
  CHECK(packed.datagrams().size() < 84 - 84 / 7);  // not one each

  SECTION("but one alone is one datagram") {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1000}, std::size_t{1280}}) {
      CHECK(pack(how).add(make.plain(size)).datagrams().size() == 1);
    }
  }
  SECTION("but not at the end of a batch") {
    const auto batches = pack({1400, 1}).add(records[0]).add(records[1]).batches();
    REQUIRE(batches.size() == 2);
    CHECK(batches[0].end_record == batches[1].first_record);
  }
  SECTION("but not for a few bytes") {
    pack few(how);
    for (int i = 0; i < 10; ++i) few.add(make.plain(1150));
    for (const auto& b : few.datagrams()) {
      const auto d = parse(view(b));
      REQUIRE(d);
      CHECK(d->fragments.empty());
    }
  }
}

TEST_CASE("datagrams are numbered through from the one that is given", "[wire][packer]") {
  record_maker make(12);
  auto batches = pack({150, 8}).add(make.plain(600)).batches();
  REQUIRE(batches.size() == 1);
  REQUIRE(batches[0].datagrams <= 8);
  wire::stamp(batches[0], 150, UINT64_MAX - 8, 0);
  for (std::size_t i = 0; i < batches[0].datagrams; ++i) {
    wire::header h;
    const auto at = i * 150;
    REQUIRE(wire::decode({batches[0].bytes.get() + at, batches[0].size - at}, h) == wire::header_error::none);
    CHECK(h.number == UINT64_MAX - 8 + i);
    CHECK(h.sender == 0x0123456789abcdef);
    CHECK(h.slot_tag == 0x8af022ee);
  }
}

TEST_CASE("a packer knows about how much memory a record takes beyond its batch", "[wire][packer]") {
  record_maker make(13);
  wire::packer p(1, 2, {1, 2, "host", "app"}, 300, 3);
  p.begin(std::unique_ptr<std::uint8_t[]>(new std::uint8_t[p.batch_capacity()]));
  const auto overflow = [&](std::size_t size) { return p.overflow_size(wire::full_content_size(make.plain(size))); };
  const auto filler = make.plain(100);
  REQUIRE(p.add(filler, 0, wire::full_content_size(filler)));
  CHECK(overflow(0) == 0);
  CHECK(overflow(600) == 0);
  CHECK(overflow(700) >= 700);
  CHECK(overflow(100'000) >= 100'000);
  CHECK(overflow(100'000) <= 200'000);
}

// docs/wire-format.md section 11.
TEST_CASE("overhead stays within the budget", "[wire][packer]") {
  record_maker make(14);
  const packing how{1400, 1000};

  SECTION("of the header and the sender frame") {
    CHECK(wire::header_size <= 24);
    const auto without_sender = pack(how).add(wire::dropped_frame{{}, 0, 1}).datagrams().at(0).size();
    CHECK(without_sender == 24 + 5);
    const auto r = make.plain(0);
    bytes b(200);
    wire::byte_writer out(b.data());
    wire::record_context context;
    wire::encode(r, 0, wire::full_content_size(r), context, out);
    const auto record_alone = static_cast<std::size_t>(out.position() - b.data());
    for (const auto& [process, budget] : {std::pair{100'000, 35}, std::pair{4'194'304, 36}}) {  // Linux has none above
      packing with_process = how;
      with_process.sender.process = static_cast<std::uint64_t>(process);
      const auto sender = pack(with_process).add(r).datagrams().at(0).size() - 24 - record_alone;
      CHECK(sender == static_cast<std::size_t>(budget));
    }
  }
  SECTION("of a record that follows another within 1 ms") {
    for (std::size_t size = 0; size < 118; ++size) {
      auto first = make.plain(10);
      auto second = first;
      second.time += std::chrono::microseconds(999);
      second.text = make.text(size);
      const auto one = total_size(pack(how).add(first).datagrams());
      const auto two = total_size(pack(how).add(first).add(second).datagrams());
      CAPTURE(size);
      CHECK(two - one - size <= 6);
    }
  }
  SECTION("of a record of 16 KB, 17 s after another") {
    const packing large{32768, 1};
    for (const std::size_t size : {std::size_t{118}, std::size_t{1000}, std::size_t{16'000}}) {
      auto first = make.plain(10);
      auto second = first;
      second.time += std::chrono::seconds(17);
      second.text = make.text(size);
      const auto one = total_size(pack(large).add(first).datagrams());
      const auto two = total_size(pack(large).add(first).add(second).datagrams());
      CAPTURE(size);
      CHECK(two - one - size <= 9);
    }
  }
  SECTION("of records of any kind beyond their own strings") {
    // Another thread and another logger each time; numbers beyond 2^14; a minute apart.
    std::vector<record> records;
    std::size_t strings = 0;
    for (std::uint64_t i = 0; i < 20; ++i) {
      auto r = make.plain(20);
      r.time += std::chrono::minutes(i);
      r.thread = 4242 + i % 2;
      r.logger = i % 2 == 0 ? "one" : "two";
      strings += i == 0 ? 0 : r.text.size() + r.logger.size();
      records.push_back(r);
    }
    pack one(how, 20000);
    pack all(how, 20000);
    one.add(records[0]);
    for (const auto& r : records) all.add(r);
    const auto overhead = total_size(all.datagrams()) - total_size(one.datagrams()) - strings;
    CHECK(overhead <= 12 * (records.size() - 1));
  }
  SECTION("of a record with a source and three attributes, after another of the same file and the same names") {
    auto first = make.plain(10);
    first.source = {"src/net/connection.cpp", 120, "on_readable"};
    first.attributes = {{"request_id", std::uint64_t{17}}, {"user", "ann"}, {"elapsed_ms", 1.5}};
    for (const bool same_function : {true, false}) {
      auto second = first;
      second.time += std::chrono::microseconds(999);
      second.source.line = 300;
      if (!same_function) second.source.function = "on_writable";
      const auto one = total_size(pack(how).add(first).datagrams());
      const auto two = total_size(pack(how).add(first).add(second).datagrams());
      // Frame, two bytes of flags, delta, line; of each value its type, and what it needs.
      const std::size_t fields = 2 + 2 + 3 + 2 + (1 + 1) + (1 + 1 + 3) + (1 + 8) + (same_function ? 0 : 1 + 11);
      CAPTURE(same_function);
      CHECK(two - one - second.text.size() <= fields);
    }
  }
  SECTION("of many records, with all headers and padding") {
    const auto all_but_text = [&](const record& r) {
      pack packed(how);
      constexpr std::size_t count = 2000;
      for (std::size_t i = 0; i < count; ++i) packed.add(r);
      return total_size(packed.datagrams()) / count - r.text.size();
    };
    auto r = make.plain(60);
    r.source = {"src/net/connection.cpp", 120, "on_readable"};
    r.attributes = {{"request_id", std::uint64_t{17}}, {"user", "ann"}, {"elapsed_ms", 1.5}};
    CHECK(all_but_text(r) <= 40);
    CHECK(all_but_text(make.plain(1000)) <= 120);
  }
  SECTION("of a fragment") {
    const auto datagrams = pack({424, 100}, 2'097'151).add(make.plain(10'240)).datagrams();
    std::size_t fragments = 0;
    for (const auto& b : datagrams) {
      const auto d = parse(view(b));
      REQUIRE(d);
      if (!d->senders.empty()) continue;
      REQUIRE(d->fragments.size() == 1);
      ++fragments;
      // What is not the piece, nor padding of a datagram that had no use for its last bytes.
      const auto last = b.size() - 24 - d->fragments[0].bytes.size;
      CHECK(last <= 20 + 2);
    }
    CHECK(fragments > 20);
  }
  SECTION("of a record of 10 KiB in datagrams of 424 bytes") {
    const std::size_t size = 10'240;
    const auto datagrams = pack({424, 100}, 2'097'151).add(make.plain(size)).datagrams();
    CHECK(size * 100 >= 85 * total_size(datagrams));
  }
}

TEST_CASE("a frame is copied only to where it says the same", "[wire][packer][property]") {
  constexpr std::pair<std::size_t, std::size_t> limits[] = {{424, 4032}, {1400, 4032}, {8000, 4032}, {1400, 1400}, {4032, 424}};
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    record_maker make(seed);
    const auto [first, second] = limits[seed % std::size(limits)];
    pack one({first, 1 + seed % 3});
    pack other({second, 1});
    std::vector<std::pair<std::uint64_t, std::string>> in_one;
    std::vector<std::pair<std::uint64_t, std::string>> in_other;
    std::size_t repeated = 0;
    for (std::uint64_t number = 0; number < 400; ++number) {
      auto r = make.plain(make.below(60));
      r.thread = 1 + make.below(2);
      r.logger = make.below(8) == 0 ? "db" : "net.http";
      if (make.below(3) != 0) r.source = {make.below(8) == 0 ? "" : "b.cpp", static_cast<std::uint32_t>(make.below(9)), "run"};
      if (make.below(3) != 0) r.attributes = {{make.below(8) == 0 ? "path" : "file", std::int64_t{1}}, {"ms", make.below(2) == 0}};
      // Now and then one of them does not get it.
      const auto who = make.below(12);
      if (who == 0) {
        one.skip();
        other.add(r);
      } else {
        one.add(r);
        in_one.emplace_back(number, describe(r));
        if (who == 1) {
          other.skip();
          continue;
        }
        repeated += other.repeat(r, one) ? 1 : 0;
      }
      in_other.emplace_back(number, describe(r));
    }
    CAPTURE(seed, first, second);
    CHECK((unpack(one.datagrams()).records == in_one));
    CHECK((unpack(other.datagrams()).records == in_other));
    CHECK((repeated > 10 || first >= second));
  }
}
