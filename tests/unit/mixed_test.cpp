#include "mixed.hpp"

#include <set>

#include "support/catch.hpp"

using mailslog::mixed;

TEST_CASE("keys that strangers chose to share a bucket of a table share none for who has a seed", "[mixed]") {
  constexpr std::uint64_t buckets = 4096;
  const auto step = GENERATE(std::uint64_t{1} << 12, std::uint64_t{1} << 32, std::uint64_t{5087} * 5087);
  std::set<std::uint64_t> used;
  for (std::uint64_t i = 0; i < buckets; ++i) used.insert(mixed(i * step, 0x1234) % buckets);
  CHECK(used.size() > buckets / 2);  // as many as chance has it: 63 in 100
}

TEST_CASE("keys gather differently for another seed", "[mixed]") {
  constexpr std::uint64_t buckets = 64;
  int together = 0;
  for (std::uint64_t key = 0; key < 4096; ++key) {
    if (mixed(key, 1) % buckets == 0 && mixed(key, 2) % buckets == 0) ++together;
  }
  CHECK(together < 8);  // of the 64 that gather for one of them, one or so
}
