#include "read/foreign.hpp"

#include <string_view>

#include "support/catch.hpp"

using namespace slotcat;

TEST_CASE("a foreign message is from where it came, as whom its sender claims to be") {
  const auto origin = [](std::string_view from, std::string_view name) { return origin_of({{}, from, "text", name}); };
  CHECK(origin("192.0.2.7:138", "WINBOX") == "WINBOX@192.0.2.7:138");
  CHECK(origin("192.0.2.7:50123", "") == "192.0.2.7:50123");
  CHECK(origin("", "WINBOX") == "WINBOX");
  CHECK(origin("", "").empty());
}
