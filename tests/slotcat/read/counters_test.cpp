#include "read/counters.hpp"

#include "support/catch.hpp"

using namespace slotcat;

TEST_CASE("counters tell what was seen, shown, hidden by which filter, and lost") {
  counters counted;
  counted[verdict::shown] = 12;
  counted[verdict::level] = 900;
  counted[verdict::grep] = 88;
  mailslog::reader_stats stats;
  stats.missing = 1;
  stats.incomplete = 2;
  stats.repeated = 3;
  stats.malformed = 4;
  stats.other_version = 5;
  stats.other_slot = 6;
  stats.evicted = 7;
  stats.dropped_by_kernel = 8;
  stats.dropped_queue = 9;
  stats.dropped_socket = 10;
  stats.late = 20;
  stats.unconfirmed = 21;
  CHECK(describe(counted, stats) ==
        "seen 1000, shown 12, hidden 988 (level 900, grep 88), missing 1, incomplete 2, repeated 3, malformed 4, refused 11, "
        "dropped by kernel 8, dropped by sender 19, late 20, evicted 7, unconfirmed 21");
  counted.without_memory = 22;
  CHECK_THAT(describe(counted, stats), EndsWith(", unconfirmed 21, not shown for want of memory 22"));
}

TEST_CASE("every kind of loss counts as loss, and nothing else does") {
  mailslog::reader_stats stats;
  stats.delivered = 5;
  stats.repeated = 5;
  stats.malformed = 5;
  stats.foreign = 5;
  stats.other_slot = 5;
  stats.unconfirmed = 5;
  CHECK_FALSE(any_loss(stats));
  for (auto member : {&mailslog::reader_stats::missing, &mailslog::reader_stats::incomplete,
                      &mailslog::reader_stats::dropped_queue, &mailslog::reader_stats::dropped_socket,
                      &mailslog::reader_stats::dropped_too_large, &mailslog::reader_stats::dropped_by_kernel,
                      &mailslog::reader_stats::late, &mailslog::reader_stats::evicted}) {
    auto with_loss = stats;
    with_loss.*member = 1;
    CHECK(any_loss(with_loss));
  }
}
