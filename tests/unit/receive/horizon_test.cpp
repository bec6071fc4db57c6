#include "receive/horizon.hpp"

#include "support/catch.hpp"

using namespace mailslog;
using namespace std::chrono_literals;

namespace {

using time_point = horizon::time_point;

constexpr auto opened_on_the_wall = timestamp(std::chrono::hours(400'000));

/// A datagram that came so long after we opened.
origin after(std::chrono::nanoseconds t) {
  origin o;
  o.at = o.with_sleep = time_point(1h) + t;
  o.on_the_wall = opened_on_the_wall + t;
  return o;
}

/// A sender that is so old.
wire::sender_frame aged(std::chrono::milliseconds age, std::string_view host = "elsewhere") {
  wire::sender_frame who;
  who.host = host;
  who.age_ms = static_cast<std::uint32_t>(age.count());
  return who;
}

horizon here() { return {time_point(1h), "here"}; }

}  // namespace

TEST_CASE("a sender that is younger than we have listened began after us", "[horizon]") {
  CHECK(here().began_after(aged(9s), after(10s)));
  CHECK_FALSE(here().began_after(aged(11s), after(10s)));
  CHECK_FALSE(here().began_after(aged(10s), after(10s)));  // its age is rounded down: it may be a little older
  auto oldest = aged(0s);
  oldest.age_ms = wire::max_age_ms;  // or more
  CHECK_FALSE(here().began_after(oldest, after(24h * 365)));
}

TEST_CASE("of a sender of this machine the clock on the wall tells what its age leaves open", "[horizon]") {
  auto who = aged(0s, "here");
  const auto started = [&](timestamp at) {
    who.started = static_cast<std::uint64_t>(at.time_since_epoch().count());
    return here().began_after(who, after(500us));
  };
  CHECK(started(opened_on_the_wall + 1us));
  CHECK_FALSE(started(opened_on_the_wall - 1us));
  CHECK_FALSE(started(opened_on_the_wall + 1h));  // the clock was set in between
  who.host = "elsewhere";
  CHECK_FALSE(started(opened_on_the_wall + 1us));
}

TEST_CASE("when a sender was forgotten, whoever seems new may be that one", "[horizon]") {
  auto h = here();
  h.arrived(after(10s).with_sleep);
  h.forgot();
  CHECK_FALSE(h.began_after(aged(5s), after(12s)));
  CHECK(h.began_after(aged(1s), after(12s)));
  CHECK_FALSE(h.began_after(aged(0s), after(9s)));  // it came before that
}
