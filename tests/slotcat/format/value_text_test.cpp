#include <cmath>
#include <string>

#include "sample.hpp"
#include "support/catch.hpp"

using namespace slotcat;
using namespace slotcat::test;

namespace {

std::string pair(const mailslog::attribute& attribute) {
  auto record = sample_record();
  record.text = "";
  record.attributes = {attribute};
  const auto shown = line(form::brief, record);
  return shown.substr(shown.find("net.http") + 12, shown.size() - shown.find("net.http") - 13);
}

}  // namespace

TEST_CASE("attributes of every type are key=value") {
  CHECK(pair({"path", "/x"}) == "path=/x");
  CHECK(pair({"n", std::int64_t{-812}}) == "n=-812");
  CHECK(pair({"n", std::uint64_t{18446744073709551615U}}) == "n=18446744073709551615");
  CHECK(pair({"f", 0.1}) == "f=0.1");
  CHECK(pair({"f", std::nan("")}) == "f=nan");
  CHECK(pair({"f", -std::nan("")}) == "f=nan");
  CHECK(pair({"f", -HUGE_VAL}) == "f=-inf");
  CHECK(pair({"on", true}) == "on=true");
  CHECK(pair({"on", false}) == "on=false");
}

TEST_CASE("a key cannot end early and pretend to be several") {
  CHECK(pair({"a=1 b", "x"}) == R"("a=1 b"=x)");
  CHECK(pair({"", "x"}) == R"(""=x)");
}
