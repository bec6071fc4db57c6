// What is Windows' own of its mailslots, through the public interface; what they have in common with all slots is tried by
// tests/e2e/messages_test.cpp. What Wine does otherwise than Windows, or cannot do at all, is tested
// against a fake in tests/transport/mailslot_test.cpp; docs/windows.md says what that is.
#include <cctype>
#include <chrono>
#include <string>
#include <system_error>

#include <mailslog/slot.hpp>

#include "support/catch.hpp"
#include "support/scratch.hpp"
#include "support/wait_until.hpp"

using namespace mailslog;
using namespace mailslog::test;
using namespace std::chrono_literals;

namespace {

std::string next(slot_reader& reader) {
  const auto message = reader.get(deadline);
  return message ? message->bytes : "nothing came";
}

}  // namespace

TEST_CASE("a mailslot has one name in each form and case") {
  const auto name = scratch_name() + "/part";
  auto upper = name;
  for (auto& c : upper) c = c == '/' ? '\\' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  slot_reader reader(R"(\\.\mailslot\)" + upper);
  for (const auto& form : {"./" + name, R"(\\.\mailslot\)" + upper, "//./mailslot/" + name}) {
    CAPTURE(form);
    REQUIRE_FALSE(slot_writer(form).put(form));
    CHECK(next(reader) == form);
  }
}

TEST_CASE("a name that begins with Global is one like any other: mailslots belong to the machine, not to a session") {
  const auto name = scratch_name();
  slot_reader reader("./Global/" + name);
  for (const auto& form : {R"(\\.\mailslot\Global\)" + name, "./global/" + name}) {
    CAPTURE(form);
    REQUIRE_FALSE(slot_writer(form).put(form));
    CHECK(next(reader) == form);
  }
  CHECK_FALSE(slot_writer(name).put("elsewhere"));
  CHECK_FALSE(reader.get(0ns));
}

TEST_CASE("a mailslot has the security descriptor that its owner says, and a wrong one is told") {
  const auto name = scratch_name();
  slot_options options;
  SECTION("valid") {
    options.security = "D:P(A;;GA;;;WD)";
    slot_reader reader(name, options);
    REQUIRE_FALSE(slot_writer(name).put("everybody"));
    CHECK(next(reader) == "everybody");
  }
  SECTION("wrong") {
    options.security = "everybody";
    try {
      const slot_reader reader(name, options);
      FAIL("a reader without its security descriptor");
    } catch (const std::system_error& e) {
      CHECK(e.code().value() != 0);  // Wine 8 says 87
      CHECK_THAT(e.what(), ContainsSubstring(name));
    }
  }
}

TEST_CASE("a second reader in the same process is told that there is one") {
  const auto name = scratch_name();
  const slot_reader reader(name);
  CHECK_THROWS_WITH(slot_reader(name), ContainsSubstring(name) && ContainsSubstring("reader"));
}
