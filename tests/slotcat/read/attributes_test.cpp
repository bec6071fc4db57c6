#include "cli/key_value.hpp"

#include <cmath>

#include "support/catch.hpp"

using namespace slotcat;

namespace {

std::string pair(const mailslog::attribute& attribute) {
  std::string out;
  append_key_value(out, attribute);
  return out;
}

}  // namespace

TEST_CASE("attributes of every type are key=value") {
  CHECK(pair({"path", "/x"}) == "path=/x");
  CHECK(pair({"n", std::int64_t{-812}}) == "n=-812");
  CHECK(pair({"n", std::uint64_t{18446744073709551615U}}) == "n=18446744073709551615");
  CHECK(pair({"f", 0.1}) == "f=0.1");
  CHECK(pair({"f", std::nan("")}) == "f=nan");
  CHECK(pair({"on", true}) == "on=true");
  CHECK(pair({"on", false}) == "on=false");
}

TEST_CASE("a key cannot end early and pretend to be several") {
  CHECK(pair({"a=1 b", "x"}) == R"("a=1 b"=x)");
  CHECK(pair({"", "x"}) == R"(""=x)");
}
