// The examples do what they say.
#include <fstream>
#include <string>
#include <vector>

#include <mailslog/record_writer.hpp>

#include "sinks/listener.hpp"
#include "support/process.hpp"

using namespace mailslog;
using namespace mailslog::test;

TEST_CASE("local_mailslot reads every word that it puts, in order") {
  const scratch_folder folder;
  const auto done = run({program("local_mailslot"), scratch_name()});
  CHECK(done.code == 0);
  CHECK(done.out == "the\nquick\nbrown\nfox\njumps\nover\nthe\nlazy\ndog\n");
}

TEST_CASE("network_mailslot's thread reads what is put on the network") {
  const scratch_folder folder;
  const auto done = run({program("network_mailslot"), "*/" + scratch_name() + "?if=lo&port=" + std::to_string(scratch_port())});
  CHECK(done.code == 0);
  CHECK(done.out == "the\nquick\nbrown\nfox\n");
}

TEST_CASE("iterable_mailslot's loop ends after the last word") {
  const scratch_folder folder;
  const auto done = run({program("iterable_mailslot"), scratch_name()});
  CHECK(done.code == 0);
  CHECK(done.out == "the\nquick\nbrown\nfox\n");
}

#ifdef MAILSLOG_TEST_SPDLOG
TEST_CASE("spdlog_hello posts through a logger of its own and through the default one") {
  listener slot;
  REQUIRE(run({program("spdlog_hello"), slot.address()}).code == 0);

  // Two sinks are two senders: only each one's records come in order.
  std::vector<std::string> greeter;
  std::vector<std::string> other;
  for (int i = 0; i < 3; ++i) {
    const auto& record = slot.next();
    CHECK(record.from->app == "spdlog_hello");
    const auto level_and_text = std::string(to_string(record.level)) + ' ' + std::string(record.text);
    (record.logger == "greeter" ? greeter : other).push_back(level_and_text);
    if (record.level == level::warning) {
      CHECK_THAT(std::string(record.source.file), EndsWith("spdlog_hello.cpp"));
      CHECK(record.source.line > 0);
    }
  }
  CHECK(greeter == std::vector<std::string>{"info hello, world", "warning the reader sees where this came from"});
  CHECK(other == std::vector<std::string>{"error hello again"});
}
#endif

#ifdef MAILSLOG_TEST_BOOST_LOG
TEST_CASE("boost_log_hello posts attributes beside its texts") {
  listener slot;
  REQUIRE(run({program("boost_log_hello"), slot.address()}).code == 0);

  const auto& first = slot.next();
  CHECK(first.text == "hello, world");
  CHECK(first.level == level::info);
  CHECK(value_of(first, "LineID") == attribute_value(std::uint64_t{1}));
  const auto& second = slot.next();
  CHECK(second.level == level::warning);
  CHECK(second.logger == "greeter");
  CHECK(second.text == "hello again");
  CHECK(value_of(second, "Language") == attribute_value("en"));
  CHECK(value_of(second, "Attempt") == attribute_value(std::int64_t{2}));
}

TEST_CASE("boost_log_settings posts what its settings file lets through") {
  const scratch_folder folder;
  record_reader reader("hello");
  REQUIRE(run({program("boost_log_settings"), program("boost_log_settings.ini")}).code == 0);

  const auto* record = reader.next(deadline);
  REQUIRE(record != nullptr);
  CHECK(record->text == "posted, as the settings say");
  CHECK(record->level == level::warning);
  CHECK(record->from->app == "settings");
}

TEST_CASE("boost_log_settings says what is wrong with a settings file") {
  const scratch_folder folder;
  const auto file = folder / "wrong.ini";
  std::ofstream(file) << "[Sinks.Slot]\nDestination=Mailslot\nAddress=x\nttl=many\n";
  const auto done = run({program("boost_log_settings"), file});
  CHECK(done.code == 2);
  CHECK_THAT(done.err, ContainsSubstring("ttl") && ContainsSubstring("many"));
}
#endif

TEST_CASE("read_records prints a record with all that it has") {
  const scratch_folder folder;
  const auto name = scratch_name();
  const process reader({program("read_records"), name});
  record_writer writer(name);
  record knock;
  knock.text = "knock";
  REQUIRE(wait_until([&] {
    writer.write(knock);
    return reader.out().find("knock") != std::string::npos;
  }));

  record full;
  full.level = level::notice;
  full.logger = "net";
  full.text = "hello";
  full.source = {"a.cpp", 7, "f"};
  full.attributes = {{"path", "/x"}, {"ms", std::int64_t{-1}}};
  writer.write(full);
  CHECK(reader.wait_for_output("net: hello (a.cpp:7) path=/x ms=-1\n"));
  CHECK(reader.wait_for_output("notice "));
}
