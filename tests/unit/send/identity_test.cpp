#include "send/identity.hpp"

#include <memory>

#include "support/catch.hpp"
#include "wire/datagram.hpp"

using namespace mailslog;
using namespace std::chrono_literals;

namespace {

std::chrono::steady_clock::time_point started() { return std::chrono::steady_clock::time_point(1000s); }

outbox_config config() {
  outbox_config c;
  c.host = "buildbox";
  c.app = "cc";
  c.slot = "lab";
  c.clock = started;
  c.slept = []() noexcept { return std::chrono::nanoseconds(1h); };
  return c;
}

}  // namespace

TEST_CASE("a sender's age counts from its beginning, the time asleep included, and has an end", "[identity]") {
  const identity who(config());
  const auto age_at = [&](std::chrono::steady_clock::time_point now) { return who.age_ms(now + 1h); };
  CHECK(age_at(started()) == 0);
  CHECK(age_at(started() + 1500us) == 1);
  CHECK(age_at(started() + 1h) == 3'600'000);
  CHECK(age_at(started() - 1s) == 0);
  CHECK(age_at(started() + 24h * 365) == wire::max_age_ms);
}

TEST_CASE("what a sender remembers is under the id that its datagrams have, and another one's under another", "[identity]") {
  const auto c = config();
  const identity who(c);
  const auto ring = who.ring(c);
  CHECK(ring.host == "buildbox");
  CHECK(ring.app == "cc");
  CHECK(ring.slot == "lab");
  auto packer = who.packer(c, 200, 1);
  packer.begin(std::unique_ptr<std::uint8_t[]>(new std::uint8_t[packer.batch_capacity()]));
  REQUIRE(packer.add_number(wire::frame_type::progress, 7));
  const auto batch = packer.take();
  wire::header h;
  REQUIRE(wire::decode({batch.bytes.get(), batch.size}, h) == wire::header_error::none);
  CHECK(h.sender == ring.sender);
  CHECK(identity(c).ring(c).sender != ring.sender);
}
