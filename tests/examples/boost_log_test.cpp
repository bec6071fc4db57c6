#include <fstream>

#include "examples/quickstart.hpp"

using namespace mailslog;
using namespace mailslog::test;

TEST_CASE("boost_log_hello posts records with channel, severity and attributes") {
  listener slot;
  CHECK(run({program("boost_log_hello"), slot.address()}).code == 0);
  const auto& hello = slot.next();
  CHECK(hello.text == "hello, world");
  CHECK(hello.level == level::info);
  CHECK(hello.from->app == "boost_log_hello");

  const auto& again = slot.next();
  CHECK(again.text == "hello again");
  CHECK(again.level == level::warning);
  CHECK(again.logger == "greeter");
  CHECK(value_of(again, "Language") == attribute_value("en"));
  CHECK(value_of(again, "Attempt") == attribute_value(std::int64_t{2}));
}

TEST_CASE("boost_log_settings posts what its settings let through, where they say") {
  const scratch_folder folder;
  record_reader reader("hello");  // the address in the file
  CHECK(run({program("boost_log_settings"), program("boost_log_settings.ini")}).code == 0);

  const auto* record = reader.next(deadline);
  REQUIRE(record != nullptr);
  CHECK(record->text == "posted, as the settings say");
  CHECK(record->level == level::warning);
  CHECK(record->from->app == "settings");
}

TEST_CASE("quickstart_boost posts all severities, attributes, a scope, and long, multi-line and UTF-8 texts") {
  listener slot;
  CHECK(run({program("quickstart_boost"), slot.address()}).code == 0);
  for (const auto expected : {level::trace, level::debug, level::info, level::warning, level::error, level::critical}) {
    CHECK(slot.next().level == expected);
  }
  const auto& attributed = slot.next();
  CHECK(value_of(attributed, "path") == attribute_value("/index.html"));
  CHECK(value_of(attributed, "ms") == attribute_value(std::int64_t{812}));
  CHECK(value_of(attributed, "ratio") == attribute_value(0.25));
  const auto& located = slot.next();
  CHECK_THAT(std::string(located.source.file), EndsWith("quickstart_boost.cpp"));
  CHECK(value_of(located, "Scope") == attribute_value("demonstration"));
  check_sample_texts(slot);
}

TEST_CASE("quickstart_boost posts the lines of a file") { check_posts_lines("quickstart_boost"); }

TEST_CASE("Boost.Log's examples explain what is wrong with their arguments") {
  check_bad_usage("quickstart_boost");
  const auto hello = run({program("boost_log_hello"), "a|b"});
  CHECK(hello.code == 2);
  CHECK_THAT(hello.err, ContainsSubstring("a|b"));
  const scratch_folder folder;
  const auto file = folder / "wrong.ini";
  std::ofstream(file) << "[Sinks.Slot]\nDestination=Mailslot\nAddress=x\nttl=many\n";
  const auto wrong = run({program("boost_log_settings"), file});
  CHECK(wrong.code == 2);
  CHECK_THAT(wrong.err, ContainsSubstring("ttl") && ContainsSubstring("many"));
  const auto settings = run({program("boost_log_settings"), "/nowhere/settings.ini"});
  CHECK(settings.code == 2);
  CHECK_THAT(settings.err, ContainsSubstring("/nowhere/settings.ini"));
}
