// The format of docs/wire-format.md: what is written is what that page says, and what it forbids is refused.
#include <algorithm>
#include <limits>
#include <string>

#include "bytes.hpp"
#include "datagram_builder.hpp"
#include "parsed.hpp"
#include "records.hpp"
#include "support/catch.hpp"
#include "wire/crc32c.hpp"
#include "wire/datagram_frames.hpp"

using namespace mailslog;
using namespace mailslog::test;

namespace {

constexpr std::uint64_t max64 = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t second = 1'704'164'645'000'000'000;  // 2024-01-02T03:04:05Z, the golden datagrams' time

timestamp at(std::uint64_t ns) { return timestamp(std::chrono::nanoseconds(static_cast<std::int64_t>(ns))); }

const wire::header golden_header{0x8af022ee, 0x0123456789abcdef, 0};
const wire::sender_frame golden_sender{second + 6, 4711, "buildbox", "cc"};

record complete_record() {
  record r;
  r.level = level::warning;
  r.time = at(second + 123456789);
  r.thread = 4242;
  r.logger = "compiler";
  r.source = {"main.cpp", 42, "parse"};
  r.attributes = {{"path", "/x"},   {"delta", std::int64_t{-812}}, {"count", max64}, {"ratio", -0.5},
                  {"ok", false},    {"last", true},                {"", std::numeric_limits<std::int64_t>::min()}};
  r.text = "unused variable \u201cx\u201d";
  return r;
}

record small_record(level l, std::uint64_t time, std::uint64_t thread, std::string_view logger, std::string_view text) {
  record r;
  r.level = l;
  r.time = at(time);
  r.thread = thread;
  r.logger = logger;
  r.text = text;
  return r;
}

const std::vector<std::pair<std::uint64_t, record>> packed_records{
    {0, small_record(level::info, second, 1, "a", "first")},
    {1, small_record(level::trace, second + 1000, 1, "a", "second")},
    {2, small_record(level::critical, second - 1000, 0, "a", "third")},
    {9, small_record(level::debug, second - 1000 + 5, 0, "", "")},
};

/// A datagram with these bytes for frames.
bytes with_frames(const std::string& frames) { return hex("9c6d 01 00 ee22f08a efcdab8967452301 0000000000000000" + frames); }

wire::header_error judge(const bytes& d) {
  wire::header h;
  return wire::decode(view(d), h);
}

/// Ends of frames: where a datagram may be cut and is still one.
std::vector<std::size_t> frame_ends(const bytes& d) {
  std::vector<std::size_t> ends{wire::header_size};
  wire::byte_reader in(view(d));
  in.bytes(wire::header_size);
  for (wire::frame f; wire::next_frame(in, f);) ends.push_back(d.size() - in.left());
  return ends;
}

}  // namespace

TEST_CASE("a varint is written in the shortest form and read in any", "[wire]") {
  struct {
    std::uint64_t value;
    const char* bytes;
  } const cases[] = {{0, "00"},        {1, "01"},           {127, "7f"},
                     {128, "80 01"},   {16383, "ff 7f"},    {16384, "80 80 01"},
                     {max64, "ff ff ff ff ff ff ff ff ff 01"}, {max64 / 2 + 1, "80 80 80 80 80 80 80 80 80 01"}};
  for (const auto& c : cases) {
    CAPTURE(c.value);
    bytes written(wire::max_varint_size);
    wire::byte_writer out(written.data());
    out.varint(c.value);
    written.resize(static_cast<std::size_t>(out.position() - written.data()));
    CHECK(written == hex(c.bytes));
    CHECK(wire::varint_size(c.value) == written.size());

    wire::byte_reader in(view(written));
    CHECK(in.varint() == c.value);
    CHECK(in.ok());
    for (std::size_t n = 0; n < written.size(); ++n) {
      wire::byte_reader cut(view(written).part(0, n));
      cut.varint();
      CHECK_FALSE(cut.ok());
    }
  }

  const auto padded = hex("81 80 80 80 80 80 80 80 80 00");
  wire::byte_reader in(view(padded));
  CHECK(in.varint() == 1);
  CHECK(in.ok());
}

TEST_CASE("a varint of more than 64 bits or 10 bytes is refused", "[wire]") {
  for (const char* text : {"ff ff ff ff ff ff ff ff ff 02", "80 80 80 80 80 80 80 80 80 7f", "80 80 80 80 80 80 80 80 80 80 00",
                           "ff ff ff ff ff ff ff ff ff ff 01"}) {
    CAPTURE(text);
    const auto b = hex(text);
    wire::byte_reader in(view(b));
    in.varint();
    CHECK_FALSE(in.ok());
    CHECK(in.u8() == 0);  // nothing is read after a failure
  }
}

TEST_CASE("signed numbers are zigzag", "[wire]") {
  constexpr auto min = std::numeric_limits<std::int64_t>::min();
  constexpr auto max = std::numeric_limits<std::int64_t>::max();
  const std::pair<std::int64_t, std::uint64_t> cases[] = {{0, 0}, {-1, 1}, {1, 2}, {-2, 3}, {max, max64 - 1}, {min, max64}};
  for (const auto& [number, zigzag] : cases) {
    CHECK(wire::zigzag(number) == zigzag);
    CHECK(wire::unzigzag(zigzag) == number);
  }
}

TEST_CASE("a reader that ran off the end gives nothing more", "[wire]") {
  const auto b = hex("01 02 03 04 05");
  wire::byte_reader in(view(b));
  CHECK(in.u8() == 1);
  CHECK(in.u64() == 0);
  CHECK_FALSE(in.ok());
  CHECK(in.u8() == 0);
  CHECK(in.string().empty());
  CHECK(in.rest().size == 0);
  CHECK_FALSE(in.ok());
}

TEST_CASE("a slot's tag is the FNV-1a hash of its name", "[wire]") {
  // The first three are test vectors of the algorithm's authors.
  CHECK(wire::slot_tag("") == 0x811c9dc5);
  CHECK(wire::slot_tag("a") == 0xe40c292c);
  CHECK(wire::slot_tag("foobar") == 0xbf9cf968);
  CHECK(wire::slot_tag("build-farm") == 0x8af022ee);
}

TEST_CASE("a header tells ours from the rest", "[wire]") {
  CHECK(judge(with_frames("")) == wire::header_error::none);
  CHECK(judge({}) == wire::header_error::foreign);
  CHECK(judge(hex("9d6d 01 00 ee22f08a efcdab8967452301 0000000000000000")) == wire::header_error::foreign);
  CHECK(judge(hex("9c6e 01 00 ee22f08a efcdab8967452301 0000000000000000")) == wire::header_error::foreign);
  CHECK(judge(hex("9c6d 00 00 ee22f08a efcdab8967452301 0000000000000000")) == wire::header_error::other_version);
  CHECK(judge(hex("9c6d 02 00 ee22f08a efcdab8967452301 0000000000000000")) == wire::header_error::other_version);
  CHECK(judge(hex("9c6d 01 01 ee22f08a efcdab8967452301 0000000000000000")) == wire::header_error::other_version);  // sealed
  // What may be ignored is in the flags, what must be understood in the upper half of the version.
  for (const char* flags : {"02", "04", "08", "10", "20", "40", "80", "fe"}) {
    CHECK(judge(hex("9c6d 01" + std::string(flags) + "ee22f08a efcdab8967452301 0000000000000000")) == wire::header_error::none);
  }
  for (const char* version : {"11", "21", "41", "81", "f1"}) {
    CHECK(judge(hex("9c6d" + std::string(version) + "00 ee22f08a efcdab8967452301 0000000000000000")) == wire::header_error::other_version);
  }

  const std::string text(100, 'a');
  CHECK(judge(bytes(text.begin(), text.end())) == wire::header_error::foreign);
}

TEST_CASE("every part of a header is foreign, and leaves what was there", "[wire]") {
  const auto whole = with_frames("");
  for (std::size_t n = 0; n < whole.size(); ++n) {
    CAPTURE(n);
    wire::header h{1, 2, 3};
    CHECK(wire::decode(view(whole).part(0, n), h) == wire::header_error::foreign);
    CHECK((h.slot_tag == 1 && h.sender == 2 && h.number == 3));
  }
}

TEST_CASE("a complete record is written as specified", "[wire][golden]") {
  auto header = golden_header;
  header.number = 7;
  CHECK(datagram(header).add(golden_sender).add(complete_record(), 300).taken() == golden("complete-record").at(0).bytes);
}

TEST_CASE("a complete record is read as specified", "[wire][golden]") {
  const auto file = golden("complete-record");
  const auto d = parse(view(file.at(0).bytes));
  REQUIRE(d);
  CHECK(d->header.slot_tag == golden_header.slot_tag);
  CHECK(d->header.sender == golden_header.sender);
  CHECK(d->header.number == 7);
  REQUIRE(d->senders.size() == 1);
  CHECK(d->senders[0].started == golden_sender.started);
  CHECK(d->senders[0].process == 4711);
  CHECK(d->senders[0].host == "buildbox");
  CHECK(d->senders[0].app == "cc");
  REQUIRE(d->records.size() == 1);
  CHECK(d->records[0].number == 300);
  CHECK(describe(d->records[0].record) == describe(complete_record()));
}

TEST_CASE("records that are packed take what they can from the one before", "[wire][golden]") {
  const auto file = golden("packed-records");
  datagram written(golden_header);
  written.add(golden_sender);
  for (const auto& [number, r] : packed_records) written.add(r, number);
  CHECK(written.taken() == file.at(0).bytes);

  const auto d = parse(view(file.at(0).bytes));
  REQUIRE(d);
  REQUIRE(d->records.size() == packed_records.size());
  for (std::size_t i = 0; i < packed_records.size(); ++i) {
    CAPTURE(i);
    CHECK(d->records[i].number == packed_records[i].first);
    CHECK(describe(d->records[i].record) == describe(packed_records[i].second));
  }
}

TEST_CASE("records do not say again what the datagram has said", "[wire][golden]") {
  std::vector<std::pair<std::uint64_t, record>> records;
  const auto add = [&](std::uint64_t number, std::int64_t time, level l, std::uint64_t thread, std::string_view logger, source_location source,
                       std::vector<attribute> attributes, std::string_view text) {
    auto r = small_record(l, static_cast<std::uint64_t>(static_cast<std::int64_t>(second) + time), thread, logger, text);
    r.source = source;
    r.attributes = std::move(attributes);
    records.emplace_back(number, std::move(r));
  };
  add(0, 0, level::info, 1, "a", {"main.cpp", 10, "main"}, {{"user", "ann"}, {"tries", std::int64_t{-1}}, {"load", 0.5}}, "first");
  add(1, 100, level::info, 1, "a", {"main.cpp", 11, "main"}, {{"user", "bob"}, {"tries", std::uint64_t{7}}, {"load", true}}, "second");
  add(2, 200, level::debug, 1, "a", {}, {}, "neither source nor attributes");
  add(3, 300, level::error, 1, "a", {"main.cpp", 300, "run"}, {}, "third");
  add(4, 400, level::error, 1, "a", {}, {{"user", false}, {"tries", ""}}, "4");  // the third is of a later revision
  add(9, 0, level::error, 2, "b", {"x.cpp", 1, "run"}, {{"n", std::int64_t{1}}}, "fifth");
  add(10, -5, level::trace, 2, "b", {"x.cpp", 0, "run"}, {{"n", std::int64_t{2}}}, "");

  const auto file = golden("sharing");
  const auto d = parse(view(file.at(0).bytes));
  REQUIRE(d);
  REQUIRE(d->records.size() == records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    CAPTURE(i);
    CHECK(d->records[i].number == records[i].first);
    CHECK(describe(d->records[i].record) == describe(records[i].second));
  }

  // Without the attribute that is not known here.
  auto aged = golden_sender;
  aged.age_ms = 1500;
  auto header = golden_header;
  header.number = 9;
  datagram written(header);
  written.add(aged);
  for (std::size_t i = 0; i < 4; ++i) written.add(records[i].second, records[i].first);
  const auto b = written.taken();
  CHECK(b == bytes(file.at(0).bytes.begin(), file.at(0).bytes.begin() + static_cast<std::ptrdiff_t>(b.size())));
}

TEST_CASE("only strings and names within the bounds are shared", "[wire]") {
  const auto frames_of = [](const record& r) {
    const auto b = datagram(golden_header).add(r, 0).add(r, 1).taken();
    const auto d = parse(view(b));
    REQUIRE(d);
    CHECK(describe(d->records.at(1).record) == describe(r));
    return d->frames;
  };
  const auto whole = std::vector{wire::frame_type::record, wire::frame_type::record};
  const auto sharing = std::vector{wire::frame_type::record, wire::frame_type::sharing};
  const auto name = [](std::size_t size) { return std::string(size, 'n'); };
  for (const std::size_t size : {std::size_t{255}, std::size_t{256}}) {
    CAPTURE(size);
    const auto text = name(size);
    record r;
    r.attributes = {{text, true}};
    CHECK(frames_of(r) == (size == 255 ? sharing : whole));
    r.attributes = {{std::string_view(text).substr(1), true}, {"n", true}};
    CHECK(frames_of(r) == (size == 255 ? sharing : whole));
    r.attributes.clear();
    r.source.file = text;
    CHECK(frames_of(r) == sharing);  // the function at least, which is empty
    r.source.function = text;
    CHECK(frames_of(r) == (size == 255 ? sharing : whole));
  }
  for (const std::size_t count : {std::size_t{32}, std::size_t{33}}) {
    CAPTURE(count);
    record r;
    r.attributes.assign(count, {"", true});
    CHECK(frames_of(r) == (count == 32 ? sharing : whole));
  }
}

TEST_CASE("fragments are written and read as specified", "[wire][golden]") {
  record r = small_record(level::error, second + 1, 77, "net.http", "012345678901234567890123456789");
  r.source = {"http.cpp", 9, "get"};
  const auto size = wire::full_content_size(r);
  CHECK(size.before_text == 24);
  CHECK(size.total == 54);
  bytes content(size.total);
  wire::byte_writer out(content.data());
  wire::encode_before_text(r, out);
  out.bytes(r.text);
  REQUIRE(out.position() == content.data() + content.size());

  const auto file = golden("fragments");
  const std::size_t cuts[] = {0, 6, 30, 54};
  for (std::size_t i = 0; i < 3; ++i) {
    CAPTURE(i);
    wire::fragment_frame f;
    f.flags = 0x45;
    f.number = 5;
    f.time = second + 1;
    f.total = 54;
    f.text_start = 24;
    f.offset = cuts[i];
    f.bytes = view(content).part(cuts[i], cuts[i + 1] - cuts[i]);
    auto header = golden_header;
    header.number = i + 1;
    datagram written(header);
    if (i == 0) written.add(golden_sender);
    CHECK(written.add(f).taken() == file.at(i).bytes);

    const auto d = parse(view(file.at(i).bytes));
    REQUIRE(d);
    REQUIRE(d->fragments.size() == 1);
    const auto& got = d->fragments[0];
    CHECK(got.flags == f.flags);
    CHECK(got.number == f.number);
    CHECK(got.time == f.time);
    CHECK(got.total == f.total);
    CHECK(got.offset == f.offset);
    CHECK(got.text_start == f.text_start);
    CHECK(got.bytes.text() == f.bytes.text());
  }
}

TEST_CASE("frames without a record are written and read as specified", "[wire][golden]") {
  const auto file = golden("control");
  datagram written(wire::header{0, max64, max64});
  written.add(wire::dropped_frame{wire::drop_reason::queue_full, 0, 1});
  written.add(wire::dropped_frame{wire::drop_reason::send_failed, 127, 128});
  written.add(wire::dropped_frame{wire::drop_reason::too_large, 128, 16384});
  written.add_number(wire::frame_type::progress, 16512).add_number(wire::frame_type::goodbye, max64);
  written.add_message("21.5").add_message("");
  CHECK(written.taken() == file.at(0).bytes);

  const auto d = parse(view(file.at(0).bytes));
  REQUIRE(d);
  REQUIRE(d->dropped.size() == 3);
  CHECK(d->dropped[1].reason == wire::drop_reason::send_failed);
  CHECK(d->dropped[1].first == 127);
  CHECK(d->dropped[2].count == 16384);
  CHECK(d->next_numbers == std::vector<std::uint64_t>{16512, max64});
  CHECK(d->messages == std::vector<std::string_view>{"21.5", ""});
}

TEST_CASE("what a later revision may add is passed over", "[wire][golden]") {
  const auto file = golden("tolerated");
  const auto d = parse(view(file.at(0).bytes));
  REQUIRE(d);
  REQUIRE(d->senders.size() == 1);
  CHECK(d->senders[0].app == "cc");
  CHECK(d->next_numbers == std::vector<std::uint64_t>{4});
  REQUIRE(d->dropped.size() == 1);
  CHECK(d->dropped[0].first == 4);
  CHECK(d->dropped[0].count == 2);
  REQUIRE(d->records.size() == 1);
  CHECK(d->records[0].number == 6);
  CHECK(d->records[0].record.text == "still here");
  CHECK(d->frames.size() == 7);  // none of the padding
}

TEST_CASE("attributes of types of a later revision are stepped over", "[wire][golden]") {
  const auto file = golden("later-attributes");
  const auto d = parse(view(file.at(0).bytes));
  REQUIRE(d);
  REQUIRE(d->records.size() == 1);
  auto expected = small_record(level::info, second, 0, "", "text");
  expected.attributes = {{"ok", true}, {"n", std::uint64_t{128}}};
  CHECK(describe(d->records[0].record) == describe(expected));
}

TEST_CASE("a sender's age is read and written, and may be left out", "[wire][golden]") {
  auto aged = golden_sender;
  aged.age_ms = 0x01020304;
  auto header = golden_header;
  header.number = 8;
  const auto file = golden("later-attributes");
  const auto written = datagram(header).add(aged).taken();
  CHECK(written == bytes(file.at(0).bytes.begin(), file.at(0).bytes.begin() + static_cast<std::ptrdiff_t>(written.size())));
  const auto d = parse(view(file.at(0).bytes));
  REQUIRE(d);
  CHECK(d->senders.at(0).age_ms == 0x01020304u);
  for (const char* old : {"complete-record", "tolerated"}) {  // the second has three bytes more, which are no age
    const auto without = golden(old);
    const auto parsed = parse(view(without.at(0).bytes));
    REQUIRE(parsed);
    CHECK_FALSE(parsed->senders.at(0).age_ms);
  }
}

TEST_CASE("a check sum is that of the algorithm's authors", "[wire]") {
  // RFC 3720, appendix B.4, and the check value of the catalogue of CRCs.
  const auto sum = [](const bytes& b) { return wire::crc32c(view(b)); };
  CHECK(sum(bytes(32, 0)) == 0x8a9136aa);
  CHECK(sum(bytes(32, 0xff)) == 0x62a8ab43);
  CHECK(wire::crc32c(byte_view(std::string_view("123456789"))) == 0xe3069283);
  CHECK(sum({}) == 0);
}

TEST_CASE("a datagram with a check sum is read if no bit of it was altered", "[wire][golden]") {
  wire::datagram_frames frames;
  for (const auto& d : golden("checked")) {
    CAPTURE(d.name);
    CHECK(frames.read(view(d.bytes)));
    CHECK(frames.size() == 1);
    const auto frame_end = d.bytes.size() - (d.name == "before padding" ? 7 : 0);
    for (std::size_t at = 0; at < frame_end; ++at) {
      CAPTURE(at);
      auto altered = d.bytes;
      altered[at] ^= 0x10;
      const bool known = judge(altered) == wire::header_error::none;
      const bool is_frame_of_its_own = at == frame_end - wire::check_frame_size;  // of another type: nothing says that there was a sum
      if (known && !is_frame_of_its_own) CHECK_FALSE(frames.read(view(altered)));
    }
  }
}

TEST_CASE("a datagram that breaks a rule is refused", "[wire][golden]") {
  wire::datagram_frames frames;
  for (const auto& d : golden("malformed")) {
    CAPTURE(d.name);
    CHECK(judge(d.bytes) == wire::header_error::none);
    CHECK_FALSE(parse(view(d.bytes)));
    CHECK_FALSE(frames.read(view(d.bytes)));
    CHECK((frames.size() == 0 && !frames.sender()));
  }
}

TEST_CASE("a datagram cut anywhere but between frames is refused", "[wire][golden]") {
  for (const char* name : {"complete-record", "packed-records", "sharing", "fragments", "control"}) {
    for (const auto& whole : golden(name)) {
      const auto ends = frame_ends(whole.bytes);
      REQUIRE(ends.back() == whole.bytes.size());
      for (std::size_t n = 0; n < whole.bytes.size(); ++n) {
        CAPTURE(name, whole.name, n);
        const bytes cut(whole.bytes.data(), whole.bytes.data() + n);  // a copy, so that a sanitizer sees who reads too far
        CHECK(parse(view(cut)).has_value() == (std::find(ends.begin(), ends.end(), n) != ends.end()));
      }
    }
  }
}

TEST_CASE("a body cut anywhere in its fields is refused", "[wire]") {
  struct {
    const char* name;
    std::size_t frame;   // of the datagram
    std::size_t fields;  // bytes of the body that must be there
  } const cases[] = {{"complete-record", 0, 22}, {"complete-record", 1, 134 - 23}, {"fragments", 1, 13}, {"control", 0, 3},
                     {"control", 3, 3},          {"control", 4, 10}};
  for (const auto& c : cases) {
    const auto file = golden(c.name);
    const auto& d = file.at(0).bytes;
    const auto ends = frame_ends(d);
    const auto frame_begin = ends.at(c.frame);
    wire::byte_reader in(view(d).part(frame_begin, d.size() - frame_begin));
    wire::frame frame;
    REQUIRE(wire::next_frame(in, frame));
    for (std::size_t n = 0; n <= c.fields; ++n) {
      CAPTURE(c.name, c.frame, n);
      bytes cut(d.data(), d.data() + wire::header_size);
      cut.push_back(static_cast<std::uint8_t>(frame.type));
      cut.push_back(static_cast<std::uint8_t>(n));
      cut.insert(cut.end(), frame.body.data, frame.body.data + n);
      const bool rest_needed = frame.type == wire::frame_type::fragment;  // its piece has at least 1 byte
      CHECK(parse(view(cut)).has_value() == (n == c.fields && !rest_needed));
    }
  }
}

TEST_CASE("a record has at most 4096 attributes", "[wire]") {
  record r = small_record(level::info, second, 0, "", "text");
  const auto parsed_with = [&r](std::size_t count) {
    r.attributes.assign(count, {"", true});
    bytes b(wire::header_size + wire::record_frame_bound(wire::full_content_size(r)));
    wire::byte_writer out(b.data());
    wire::encode(golden_header, out);
    wire::record_context context;
    wire::encode(r, 0, wire::full_content_size(r), context, out);
    b.resize(static_cast<std::size_t>(out.position() - b.data()));
    const auto d = parse(view(b));
    return d ? static_cast<int>(d->records.at(0).record.attributes.size()) : -1;
  };
  CHECK(parsed_with(4096) == 4096);
  CHECK(parsed_with(4097) == -1);
}

TEST_CASE("the end of a fragment is compared without overflow", "[wire]") {
  const auto fragment = [](std::uint64_t total, std::uint64_t offset, std::size_t size) {
    const bytes piece(size, 'x');
    wire::fragment_frame f;
    f.total = total;
    f.offset = offset;
    f.bytes = view(piece);
    return parse(view(datagram(golden_header).add(f).taken())).has_value();
  };
  constexpr std::uint64_t most = 16 * 1024 * 1024;
  CHECK(fragment(most, most - 100, 100));
  CHECK_FALSE(fragment(most, most - 100, 101));
  CHECK_FALSE(fragment(most, max64 - 99, 100));
  CHECK_FALSE(fragment(most, max64 - 98, 100));
  CHECK_FALSE(fragment(most, max64, 1));
  CHECK_FALSE(fragment(most + 1, 0, 1));
  CHECK_FALSE(fragment(max64, max64 - 1, 1));
}

TEST_CASE("records that were dropped have numbers of 64 bits", "[wire]") {
  const auto dropped = [](std::uint64_t first, std::uint64_t count) {
    return parse(view(datagram(golden_header).add(wire::dropped_frame{{}, first, count}).taken())).has_value();
  };
  CHECK(dropped(0, max64));
  CHECK(dropped(1, max64 - 1));
  CHECK_FALSE(dropped(2, max64 - 1));  // the number after the last must fit too
  CHECK_FALSE(dropped(max64, 1));
  CHECK_FALSE(dropped(max64, max64));
}

TEST_CASE("times may be any distance apart", "[wire]") {
  const auto min = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::min());
  const auto max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const std::uint64_t times[] = {0, max, min, max, 0, min, 0};
  datagram written(golden_header);
  std::uint64_t number = 0;
  for (const auto time : times) written.add(small_record(level::info, time, 0, "", ""), number++);
  const auto b = written.taken();
  const auto d = parse(view(b));
  REQUIRE(d);
  for (std::size_t i = 0; i < std::size(times); ++i) {
    CAPTURE(i);
    CHECK(d->records.at(i).number == i);
    CHECK(d->records.at(i).record.time == at(times[i]));
  }
}

TEST_CASE("any records come back the same when packed together", "[wire][property]") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    record_maker make(seed);
    datagram written(golden_header);
    std::vector<std::pair<std::uint64_t, record>> sent;
    std::uint64_t number = make.number();
    for (int i = 0; i < 20; ++i) {
      sent.emplace_back(number, make.any(10));
      written.add(sent.back().second, number);
      number = make.maybe() ? number + 1 : make.number();
    }
    const auto b = written.taken();
    const auto d = parse(view(b));
    REQUIRE(d);
    REQUIRE(d->records.size() == sent.size());
    for (std::size_t i = 0; i < sent.size(); ++i) {
      CHECK(d->records[i].number == sent[i].first);
      CHECK(describe(d->records[i].record) == describe(sent[i].second));
    }
  }
}
