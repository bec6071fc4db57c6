#include "send/batch_queue.hpp"

#include "support/catch.hpp"

using namespace mailslog;

namespace {

constexpr std::size_t limit = 1400;
constexpr std::size_t capacity = 4 * limit;

/// A queue, and what packs records for it.
struct packed_queue {
  wire::packer packer{1, 2, {}, limit, capacity / limit};
  batch_queue queue{packer.batch_capacity(), 10 * capacity};
  std::uint64_t next_record = 0;

  void close_one() {
    record r;
    r.text = "text";
    queue.open(packer);
    REQUIRE(packer.add(r, next_record++, wire::full_content_size(r)));
    queue.close(packer);
  }
  void send_one() {
    queue.fly();
    queue.landed();
  }
};

}  // namespace

TEST_CASE("batches leave in the order in which they were closed, and bytes are the sum of their sizes", "[queue]") {
  packed_queue q;
  for (int i = 0; i < 3; ++i) q.close_one();
  const auto each = q.queue.front().datagrams.size;
  CHECK(each > 0);
  CHECK(q.queue.bytes() == 3 * each);
  for (std::uint64_t i = 0; i < 3; ++i) {
    CHECK(q.queue.front().datagrams.first_record == i);
    CHECK(q.queue.holds_before(i + 1));
    CHECK_FALSE(q.queue.holds_before(i));
    q.queue.fly();
    CHECK(q.queue.flying());
    CHECK(q.queue.bytes() == (3 - i) * each);
    q.queue.landed();
  }
  CHECK(q.queue.empty());
  CHECK(q.queue.bytes() == 0);
}

TEST_CASE("nothing packed is nothing closed", "[queue]") {
  packed_queue q;
  q.queue.close(q.packer);
  q.queue.open(q.packer);
  q.queue.close(q.packer);
  CHECK(q.queue.empty());
  CHECK(q.packer.has_memory());
}

TEST_CASE("blocks are used again, and kept up to a bound", "[queue]") {
  packed_queue q;
  for (int i = 0; i < 1000; ++i) {
    q.close_one();
    q.send_one();
  }
  CHECK(q.queue.blocks() == 1);
  for (int i = 0; i < 100; ++i) q.close_one();
  CHECK(q.queue.blocks() == 100);
  for (int i = 0; i < 100; ++i) q.send_one();
  CHECK(q.queue.blocks() == 10);
  for (int i = 0; i < 100; ++i) q.close_one();
  for (int i = 0; i < 100; ++i) q.queue.pop_front();  // dropped
  CHECK(q.queue.blocks() == 10);
}

TEST_CASE("a batch that goes in front of all others leaves before them, whatever is packed meanwhile", "[queue]") {
  packed_queue q;
  q.close_one();
  wire::packer other(1, 2, {}, limit, capacity / limit);
  for (int i = 0; i < 100; ++i) {
    auto first = q.queue.begin_first(other);
    REQUIRE(other.add(drop_ledger::range{wire::drop_reason::queue_full, 7, 1}));
    first.front().notices.push_back({wire::drop_reason::queue_full, 7, 1});
    q.queue.close_first(first, other);
    CHECK(q.queue.front().notices.size() == 1);
    q.send_one();
    CHECK(q.queue.front().notices.empty());
    CHECK(q.queue.front().datagrams.first_record == 0);
  }
  CHECK(q.queue.blocks() == 2);
}
