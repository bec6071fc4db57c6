// Several senders as one.
#include <utility>

#include "reading.hpp"
#include "support/catch.hpp"
#include "transport/fan_out.hpp"

using namespace mailslog;
using namespace mailslog::test;
using transport::send_status;

namespace {

sender_ptr both(sender_ptr a, sender_ptr b) {
  std::vector<sender_ptr> senders;
  senders.push_back(std::move(a));
  senders.push_back(std::move(b));
  return transport::fan_out(std::move(senders));
}

}  // namespace

TEST_CASE("of several senders, one that has no room holds up the others for a moment only", "[transport]") {
  memory_slot full;
  memory_slot free;
  reading stopped(full.receiver());
  reading reader(free.receiver());
  const auto fan = both(full.sender(), free.sender());
  std::uint32_t sent = 0;
  send_status last = send_status::done;
  while (last == send_status::done) {
    REQUIRE(++sent <= memory_slot_state::most_waiting + 1);
    const auto d = marked('f', sent, 10);
    last = fan->send(view(d), d.size()).status;
  }
  REQUIRE(last == send_status::would_block);  // at first it is waited for
  const auto d = marked('f', sent, 10);
  const auto result = post(*fan, d, reader);
  CHECK(result.taken == 1);
  CHECK(result.error == std::errc::resource_unavailable_try_again);
  for (std::uint32_t i = 0; i < 10; ++i) {
    const auto next = marked('n', i, 10);
    CHECK(fan->send(view(next), next.size()).status != send_status::would_block);
    reader.take();
    CHECK(reader.got().back() == next);
  }

  // When it has room again it gets the next ones whole.
  stopped.take();
  const auto again = marked('a', 1, 10);
  CHECK(post(*fan, again).taken == 2);
  stopped.take();
  CHECK(stopped.got().back() == again);
}

TEST_CASE("the only sender that has somebody to send to is waited for", "[transport]") {
  memory_slot full;
  memory_slot nobody;
  reading stopped(full.receiver());
  const auto fan = both(full.sender(), nobody.sender());
  const auto d = marked('f', 1, 10);
  std::size_t sent = 0;
  while (fan->send(view(d), d.size()).status == send_status::done) REQUIRE(++sent <= memory_slot_state::most_waiting);
  const auto end = std::chrono::steady_clock::now() + 2 * transport::usual_patience;
  wait_until([&] {
    CHECK(fan->send(view(d), d.size()).status == send_status::would_block);
    return std::chrono::steady_clock::now() >= end;
  });
  CHECK(post(*fan, d, stopped).taken == 1);
}
