// A record put together again from what came of it.
#include <algorithm>

#include "bytes.hpp"
#include "records.hpp"
#include "support/catch.hpp"
#include "wire/reassembler.hpp"

using namespace mailslog;
using namespace mailslog::test;
using outcome = wire::reassembler::outcome;

namespace {

/// A record's content, and fragments of it.
class content {
 public:
  explicit content(const record& r) : record_(r), size_(wire::full_content_size(r)), bytes_(size_.total) {
    wire::byte_writer out(bytes_.data());
    wire::encode_before_text(r, out);
    out.bytes(r.text);
  }

  wire::fragment_frame piece(std::size_t from, std::size_t to) const {
    wire::fragment_frame f;
    f.flags = wire::content_flags(record_);
    f.number = 7;
    f.time = static_cast<std::uint64_t>(record_.time.time_since_epoch().count());
    f.total = size_.total;
    f.text_start = size_.before_text;
    f.offset = from;
    f.bytes = view(bytes_).part(from, to - from);
    return f;
  }
  std::size_t total() const { return size_.total; }
  std::size_t text_start() const { return size_.before_text; }

 private:
  const record& record_;
  wire::content_size size_;
  bytes bytes_;
};

record sample() {
  record r;
  r.level = level::critical;
  r.time = timestamp(std::chrono::nanoseconds(1'700'000'000'000'000'001));
  r.thread = 77;
  r.logger = "net.http";
  r.source = {"http.cpp", 9, "get"};
  r.attributes = {{"path", "/x"}, {"ms", std::int64_t{812}}};
  r.text = "0123456789abcdefghij";
  return r;
}

received_record shown(const wire::reassembler& parts) {
  received_record r;
  r.text = "not written";
  r.missing = {{1, 2}};
  r.start_missing = true;
  REQUIRE(parts.get(r));
  return r;
}

}  // namespace

TEST_CASE("a record cut into any three pieces is put together again", "[wire][reassembler]") {
  const auto r = sample();
  const content c(r);
  for (std::size_t a = 1; a < c.total() - 1; ++a) {
    for (std::size_t b = a + 1; b < c.total(); ++b) {
      CAPTURE(a, b);
      wire::reassembler parts;
      CHECK_FALSE(parts.active());
      REQUIRE(parts.add(c.piece(0, a)) == outcome::taken);
      REQUIRE(parts.add(c.piece(a, b)) == outcome::taken);
      REQUIRE(parts.active());
      REQUIRE(parts.add(c.piece(b, c.total())) == outcome::complete);
      const auto got = shown(parts);
      REQUIRE(describe(got) == describe(r));
      REQUIRE(got.number == 7);
      REQUIRE(got.missing.empty());
      REQUIRE_FALSE(got.start_missing);
      parts.clear();
      REQUIRE_FALSE(parts.active());
    }
  }
}

TEST_CASE("a record is shown with its hole, wherever that is", "[wire][reassembler]") {
  const auto r = sample();
  const content c(r);
  const auto text_start = c.text_start();
  for (std::size_t a = 0; a < c.total(); ++a) {
    for (std::size_t b = a + 1; b <= c.total(); ++b) {
      if (a == 0 && b == c.total()) continue;
      CAPTURE(a, b, text_start);
      wire::reassembler parts;
      if (a != 0) REQUIRE(parts.add(c.piece(0, a)) == outcome::taken);
      if (b != c.total()) REQUIRE(parts.add(c.piece(b, c.total())) == outcome::complete);
      const auto got = shown(parts);
      REQUIRE(got.level == r.level);
      REQUIRE(got.time == r.time);
      REQUIRE(got.number == 7);

      // What is left of the text when the content's bytes a to b are taken out of it.
      std::string text;
      for (std::size_t i = text_start; i < c.total(); ++i) {
        if (i < a || i >= b) text += r.text[i - text_start];
      }
      REQUIRE(got.text == text);
      REQUIRE(got.missing.size() == 1);
      const auto from = std::max(a, text_start) - text_start;
      const auto to = std::max(b, text_start) - text_start;
      if (to > from) {
        REQUIRE(got.missing[0].offset == from);
        REQUIRE(got.missing[0].length == to - from);
      } else {
        REQUIRE(got.missing[0].length == 0);  // no text is missing, but something is
      }

      REQUIRE(got.start_missing == (a < text_start));
      if (!got.start_missing) {
        REQUIRE(got.thread == r.thread);
        REQUIRE(got.logger == r.logger);
        REQUIRE(got.source.file == r.source.file);
        REQUIRE(got.attributes.size() == r.attributes.size());
      }
    }
  }
}

TEST_CASE("several holes are shown in rising order", "[wire][reassembler]") {
  const auto r = sample();
  const content c(r);
  const auto t = c.text_start();
  wire::reassembler parts;
  parts.add(c.piece(0, t + 2));
  parts.add(c.piece(t + 4, t + 6));
  parts.add(c.piece(t + 9, t + 10));
  const auto got = shown(parts);
  CHECK(got.text == "01459");
  REQUIRE(got.missing.size() == 3);
  CHECK((got.missing[0].offset == 2 && got.missing[0].length == 2));
  CHECK((got.missing[1].offset == 6 && got.missing[1].length == 3));
  CHECK((got.missing[2].offset == 10 && got.missing[2].length == 10));
}

TEST_CASE("any pieces that came are shown as what they are", "[wire][reassembler][property]") {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    CAPTURE(seed);
    record_maker make(seed);
    const auto r = make.any(100);
    const content c(r);
    wire::reassembler parts;
    std::string text;
    std::size_t arrived = 0;
    for (std::size_t at = 0; at < c.total();) {
      const auto to = std::min(c.total(), at + 1 + static_cast<std::size_t>(make.below(20)));
      if (make.below(4) != 0) {
        REQUIRE(parts.add(c.piece(at, to)) != outcome::contradiction);
        arrived += to - at;
        const auto from = std::max(at, c.text_start());
        if (to > from) text += r.text.substr(from - c.text_start(), to - from);
      }
      at = to;
    }
    if (!parts.active()) continue;
    const auto got = shown(parts);
    CHECK(got.text == text);
    CHECK(got.missing.empty() == (arrived == c.total()));
    std::size_t missing = 0;
    std::size_t end = 0;
    for (const auto& m : got.missing) {
      CHECK(m.offset >= end);
      end = m.offset + m.length;
      missing += m.length;
    }
    CHECK(text.size() + missing == r.text.size());
    if (arrived == c.total()) CHECK(describe(got) == describe(r));
  }
}

TEST_CASE("a fragment that contradicts changes nothing", "[wire][reassembler]") {
  const auto r = sample();
  const content c(r);
  wire::reassembler parts;
  REQUIRE(parts.add(c.piece(0, 10)) == outcome::taken);

  auto wrong = c.piece(10, 20);
  SECTION("another record") { wrong.number = 8; }
  SECTION("another level") { wrong.flags = static_cast<std::uint8_t>(wrong.flags - 1); }
  SECTION("other fields") { wrong.flags = static_cast<std::uint8_t>(wrong.flags ^ wire::record_flag::has_source); }
  SECTION("another time") { ++wrong.time; }
  SECTION("another size") { ++wrong.total; }
  SECTION("another start of the text") { --wrong.text_start; }
  SECTION("repeated") { wrong = c.piece(0, 10); }
  SECTION("overlapping") { wrong = c.piece(9, 20); }
  SECTION("within what has come") { wrong = c.piece(3, 5); }
  CHECK(parts.add(wrong) == outcome::contradiction);

  CHECK(parts.number() == 7);
  REQUIRE(parts.add(c.piece(10, c.total())) == outcome::complete);
  CHECK(describe(shown(parts)) == describe(r));
}

TEST_CASE("content that contradicts the format is not shown", "[wire][reassembler]") {
  const auto r = sample();
  const content c(r);
  wire::reassembler parts;
  received_record out;

  SECTION("a field that goes on beyond the content") {
    auto f = c.piece(0, c.total());
    auto changed = hex("4d ff ff 03");  // thread 77, logger of 65535 bytes
    f.bytes = view(changed);
    f.total = changed.size();
    f.text_start = changed.size();
    REQUIRE(parts.add(f) == outcome::complete);
    CHECK_FALSE(parts.get(out));
  }
  SECTION("text that starts elsewhere than the fragments say") {
    auto f = c.piece(0, c.total());
    f.text_start = GENERATE(false, true) ? f.text_start + 1 : f.text_start - 1;
    REQUIRE(parts.add(f) == outcome::complete);
    CHECK_FALSE(parts.get(out));
  }
  SECTION("an unknown attribute type") {
    auto f = c.piece(0, 1);
    auto changed = hex("00 00 01 00 06");  // thread 0, no logger, one attribute without a name, of type 6
    f.flags = 0x82;
    f.bytes = view(changed);
    f.total = f.text_start = changed.size();
    REQUIRE(parts.add(f) == outcome::complete);
    CHECK_FALSE(parts.get(out));
  }
}

TEST_CASE("memory grows with what came, not with what was announced", "[wire][reassembler]") {
  const auto r = sample();
  const content c(r);
  auto f = c.piece(0, 1);
  f.total = max_record_size;
  f.text_start = 2;
  wire::reassembler parts;
  parts.add(f);
  CHECK(parts.memory() < 1000);

  // One byte here and there: the holes are what takes the memory. They count, and there are not more than so many.
  const std::size_t pieces = wire::reassembler::max_holes;
  for (std::size_t i = 1; i <= pieces; ++i) {
    f.offset = 2 * i;
    REQUIRE(parts.add(f) == outcome::taken);
  }
  CHECK(parts.memory() >= pieces * (1 + sizeof(missing_range)));
  const auto full = parts.memory();
  for (std::size_t i = pieces + 1; i <= 10 * pieces; ++i) {
    f.offset = 2 * i;
    REQUIRE(parts.add(f) == outcome::taken);
  }
  CHECK(parts.memory() == full);

  f.offset = f.total - 1;
  REQUIRE(parts.add(f) == outcome::complete);
  const auto got = shown(parts);
  CHECK(got.text.size() == pieces);  // the byte at 0 is no text
  CHECK(got.missing.back().offset + got.missing.back().length + f.text_start == f.total);
}

TEST_CASE("a record of any size takes no more memory than it has bytes", "[wire][reassembler]") {
  const bytes piece(60'000, 'p');
  wire::fragment_frame f;
  f.total = max_record_size;
  wire::reassembler parts;
  auto came = outcome::taken;
  while (came == outcome::taken) {
    f.bytes = view(piece).part(0, std::min<std::size_t>(piece.size(), f.total - f.offset));
    came = parts.add(f);
    f.offset += f.bytes.size;
    REQUIRE(parts.memory() <= max_record_size);
  }
  CHECK(came == outcome::complete);
}

TEST_CASE("a reassembler takes the next record after the last", "[wire][reassembler]") {
  const auto r = sample();
  const content c(r);
  wire::reassembler parts;
  REQUIRE(parts.add(c.piece(5, 10)) == outcome::taken);  // with a hole, which is forgotten
  parts.clear();
  auto first = c.piece(0, 20);
  auto last = c.piece(20, c.total());
  first.number = last.number = 3;
  REQUIRE(parts.add(first) == outcome::taken);
  REQUIRE(parts.add(last) == outcome::complete);
  const auto got = shown(parts);
  CHECK(got.number == 3);
  CHECK(got.missing.empty());
  CHECK(describe(got) == describe(r));
}
