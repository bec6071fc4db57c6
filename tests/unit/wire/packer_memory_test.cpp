// A packer whose user runs out of memory. Makes allocations fail, and is a program of its own for that reason.
#include <cstddef>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "packing.hpp"
#include "records.hpp"
#include "support/catch.hpp"

namespace {
std::size_t until_failure = SIZE_MAX;  // allocations
std::size_t made = 0;

void* allocate(std::size_t size) noexcept {
  if (until_failure == 0) {
    until_failure = SIZE_MAX;
    return nullptr;
  }
  if (until_failure != SIZE_MAX) --until_failure;
  ++made;
  return std::malloc(size == 0 ? 1 : size);
}
}  // namespace

void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void* operator new(std::size_t size) {
  if (auto* p = allocate(size)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

using namespace mailslog;
using namespace mailslog::test;

namespace {

using block = std::unique_ptr<std::uint8_t[]>;

/// Adds records as an outbox does: gets all memory before, so that a record is added whole or not at all.
class careful {
 public:
  careful() : packer_(1, 2, packing{}.sender, 200, 2) {
    spare_.reserve(100);
    sent_.reserve(1000);
  }

  void add(const record& r, std::uint64_t number) {
    const auto content = wire::full_content_size(r);
    if (!packer_.has_memory()) packer_.begin(new_block());
    const auto more = packer_.prepare(content);
    while (spare_.size() < more) spare_.push_back(new_block());
    const auto before = made;
    while (!packer_.add(r, number, content)) {
      sent_.push_back(packer_.take());
      packer_.begin(std::move(spare_.back()));
      spare_.pop_back();
    }
    CHECK(made == before);
  }
  std::vector<bytes> datagrams() {
    if (packer_.has_memory() && !packer_.empty()) sent_.push_back(packer_.take());
    std::vector<bytes> out;
    for (const auto& b : sent_) {
      for (std::size_t at = 0; at < b.size; at += packer_.limit()) {
        out.emplace_back(b.bytes.get() + at, b.bytes.get() + std::min(b.size, at + packer_.limit()));
      }
    }
    return out;
  }

 private:
  block new_block() const { return block(new std::uint8_t[packer_.batch_capacity()]); }

  wire::packer packer_;
  std::vector<block> spare_;
  std::vector<wire::batch> sent_;
};

}  // namespace

TEST_CASE("when memory runs out a record is added whole or not at all, and the others are as ever", "[wire][packer]") {
  record_maker make(1);
  std::vector<record> records;
  for (int i = 0; i < 12; ++i) records.push_back(make.any(i % 3 == 0 ? 2000 : 60));

  for (std::size_t failing = 0, lost = 1; lost != 0; ++failing) {
    CAPTURE(failing);
    REQUIRE(failing < 1000);
    careful packer;
    lost = 0;
    std::vector<std::pair<std::uint64_t, std::string>> expected;
    expected.reserve(records.size());
    until_failure = failing;
    for (std::size_t i = 0; i < records.size(); ++i) {
      try {
        packer.add(records[i], i);
        expected.emplace_back(i, std::string());
      } catch (const std::bad_alloc&) {
        ++lost;
      }
    }
    until_failure = SIZE_MAX;
    CHECK(lost <= 1);
    for (auto& [number, text] : expected) text = describe(records[number]);
    const auto got = unpack(packer.datagrams());
    CHECK(got.good);
    CHECK(got.records == expected);
  }
}
