#include "read/seen_records.hpp"

#include "sample.hpp"
#include "support/catch.hpp"

using namespace slotcat;
using namespace slotcat::test;

namespace {

mailslog::received_record numbered(std::uint64_t number, const mailslog::sender_info& from = plant7) {
  auto record = sample_record(from);
  record.number = number;
  return record;
}

}  // namespace

TEST_CASE("a record is new once, whatever came before it") {
  seen_records seen;
  for (const std::uint64_t number : {0, 1, 2, 5, 4}) CHECK(seen.first(numbered(number)));
  for (const std::uint64_t number : {4, 0, 5, 1, 2}) CHECK_FALSE(seen.first(numbered(number)));
  CHECK(seen.first(numbered(3)));
}

TEST_CASE("senders have numbers of their own") {
  seen_records seen;
  const mailslog::sender_info other{7, "plant7", "pump", 4711};
  CHECK(seen.first(numbered(1)));
  CHECK(seen.first(numbered(1, other)));
  CHECK_FALSE(seen.first(numbered(1)));
}

TEST_CASE("word of missing records is new once") {
  seen_records seen;
  CHECK(seen.first(mailslog::gap{&plant7, 0, 0, 1, 0}));
  CHECK_FALSE(seen.first(mailslog::gap{&plant7, 0, 0, 1, 0}));
  CHECK(seen.first(mailslog::gap{&plant7, 3, 5, 3, 0}));
}

TEST_CASE("strangers who invent senders are forgotten") {
  seen_records seen;
  for (std::uint64_t id = 1; id <= 3000; ++id) {
    const mailslog::sender_info from{id, "h", "a", 1};
    CHECK(seen.first(numbered(0, from)));
  }
}
