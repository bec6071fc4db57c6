#include <mailslog/quantity.hpp>

#include <chrono>
#include <cstdint>
#include <string>

#include <mailslog/address.hpp>

#include "support/catch.hpp"

using namespace mailslog;
using namespace std::chrono_literals;

namespace {

std::uint64_t size_of(std::string_view text) {
  std::uint64_t bytes = 0;
  CHECK(parse_size(text, bytes) == quantity_error::none);
  return bytes;
}

std::chrono::nanoseconds time_of(std::string_view text) {
  std::chrono::nanoseconds time{0};
  CHECK(parse_time(text, time) == quantity_error::none);
  return time;
}

}  // namespace

TEST_CASE("sizes are bytes, or powers of 1024 in any case", "[quantity]") {
  CHECK(size_of("0") == 0);
  CHECK(size_of("4096") == 4096);
  CHECK(size_of("64k") == 65536);
  CHECK(size_of("64KiB") == 65536);
  CHECK(size_of("1.5M") == 1572864);
  CHECK(size_of("0.1k") == 102);
  CHECK(size_of("2g") == 2147483648);
  CHECK(size_of("9223372036854775807") == 9223372036854775807);
}

TEST_CASE("times are numbers with a unit, seconds without, or forever", "[quantity]") {
  CHECK(time_of("0") == 0ns);
  CHECK(time_of("5") == 5s);
  CHECK(time_of("7ns") == 7ns);
  CHECK(time_of("1.5s") == 1500ms);
  CHECK(time_of("0.1s") == 100ms);
  CHECK(time_of("250us") == 250us);
  CHECK(time_of("2m") == 2min);
  CHECK(time_of("2min") == 2min);
  CHECK(time_of("1h") == 1h);
  CHECK(time_of("1d") == 24h);
  CHECK(time_of("forever") == forever);
}

TEST_CASE("what is no quantity is refused and changes nothing", "[quantity]") {
  for (const auto* text : {"", ".", "K", "-1", "+1", " 1", "1 ", "1e3", "0x10", "1.2.3", "1X", "1KK", "1KiBs", "nan", "inf", "1s"}) {
    CAPTURE(text);
    std::uint64_t bytes = 7;
    CHECK(parse_size(text, bytes) == quantity_error::malformed);
    CHECK(bytes == 7);
  }
  for (const auto* text : {"", ".", "s", "-1s", "5 s", "1e3", "1.2.3s", "5x", "1M", "FOREVER"}) {
    CAPTURE(text);
    std::chrono::nanoseconds time = 7ns;
    CHECK(parse_time(text, time) == quantity_error::malformed);
    CHECK(time == 7ns);
  }
}

TEST_CASE("what is too large is told apart from what is none", "[quantity]") {
  std::uint64_t bytes = 7;
  for (const auto* text : {"9223372036854775808", "18446744073709551615G", "8589934592G", "99999999999999999999999999999k"}) {
    CAPTURE(text);
    CHECK(parse_size(text, bytes) == quantity_error::too_large);
  }
  CHECK(bytes == 7);
  std::chrono::nanoseconds time = 7ns;
  for (const auto* text : {"9223372037s", "200000d", "99999999999999999999ns"}) {
    CAPTURE(text);
    CHECK(parse_time(text, time) == quantity_error::too_large);
  }
  CHECK(time == 7ns);
}

TEST_CASE("addresses read sizes and times by the same grammar", "[quantity]") {
  const auto o = address("x?queue=1.5M&rcvbuf=64k&pace=2MiB&max_delay=5&linger=1.5s&reorder_wait=2m").options();
  CHECK(o.queue == 1572864);
  CHECK(o.rcvbuf == 65536);
  CHECK(o.pace == 2097152);
  CHECK(o.max_delay == 5s);
  CHECK(o.linger == 1500ms);
  CHECK(o.reorder_wait == 2min);
}
