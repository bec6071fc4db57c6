// A ring file that anybody may have written: header and blocks, each behind its length (u16), at their places in a file of zeros. What is read is
// bounded by what is there, whole, of one sender, and the same each time.
#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "check.hpp"
#include "receive/ring_cursor.hpp"
#include "wire/bytes.hpp"

using namespace mailslog;

namespace {

struct memory_ring final : history::open_ring {
  std::size_t read(std::uint64_t offset, std::uint8_t* to, std::size_t size) noexcept override {
    if (offset >= bytes.size() || size == 0) return 0;
    size = std::min<std::size_t>(size, bytes.size() - static_cast<std::size_t>(offset));
    std::memcpy(to, bytes.data() + offset, size);
    return size;
  }
  bool held() noexcept override { return false; }

  std::vector<std::uint8_t> bytes;
};

std::vector<std::uint8_t> spread(byte_view input) {
  std::vector<std::uint8_t> file;
  wire::byte_reader in(input);
  for (std::size_t at = 0; in.left() >= 2 && at < 16 * history::smallest_block; at += history::smallest_block) {
    const auto low = in.u8();
    const auto size = std::min<std::size_t>(low | in.u8() << 8, std::min(in.left(), history::smallest_block));
    const auto piece = in.bytes(size);
    file.resize(at);
    file.insert(file.end(), piece.data, piece.data + piece.size);
  }
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto ring = std::make_unique<memory_ring>();
  ring->bytes = spread({data, size});
  history::ring_info info;
  if (history::read_header(*ring, info) != history::ring_error::none) return 0;
  FUZZ_CHECK(info.block_size >= history::smallest_block && info.block_size <= history::largest_block);
  FUZZ_CHECK(info.blocks >= 2 && info.blocks <= history::most_blocks);
  std::uint64_t next = 0;
  (void)history::ended_well(*ring, next);

  const auto bytes = ring->bytes.size();
  ring_cursor cursor(std::move(ring), info);
  std::vector<std::uint64_t> numbers;
  std::uint64_t least = 0;
  cursor.seek(std::uint64_t{0});
  while (const auto* e = cursor.next()) {
    const auto& r = std::get<received_record>(*e);
    FUZZ_CHECK(r.from->id == info.sender && r.missing.empty() && !r.start_missing && r.from_history);
    FUZZ_CHECK(least <= r.number);  // what was kept back has the number of the next one
    least = number_after(r);
    for (const auto text : {r.logger, r.text, r.source.file, r.source.function}) touch(text);
    numbers.push_back(r.number);
    FUZZ_CHECK(numbers.size() <= bytes);
  }
  if (numbers.empty()) return 0;
  // By whatever way it is come to.
  cursor.seek(numbers.back());
  std::uint64_t last = 0;
  while (const auto* e = cursor.next()) last = std::get<received_record>(*e).number;
  (void)last;
  (void)cursor.end_number();
  cursor.seek(timestamp::min());
  std::size_t again = 0;
  while (cursor.next() != nullptr) ++again;
  FUZZ_CHECK(again <= bytes);
  return 0;
}
