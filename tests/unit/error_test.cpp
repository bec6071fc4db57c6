#include <mailslog/error.hpp>

#include <set>
#include <string>

#include <mailslog/address.hpp>

#include "support/catch.hpp"

using namespace mailslog;

TEST_CASE("our errors are told apart by value, category and words", "[error]") {
  std::set<std::string> words;
  const errc all[] = {errc::closed, errc::message_too_large, errc::record_too_large, errc::queue_full, errc::not_resolved,
                      errc::remote_mailslots_off, errc::fell_back_to_udp, errc::too_many_readers};
  for (const auto e : all) {
    const std::error_code code = e;
    CHECK(code == e);
    CHECK(code);
    CHECK(code.category() == mailslog_category());
    CHECK_FALSE(code.message().empty());
    words.insert(code.message());
  }
  CHECK(words.size() == std::size(all));
  CHECK(std::string(mailslog_category().name()) == "mailslog");
}

TEST_CASE("an error of the system with the same number is another error", "[error]") {
  const std::error_code system(static_cast<int>(errc::closed), std::system_category());
  CHECK(system != errc::closed);
}

TEST_CASE("a number that is none of our errors has words too", "[error]") {
  CHECK(std::error_code(9999, mailslog_category()).message().find("9999") != std::string::npos);
}

TEST_CASE("a bad address is an invalid argument", "[error]") {
  const auto what = GENERATE(std::string(), "a|b", "*/x?ttl=300", "x?nonsense=1");
  CAPTURE(what);
  CHECK_THROWS_AS(address(what), std::invalid_argument);
  CHECK_THROWS_AS(address(what), address_error);
}
