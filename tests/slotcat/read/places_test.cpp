#include "read/places.hpp"

#include "support/catch.hpp"

using namespace slotcat;
using mailslog::address;

TEST_CASE("a reader says where it listens") {
  const std::vector<mailslog::local_folder> folders = {{"/run/mailslog/lab", "why", true, true, ""}};
  CHECK(place_of(address("lab"), folders) == "\"lab\" on this machine (/run/mailslog/lab)");
  CHECK(place_of(address("*/lab?port=4500"), folders) == "\"lab\" on this machine and the LAN (UDP port 4500)");
  CHECK(place_of(address("\\\\*\\mailslot\\lab"), folders) == "Windows' mailslot \"lab\" of this machine");
}

TEST_CASE("other folders with the slot are named, with what keeps this program out of them") {
  CHECK(elsewhere(address("lab"), {{"/a/lab", "set", true, true, ""}, {"/b/lab", "cron has it", false, false, ""}}).empty());
  const auto others = elsewhere(address("lab"), {{"/a/lab", "set", true, true, ""}, {"/b/lab", "cron has it", false, true, ""}, {"/c/lab", "another user has it", false, true, "Permission denied"}});
  REQUIRE(others.size() == 2);
  CHECK(others[0] == "\"lab\" is also in /b/lab, which is not read here: cron has it");
  CHECK(others[1] == "\"lab\" is also in /c/lab, which is not read here: another user has it (Permission denied)");
}
