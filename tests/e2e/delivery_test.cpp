// What is posted through either host arrives, in order, once, byte for byte.
#include "emitting.hpp"
#include "listener.hpp"
#include "slots.hpp"
#include "support/catch.hpp"
#include "support/scratch.hpp"

using namespace mailslog::test;

namespace {

/// Some thousand lines as logs have them, and some as they should not.
texts log_lines() {
  texts lines;
  for (int i = 0; i < 5000; ++i) {
    const auto n = std::to_string(i);
    switch (i % 10) {
      case 0: lines.push_back(""); break;
      case 1: lines.push_back("\ttab " + n + " and spaces at the end  "); break;
      case 2: lines.push_back("gr\u00fc\u00dfe \u4f60\u597d \U0001f4ec " + n); break;
      case 3: lines.push_back("{} %s {0} %n " + n); break;
      case 4: lines.push_back("carriage return " + n + '\r'); break;
      case 5: lines.push_back("\x1b[31mred\x1b[0m " + n); break;
      case 6: lines.push_back(odd_bytes(static_cast<std::size_t>(i))); break;
      default: lines.push_back("10.0.0." + n + " - - [24/Nov/2026:10:41:07 +0000] \"GET /" + n + " HTTP/1.1\" 200 5"); break;
    }
  }
  return lines;
}

}  // namespace

TEST_CASE("records arrive by each way, from each host, in order and once") {
  const scratch_folder folder;
  const auto slot = scratch_slot(GENERATE(way::local, way::multicast, way::unicast, way::unicast6));
  const std::string via = GENERATE("spdlog", "boost", "core");
  CAPTURE(slot.writer, via);

  listener reader(slot.reader);
  CHECK(run(emit(via, slot.writer, {"--count", "1000"})).code == 0);
  const auto senders = by_sender(reader.events());
  REQUIRE(senders.size() == 1);
  CHECK(complete_and_in_order(senders[0], 1000));
  CHECK(senders[0][0].app == "emit");
  CHECK(senders[0][999].message == "record 999 of thread 0");
}

TEST_CASE("several senders and several readers at once: each reader hears all of each sender") {
  const scratch_folder folder;
  const auto slot = scratch_slot(GENERATE(from_range(ways_to_several_readers())));
  CAPTURE(slot.writer);

  listener reader(slot.reader), another(slot.reader);
  std::vector<process> emitters;
  for (const auto* via : {"spdlog", "boost", "core", "spdlog"}) {
    emitters.emplace_back(emit(via, slot.writer, {"--count", "2000"}));
  }
  for (auto& emitter : emitters) CHECK(emitter.wait() == 0);
  for (auto* each : {&reader, &another}) {
    const auto senders = by_sender(each->events());
    REQUIRE(senders.size() == emitters.size());
    for (const auto& sender : senders) CHECK(complete_and_in_order(sender, 2000));
  }
}

TEST_CASE("each line of a file arrives as it is") {
  const scratch_folder folder;
  const auto slot = scratch_slot(GENERATE(way::local, way::multicast));
  const std::string via = GENERATE("spdlog", "boost");
  CAPTURE(slot.writer, via);

  const auto lines = log_lines();
  const auto file = write_file(folder / "file.log", lines);
  listener reader(slot.reader, {"-o", "cat", "--raw"});
  CHECK(run(emit(via, slot.writer, {"--from", file})).code == 0);
  const auto arrived = reader.lines();
  REQUIRE(arrived.size() == lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (arrived[i] != lines[i]) FAIL("line " << i << " is " << Catch::StringMaker<std::string>::convert(arrived[i]));
  }
}

TEST_CASE("a record of 20 KiB arrives byte for byte in datagrams of 424 bytes") {
  const scratch_folder folder;
  const auto slot = scratch_slot(GENERATE(way::local, way::multicast, way::unicast, way::unicast6));
  const std::string via = GENERATE("spdlog", "boost");
  CAPTURE(slot.writer, via);

  const auto text = odd_bytes(20 * 1024);
  const auto file = write_file(folder / "file.log", {text});
  listener reader(slot.reader, {"-o", "cat", "--raw"});
  CHECK(run(emit(via, slot.writer + "&limit=424", {"--from", file})).code == 0);
  const auto arrived = reader.lines();
  REQUIRE(arrived.size() == 1);
  CHECK((arrived[0] == text));
}

TEST_CASE("emit posts as well where nobody reads") {
  const scratch_folder folder;
  const auto slot = scratch_slot(GENERATE(way::local, way::multicast, way::unicast, way::unicast6));
  const std::string via = GENERATE("spdlog", "boost", "core");
  const auto posted = run(emit(via, slot.writer, {"--count", "100"}));
  CHECK(posted.code == 0);
  CHECK_THAT(posted.err, ContainsSubstring("100 written, 0 dropped"));
}
