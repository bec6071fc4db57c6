#include "receive/teller.hpp"

#include <map>
#include <string>

#include "listening.hpp"
#include "support/catch.hpp"

using namespace mailslog;
using namespace mailslog::test;

namespace {

/// What a sender remembers.
class memory_of_texts final : public record_source {
 public:
  const received_record* find(std::uint64_t, std::uint64_t from, std::uint64_t end) override {
    const auto found = texts.lower_bound(from);
    if (found == texts.end() || found->first >= end) return nullptr;
    record_.number = found->first;
    record_.text = found->second;
    return &record_;
  }
  std::map<std::uint64_t, std::string> texts;

 private:
  received_record record_;
};

struct telling {
  reader_stats stats;
  sender_store senders{16, 1024 * 1024, 1};
  memory_of_texts memory;
  teller tell{stats, senders, &memory, false};
  sender& s = senders.add(42);

  /// All that must be told before record `number`.
  std::string before(std::uint64_t number) {
    std::string all;
    while (const auto* e = tell.catch_up(s, number, 0)) all += line(*e) + '\n';
    return all;
  }
};

}  // namespace

TEST_CASE("what does not come is told as a gap, once", "[teller]") {
  telling t;
  t.s.records.numbers.begin_at(5);
  CHECK(t.before(8) == "5-7 lost 3 dropped 0\n");
  CHECK(t.before(8) == "");
  CHECK(t.stats.missing == 3);
}

TEST_CASE("of what does not come, what is remembered is given, and the rest is a gap", "[teller]") {
  telling t;
  t.s.records.numbers.begin_at(5);
  t.memory.texts = {{6, "six"}, {7, "seven"}, {9, "nine"}};
  CHECK(t.before(9) == "5-5 lost 1 dropped 0\n6 six\n7 seven\n8-8 lost 1 dropped 0\n");
  CHECK(t.stats.missing == 2);
  CHECK(t.stats.delivered == 2);
  CHECK(t.stats.from_history == 2);
}

TEST_CASE("the first record that is heard of a sender has nothing before it", "[teller]") {
  telling t;
  CHECK(t.before(100) == "");
  CHECK(t.stats.missing == 0);
}

TEST_CASE("what a sender said it dropped is told when no record follows", "[teller]") {
  telling t;
  t.s.records.numbers.begin_at(5);
  REQUIRE(t.s.records.numbers.note({wire::drop_reason::queue_full, 5, 4}, 1));
  const auto* e = t.tell.dropped(t.s);
  REQUIRE(e != nullptr);
  CHECK(line(*e) == "5-8 lost 0 dropped 4");
  CHECK(t.stats.dropped_queue == 4);
  CHECK(t.tell.dropped(t.s) == nullptr);
}

TEST_CASE("a sender's end is told after what is missing before it", "[teller]") {
  telling t;
  t.s.records.numbers.begin_at(5);
  t.s.records.ends = record_order::finish{7, false};
  const auto* e = t.tell.end(t.s, 0);
  REQUIRE(e != nullptr);
  CHECK(line(*e) == "5-6 lost 2 dropped 0");
  e = t.tell.end(t.s, 0);
  REQUIRE(e != nullptr);
  REQUIRE(std::holds_alternative<ended>(*e));
  CHECK_FALSE(std::get<ended>(*e).well);
  CHECK(std::get<ended>(*e).records == 7);
  CHECK_FALSE(t.s.records.ends);
}
