// Windows' own mailslots through the public interface. What Wine does otherwise than Windows, or cannot do at all, is tested
// against a fake in tests/transport/mailslot_test.cpp; docs/windows.md says what that is.
#include <cctype>
#include <chrono>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

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

TEST_CASE("a message is one message, in order, whatever its size") {
  const auto name = scratch_name();
  slot_reader reader(name);
  slot_writer writer(name);
  const std::vector<std::string> messages = {"first", "", std::string("\0\r\n\x1a", 4), std::string(30'000, 'x'), "last"};
  for (const auto& message : messages) {
    REQUIRE_FALSE(writer.put(message));
    CHECK(next(reader) == message);
  }
  for (const auto* message : {"1", "2", "3"}) REQUIRE_FALSE(writer.put(message));
  CHECK(next(reader) == "1");
  CHECK(next(reader) == "2");
  CHECK(next(reader) == "3");
}

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

TEST_CASE("an empty mailslot is waited for as long as the caller says") {
  slot_options options;
  options.read_timeout = 30ms;
  slot_reader reader(scratch_name(), options);
  CHECK_FALSE(reader.get(0ns));
  CHECK_FALSE(reader.get());
  const auto start = std::chrono::steady_clock::now();
  CHECK_FALSE(reader.get(50ms));
  CHECK(std::chrono::steady_clock::now() - start >= 49ms);
  const auto info = reader.info();
  CHECK(info.read_timeout == 30ms);
  CHECK(info.count == 0);
  CHECK_FALSE(info.next_size);
}

TEST_CASE("a mailslot tells its limit, the size of the next message, and how many wait") {
  const auto name = scratch_name();
  slot_options options;
  options.max_message_size = 1000;
  slot_reader reader(name, options);
  slot_writer writer(name);
  REQUIRE_FALSE(writer.put(std::string(700, 'x')));
  REQUIRE_FALSE(writer.put("2"));
  REQUIRE_FALSE(writer.put("3"));
  CHECK(wait_until([&] { return reader.size() == 3; }));
  const auto info = reader.info();
  CHECK(info.max_message_size == 1000);
  CHECK(info.next_size == std::size_t{700});
}

TEST_CASE("a message above the reader's limit is refused, by the system or by the reader, and the next one arrives") {
  const auto name = scratch_name();
  slot_options options;
  options.max_message_size = 1000;
  slot_reader reader(name, options);
  slot_writer writer(name);
  CHECK_FALSE(writer.put(std::string(1000, 'x')));
  CHECK(next(reader).size() == 1000);
  const auto refused = writer.put(std::string(1001, 'x'));  // Wine takes it
  CHECK_FALSE(writer.put("next"));
  CHECK(next(reader) == "next");
  CHECK((refused || reader.info().refused == 1));
}

TEST_CASE("several writers share a mailslot, and each one's messages keep their order") {
  const auto name = scratch_name();
  slot_reader reader(name);
  constexpr int writers = 4;
  constexpr int messages = 500;
  std::vector<std::thread> threads;
  for (int w = 0; w < writers; ++w) {
    threads.emplace_back([&, w] {
      slot_options options;
      options.overflow = overflow_policy::block;
      options.block_time = deadline;
      slot_writer writer(address(name, options));
      for (int m = 0; m < messages; ++m) writer.put(std::to_string(w) + ' ' + std::to_string(m));
    });
  }
  std::vector<int> expected(writers, 0);
  for (int i = 0; i < writers * messages; ++i) {
    const auto message = next(reader);
    const auto w = static_cast<std::size_t>(message.front() - '0');
    REQUIRE(w < expected.size());
    REQUIRE(message == std::to_string(w) + ' ' + std::to_string(expected[w]++));
  }
  for (auto& thread : threads) thread.join();
}

TEST_CASE("a mailslot that nobody reads is no error, and its reader may come, go, and come again") {
  const auto name = scratch_name();
  slot_writer writer(name);
  CHECK_FALSE(writer.put("nobody hears this"));
  for (const auto* text : {"first reader", "second reader"}) {
    slot_reader reader(name);
    REQUIRE_FALSE(writer.put(text));
    CHECK(next(reader) == text);
  }
  CHECK_FALSE(writer.put("nobody hears this either"));
  slot_reader last(name);
  CHECK_FALSE(last.get(0ns));
}

TEST_CASE("unread messages go with their reader") {
  const auto name = scratch_name();
  slot_writer writer(name);
  {
    const slot_reader reader(name);
    REQUIRE_FALSE(writer.put("never read"));
  }
  slot_reader reader(name);
  REQUIRE_FALSE(writer.put("read"));
  CHECK(next(reader) == "read");
}

TEST_CASE("another thread ends the wait for a message") {
  slot_reader reader(scratch_name());
  std::thread closer([&] { reader.close(); });
  CHECK_FALSE(reader.get(forever));
  closer.join();
}

TEST_CASE("a second reader in the same process is told that there is one") {
  const auto name = scratch_name();
  const slot_reader reader(name);
  CHECK_THROWS_WITH(slot_reader(name), ContainsSubstring(name) && ContainsSubstring("reader"));
}
