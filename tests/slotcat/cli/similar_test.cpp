#include "cli/similar.hpp"

#include "support/catch.hpp"

using namespace slotcat;

TEST_CASE("the distance of words counts letters left out, added, changed and swapped") {
  CHECK(distance("send", "send") == 0);
  CHECK(distance("sen", "send") == 1);
  CHECK(distance("sends", "send") == 1);
  CHECK(distance("sand", "send") == 1);
  CHECK(distance("sned", "send") == 1);
  CHECK(distance("", "send") == 4);
  CHECK(distance("kitten", "sitting") == 3);
}

TEST_CASE("only neighbours can have changed places") {
  CHECK(swapped("sned", "send"));
  CHECK(swapped("snde", "sned"));
  CHECK_FALSE(swapped("send", "send"));
  CHECK_FALSE(swapped("sand", "send"));
  CHECK_FALSE(swapped("nsde", "send"));
  CHECK_FALSE(swapped("sen", "send"));
  CHECK_FALSE(swapped("", ""));
}

TEST_CASE("the nearest word is the one that may have been meant") {
  const std::vector<std::string> known = {"--color", "--count", "--highlight", "--level", "--levels"};
  CHECK(nearest("--colour", known) == "--color");
  CHECK(nearest("--leve", known) == "--level");
  CHECK(nearest("--high", known) == "--highlight");
  CHECK(nearest("--bogus-option", known).empty());
  CHECK(nearest("x", known).empty());
}
