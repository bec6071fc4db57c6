#include "history/ring.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <deque>
#include <memory>
#include <thread>
#include <utility>

#include "packing.hpp"
#include "receive/inbox.hpp"
#include "receive/ring_cursor.hpp"
#include "support/catch.hpp"

using namespace mailslog;
using namespace mailslog::history;

namespace {

/// A ring in memory, of which tests take copies at any moment.
class memory_ring final : public ring_memory, public ring_source {
 public:
  explicit memory_ring(const ring_info& info, std::size_t most_blocks = SIZE_MAX)
      : info_(info), most_(most_blocks), words_(info.file_size() / 8) {}

  std::uint8_t* header() noexcept override { return bytes(); }
  std::uint8_t* block(std::size_t index) noexcept override { return index < most_ ? bytes() + info_.block_offset(index) : nullptr; }
  std::size_t read(std::uint64_t offset, std::uint8_t* to, std::size_t size) noexcept override {
    if (offset > cut) return 0;
    size = std::min<std::size_t>(size, std::min(cut, words_.size() * 8) - offset);
    std::memcpy(to, bytes() + offset, size);
    return size;
  }
  std::uint8_t* bytes() noexcept { return reinterpret_cast<std::uint8_t*>(words_.data()); }
  std::size_t size() const noexcept { return words_.size() * 8; }

  std::size_t cut = SIZE_MAX;

 private:
  ring_info info_;
  std::size_t most_;
  std::vector<std::uint64_t> words_;
};

ring_info info_of(std::size_t block_size, std::size_t blocks) {
  ring_info i;
  i.block_size = block_size;
  i.blocks = blocks;
  i.slot_tag = 0x8af022ee;
  i.scope = ring_scope::lan;
  i.sender = 0x0123456789abcdef;
  i.started = 1'704'164'645'000'000'006;
  i.process = 4711;
  i.host = "buildbox";
  i.app = "cc";
  i.slot = "build-farm";
  return i;
}

record text_record(std::string_view text, std::int64_t time = 1'704'164'645'000'000'000) {
  record r;
  r.time = timestamp(std::chrono::nanoseconds(time));
  r.thread = 1;
  r.logger = "a";
  r.text = text;
  return r;
}

bool write(ring_writer& w, const record& r, std::uint64_t number) { return w.write(r, number, wire::full_content_size(r)); }

/// All that can be read, as a reader reads it.
test::unpacked read_all(ring_source& from, std::uint64_t* damaged = nullptr) {
  ring_info info;
  if (read_header(from, info) != ring_error::none) return {false, {}};
  std::uint64_t bad = 0;
  inbox_config config;
  config.slot_tag = info.slot_tag;
  inbox box(config);
  test::unpacked out;
  test::bytes d;
  for (auto& b : read_blocks(from, info, bad)) {
    if (!read_block(from, info, b, d) || d.empty()) continue;
    box.put(test::view(d), {}, {}, {});
    while (const auto* e = box.next({})) {
      const auto* r = std::get_if<received_record>(e);
      if (r == nullptr) continue;
      if (!r->missing.empty() || r->start_missing) out.good = false;
      out.records.emplace_back(r->number, test::describe(*r));
    }
  }
  if (box.stats().malformed != 0) out.good = false;
  if (damaged != nullptr) *damaged = bad;
  return out;
}

}  // namespace

TEST_CASE("a ring is written byte for byte as the page says, and read back", "[ring]") {
  const auto golden = test::golden("ring");
  const auto info = info_of(4096, 3);
  memory_ring expected(info);
  const std::size_t at[] = {0, info.block_offset(0), info.block_offset(1)};
  for (std::size_t i = 0; i < 3; ++i) std::copy(golden.at(i).bytes.begin(), golden.at(i).bytes.end(), expected.bytes() + at[i]);

  memory_ring ring(info);
  const std::string last(3950, 'x');
  {
    ring_writer w(ring, info);
    REQUIRE(write(w, text_record("first"), 0));
    REQUIRE(write(w, text_record("second", 1'704'164'645'000'000'100), 1));
    w.skip({wire::drop_reason::too_large, 2, 1});
    auto r = text_record(last, 1'704'164'645'000'000'300);
    r.level = level::error;
    r.thread = 2;
    r.logger = "b";
    REQUIRE(write(w, r, 3));
    w.end(4);
  }
  CHECK(std::equal(ring.bytes(), ring.bytes() + ring.size(), expected.bytes()));

  ring_info read;
  REQUIRE(read_header(expected, read) == ring_error::none);
  CHECK(read.block_size == 4096);
  CHECK(read.blocks == 3);
  CHECK(read.slot_tag == info.slot_tag);
  CHECK(read.scope == ring_scope::lan);
  CHECK(read.sender == info.sender);
  CHECK(read.started == info.started);
  CHECK(read.process == 4711);
  CHECK(read.host == "buildbox");
  CHECK(read.app == "cc");
  CHECK(read.slot == "build-farm");
  std::uint64_t next = 0;
  CHECK(ended_well(expected, next));
  CHECK(next == 4);
  const auto all = read_all(expected);
  REQUIRE(all.records.size() == 3);
  CHECK(all.records[1].first == 1);
  CHECK(all.records[1].second == test::describe(text_record("second", 1'704'164'645'000'000'100)));
  CHECK(all.records[2].first == 3);
}

TEST_CASE("a ring keeps the last records, whole and in order, however often it has turned", "[ring]") {
  const std::size_t blocks = GENERATE(2, 3, 16);
  const auto info = info_of(4096, blocks);
  memory_ring ring(info);
  ring_writer w(ring, info);
  test::record_maker make(7);
  std::deque<std::string> written;
  for (std::uint64_t n = 0; n < 2000; ++n) {
    const auto r = make.any(n % 97 == 0 ? 3000 : 100);
    const auto taken = write(w, r, n);
    written.push_back(taken ? test::describe(r) : std::string());
    const auto all = read_all(ring);
    REQUIRE(all.good);
    if (n % 50 != 0 || !taken) continue;
    REQUIRE(all.records.back().first == n);
    for (const auto& [number, text] : all.records) REQUIRE(text == written[number]);
    // At least all blocks but the one that is begun anew, and what did not fit their ends.
    std::size_t bytes = 0;
    for (const auto& [number, text] : all.records) bytes += text.size();
    if (n > 1500) CHECK(bytes > (blocks - 1) * info.block_size / 8);
  }
}

TEST_CASE("a record of many blocks is read whole or not at all", "[ring]") {
  const auto info = info_of(4096, 8);
  memory_ring ring(info);
  ring_writer w(ring, info);
  test::record_maker make(1);
  const std::size_t largest = 4 * 4096 - 100;
  std::vector<std::string> texts;
  for (std::uint64_t n = 0; n < 40; ++n) {
    const auto r = make.plain(n % 3 == 0 ? largest - 400 * n / 3 : 50);
    REQUIRE(write(w, r, n));
    texts.push_back(test::describe(r));
    const auto all = read_all(ring);
    REQUIRE_FALSE(all.records.empty());
    CHECK(all.records.back().first == n);
    for (const auto& [number, text] : all.records) CHECK(text == texts[number]);
  }
  const auto larger = make.plain(5 * 4096);
  CHECK_FALSE(write(w, larger, 40));
  REQUIRE(write(w, make.plain(10), 41));
  CHECK(read_all(ring).records.back().first == 41);
  for (const auto& [number, text] : read_all(ring).records) CHECK(number != 40);
}

TEST_CASE("a record never overwrites its own beginning: what was taken is read", "[ring]") {
  const std::size_t blocks = GENERATE(2, 3);
  const auto info = info_of(4096, blocks);
  test::record_maker make(1);
  const auto half = blocks * info.block_size / 2;
  for (std::size_t before = 3700; before < 4000; before += 7) {
    for (std::size_t size = half - 160; size < half; size += 5) {
      memory_ring ring(info);
      ring_writer w(ring, info);
      REQUIRE(write(w, make.plain(before - 200), 0));
      const bool taken = write(w, make.plain(size), 1);
      const auto all = read_all(ring);
      REQUIRE(all.good);
      const bool there = std::any_of(all.records.begin(), all.records.end(), [](const auto& r) { return r.first == 1; });
      REQUIRE(there == taken);
      REQUIRE(write(w, make.plain(10), 2));
      REQUIRE(read_all(ring).records.back().first == 2);
    }
  }
}

TEST_CASE("what the only block holds stays at a good end", "[ring]") {
  const auto info = info_of(4096, 16);
  memory_ring ring(info, 1);
  ring_writer w(ring, info);
  test::record_maker make(1);
  for (std::uint64_t n = 0; n < 500; ++n) write(w, make.plain(100), n);
  const auto alive = read_all(ring).records;
  REQUIRE_FALSE(alive.empty());
  w.end(500);
  ring.cut = w.extent();
  CHECK(read_all(ring).records == alive);
}

namespace {

/// A ring as its readers open it, who count how often they read.
struct read_ring final : open_ring {
  explicit read_ring(memory_ring& r) : ring(r) {}
  std::size_t read(std::uint64_t offset, std::uint8_t* to, std::size_t size) noexcept override {
    ++reads;
    return ring.read(offset, to, size);
  }
  bool held() noexcept override { return true; }

  memory_ring& ring;
  std::size_t reads = 0;
};

}  // namespace

TEST_CASE("where many blocks were begun anew meanwhile, those behind them are read all the same", "[ring]") {
  const auto info = info_of(4096, 400);
  memory_ring ring(info);
  ring_writer w(ring, info);
  test::record_maker make(1);
  std::uint64_t n = 0;
  while (ring.block(399)[0] == 0 && n < 100'000) write(w, make.plain(10), n++);
  for (std::size_t i = 2; i < 399; ++i) std::fill_n(ring.block(i), 8, std::uint8_t{0});
  ring_cursor cursor(std::make_unique<read_ring>(ring), info);
  cursor.seek(std::uint64_t{0});
  std::uint64_t last = 0;
  while (const auto* e = cursor.next()) last = std::get<received_record>(*e).number;
  CHECK(last == n - 1);
}

TEST_CASE("how far a sender is is found in few steps, however many blocks say nothing of it", "[ring]") {
  const auto info = info_of(4096, 512);
  memory_ring ring(info);
  ring_writer w(ring, info);
  test::record_maker make(1);
  std::uint64_t n = 0;
  while (ring.block(511)[0] == 0 && n < 100'000) write(w, make.plain(100), n++);
  // Nothing but a header in each.
  for (std::size_t i = 0; i < 512; ++i) ring.block(i)[8] = wire::header_size, ring.block(i)[9] = 0;
  auto counted = std::make_unique<read_ring>(ring);
  auto& reads = counted->reads;
  ring_cursor cursor(std::move(counted), info);
  CHECK_FALSE(cursor.end_number());
  CHECK(reads < 512 * 20);
}

TEST_CASE("where there are no more blocks those that are there go on", "[ring]") {
  const auto info = info_of(4096, 16);
  const std::size_t got = GENERATE(0, 1, 2, 5);
  memory_ring ring(info, got);
  ring_writer w(ring, info);
  test::record_maker make(1);
  bool taken = false;
  for (std::uint64_t n = 0; n < 500; ++n) taken = write(w, make.plain(100), n);
  CHECK(taken == (got >= 2));
  const auto all = read_all(ring);
  CHECK(all.good);
  if (got == 0) CHECK(all.records.empty());
  if (got == 1) CHECK(all.records.front().first == 0);
  if (got >= 2) CHECK(all.records.back().first == 499);
}

TEST_CASE("a ring cut anywhere gives what is before the cut, and never anything else", "[ring]") {
  const auto info = info_of(4096, 2);
  memory_ring ring(info);
  ring_writer w(ring, info);
  test::record_maker make(3);
  std::vector<std::string> texts;
  for (std::uint64_t n = 0; n < 30; ++n) {
    const auto r = make.plain(200);
    texts.push_back(test::describe(r));
    write(w, r, n);
  }
  const auto whole = read_all(ring).records;
  REQUIRE(whole.size() == 30);
  REQUIRE(w.extent() < ring.size());
  ring.cut = w.extent();
  CHECK(read_all(ring).records == whole);
  for (ring.cut = 0; ring.cut < w.extent(); ++ring.cut) {
    const auto part = read_all(ring);
    REQUIRE(part.records.size() < whole.size());
    REQUIRE(std::equal(part.records.begin(), part.records.end(), whole.begin()));
  }
}

TEST_CASE("a header that contradicts the format is refused", "[ring]") {
  const auto info = info_of(4096, 3);
  memory_ring ring(info);
  ring_writer w(ring, info);
  ring_info out;
  REQUIRE(read_header(ring, out) == ring_error::none);
  const auto with = [&](std::size_t at, std::uint32_t value) {
    memory_ring changed = ring;
    wire::byte_writer(changed.bytes() + at).u32(value);
    return read_header(changed, out);
  };
  CHECK(with(0, 0) == ring_error::not_a_ring);
  CHECK(with(4, 0) == ring_error::not_a_ring);
  CHECK(with(8, 2) == ring_error::other_version);
  CHECK(with(12, 64) == ring_error::damaged);
  for (const std::uint32_t size : {0u, 1u, 64u, 4097u, 128u * 1024, 0xfffff000u}) CHECK(with(16, size) == ring_error::damaged);
  for (const std::uint32_t blocks : {0u, 1u, 16385u, 0xffffffffu}) CHECK(with(20, blocks) == ring_error::damaged);
  CHECK(with(28, 4) == ring_error::damaged);
  CHECK(out.blocks == 3);  // untouched
  for (ring.cut = 0; ring.cut < ring_header_size; ++ring.cut) {
    REQUIRE(read_header(ring, out) == (ring.cut < 8 ? ring_error::not_a_ring : ring_error::damaged));
  }
}

TEST_CASE("a crash between any two stores leaves all records that were written before", "[ring]") {
  // Each store into a block changes some bytes: what lies there after any part of them is what a crash leaves.
  const auto info = info_of(4096, 2);
  memory_ring ring(info);
  ring_writer w(ring, info);
  test::record_maker make(5);
  std::vector<std::string> texts;
  for (std::uint64_t n = 0; n < 60; ++n) {
    const auto r = make.plain(150);
    memory_ring before = ring;
    write(w, r, n);
    texts.push_back(test::describe(r));
    // The frame is there, and does not count yet.
    memory_ring torn = ring;
    std::uint64_t damaged = 0;
    auto blocks = read_blocks(torn, info, damaged);
    const auto newest = info.block_offset(blocks.back().index);
    std::copy(before.bytes() + newest, before.bytes() + newest + block_header_size, torn.bytes() + newest);
    if (blocks.back().first_record == n) wire::byte_writer(torn.bytes() + newest).u64(0);  // the first store of a block begun anew
    const auto all = read_all(torn);
    REQUIRE(all.good);
    for (const auto& [number, text] : all.records) REQUIRE(text == texts[number]);
    const auto old = read_all(before);
    if (!old.records.empty() && blocks.back().first_record != n) REQUIRE(all.records == old.records);
  }
}

TEST_CASE("blocks that contradict the format are counted and passed over", "[ring]") {
  const auto info = info_of(4096, 4);
  memory_ring ring(info);
  ring_writer w(ring, info);
  test::record_maker make(5);
  for (std::uint64_t n = 0; n < 60; ++n) write(w, make.plain(150), n);
  const auto all = read_all(ring).records;
  std::uint64_t damaged = 0;

  memory_ring huge = ring;
  wire::byte_writer(huge.bytes() + info.block_offset(1) + 8).u64(4096 - 64 + 1);
  CHECK(read_all(huge, &damaged).records.size() < all.size());
  CHECK(damaged == 1);

  memory_ring twice = ring;
  std::copy_n(twice.bytes() + info.block_offset(0), 4096, twice.bytes() + info.block_offset(1));
  CHECK(read_all(twice, &damaged).records.size() < all.size());
  CHECK(damaged == 1);
}

TEST_CASE("a reader sees what a writer that does not wait for it has written, or nothing", "[ring]") {
  const auto info = info_of(4096, 4);
  memory_ring ring(info);
  ring_writer w(ring, info);
  write(w, text_record("0"), 0);
  std::uint64_t damaged = 0;
  auto blocks = read_blocks(ring, info, damaged);
  REQUIRE(blocks.size() == 1);
  // The block turns while it is copied.
  struct turning final : ring_source {
    memory_ring& ring;
    ring_writer& writer;
    std::uint64_t next = 1;
    turning(memory_ring& r, ring_writer& w) : ring(r), writer(w) {}
    std::size_t read(std::uint64_t offset, std::uint8_t* to, std::size_t size) noexcept override {
      const auto n = ring.read(offset, to, size);
      const std::string text(3000, 'x');
      if (size > 8) {
        for (int i = 0; i < 8; ++i) write(writer, text_record(text), next++);
      }
      return n;
    }
  } source(ring, w);
  test::bytes copy;
  CHECK_FALSE(read_block(source, info, blocks.front(), copy));
  CHECK_FALSE(read_block(ring, info, blocks.front(), copy));
}

TEST_CASE("a history's size is divided into blocks that fit it", "[ring]") {
  ring_info i;
  for (std::size_t bytes : {smallest_ring, std::size_t{20'000}, std::size_t{65'536}, std::size_t{262'144}, std::size_t{1'000'000}, largest_ring}) {
    i.divide(bytes);
    CAPTURE(bytes);
    CHECK(i.block_size % smallest_block == 0);
    CHECK(i.block_size >= smallest_block);
    CHECK(i.block_size <= largest_block);
    CHECK(i.blocks >= 2);
    CHECK(i.blocks <= most_blocks);
    CHECK(i.blocks * i.block_size <= bytes);
    CHECK(i.blocks * i.block_size >= bytes / 2);
  }
}
