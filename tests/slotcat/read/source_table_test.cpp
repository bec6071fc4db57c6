#include "read/source_table.hpp"

#include "sample.hpp"
#include "support/catch.hpp"

using namespace slotcat;
using namespace slotcat::test;

TEST_CASE("a source is host/app[pid]") {
  CHECK(source_name(plant7) == "plant7/pump[4711]");
  CHECK(source_name({1, "h", "a", 0}) == "h/a");
  CHECK(source_name({1, "", "a", 2}) == "?/a[2]");
  CHECK(source_name({1, "h", "", 2}) == "h/?[2]");
  CHECK(source_name({0x2a, "", "", 0}) == "000000000000002a");
}

TEST_CASE("a source that wants to be two is shown as one word") {
  const auto shown = source_of({1, "h", "a[1] ERROR\n\x1b[2J", 7});
  CHECK(shown.shown == "h/a[1]\\x20ERROR\\x0a\\x1b[2J[7]");
  CHECK(shown.width == shown.shown.size());
}

TEST_CASE("the filter is asked once for each sender") {
  int asked = 0;
  source_table table([&](const auto& sender) { return ++asked, sender.app == "pump"; }, false);
  const mailslog::sender_info valve{2, "plant7", "valve", 1};
  for (int i = 0; i < 3; ++i) {
    CHECK(table.find(plant7).passes);
    CHECK_FALSE(table.find(valve).passes);
  }
  CHECK(asked == 2);
}

TEST_CASE("a sender whose name becomes known is looked at again") {
  source_table table([](const auto& sender) { return sender.app == "pump"; }, false);
  CHECK_FALSE(table.find({plant7.id, "", "", 0}).passes);
  CHECK(table.find(plant7).passes);
  CHECK(table.find(plant7).name == "plant7/pump[4711]");
}

TEST_CASE("any number of senders is taken") {
  source_table table([](const auto&) { return true; }, false);
  for (std::uint64_t id = 0; id < 25000; ++id) REQUIRE(table.find({id, "h", "a", id + 1}).info.id == id);
  CHECK(table.find(plant7).shown == "plant7/pump[4711]");
}

TEST_CASE("long names are shortened, and told apart all the same") {
  int asked = 0;
  source_table table([&](const auto&) { return ++asked, true; }, false);
  const std::string x(50'000, 'x');
  CHECK(table.find({1, x + "1" + x, "a", 1}).info.host.size() <= longest_name);
  CHECK(table.find({1, x + "1" + x, "a", 1}).shown.size() < 200);
  CHECK(asked == 1);
  table.find({1, x + "2" + x, "a", 1});
  CHECK(asked == 2);
}

TEST_CASE("the source longest not asked for is forgotten first") {
  int asked = 0;
  source_table table([&](const auto&) { return ++asked, true; }, false);
  table.find(plant7);
  for (std::uint64_t id = 0; id < 10'000; ++id) {
    table.find({id, "h", "a", 1});
    table.find(plant7);
  }
  CHECK(asked == 10'001);
}

TEST_CASE("each run of a program has the same colour") {
  auto again = plant7;
  again.id = 5;
  again.process = 99;
  CHECK(source_of(again).hash == source_of(plant7).hash);
  again.app = "valve";
  CHECK(source_of(again).hash != source_of(plant7).hash);
}
