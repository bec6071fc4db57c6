#include "address/groups.hpp"

#include "support/catch.hpp"

using namespace mailslog;

TEST_CASE("multicast groups come from the slot's tag", "[udp]") {
  // docs/wire-format.md section 2, for build-farm: 0x8af0 xor 0x22ee is 0xa81e.
  const auto groups = groups_of(0x8af022ee);
  CHECK(groups.ipv4 == std::array<std::uint8_t, 4>{239, 255, 0xa8, 0x1e});
  CHECK(groups.ipv6 ==
        std::array<std::uint8_t, 16>{0xff, 0x05, 0, 0, 0, 0, 0, 0, 0, 0, 0x6d, 0x73, 0x8a, 0xf0, 0x22, 0xee});
}

TEST_CASE("a group is a multicast address of one family", "[udp]") {
  groups groups;
  CHECK(parse_group("239.255.1.2", groups) == ip_family::ipv4);
  CHECK(groups.ipv4 == std::array<std::uint8_t, 4>{239, 255, 1, 2});
  CHECK(parse_group("224.0.0.1", groups) == ip_family::ipv4);
  CHECK(parse_group("ff05::6d73:1:2", groups) == ip_family::ipv6);
  CHECK(groups.ipv6 == std::array<std::uint8_t, 16>{0xff, 0x05, 0, 0, 0, 0, 0, 0, 0, 0, 0x6d, 0x73, 0, 1, 0, 2});
  for (const char* text : {"", "223.255.255.255", "240.0.0.0", "fe80::1", "::1", "239.255.1", "239.255.1.2 ", "localhost"}) {
    CAPTURE(text);
    CHECK(parse_group(text, groups) == ip_family::any);
  }
}
