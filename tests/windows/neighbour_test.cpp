// Mailslots between programs that know each other's only as Windows' own.
#include <mailslog/record_writer.hpp>
#include <mailslog/slot.hpp>

#include "reading.hpp"
#include "support/catch.hpp"
#include "support/system.hpp"

using namespace slotcat::test;
using namespace mailslog::test;

namespace {

texts neighbour(const texts& arguments) {
  texts all{program("neighbour")};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

std::string hex(std::string_view text) {
  std::string out;
  for (const char c : text) {
    constexpr auto digits = "0123456789abcdef";
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[c & 15];
  }
  return out;
}

}  // namespace

TEST_CASE("what any program posts to a mailslot, slotcat shows as foreign on request") {
  const scratch_folder folder;
  reading r({"--foreign", "show", "--json", "--count", "2"});
  // Names know no case.
  auto name = r.name();
  name[0] = 'T';
  CHECK(run(neighbour({"post", name, "furnace too hot", "gr\xc3\xbc\xc3\x9f" "e"})).code == 0);
  const auto out = r.rest();
  CHECK_THAT(out, StartsWith("{\"type\":\"foreign\"") && ContainsSubstring("furnace too hot") && ContainsSubstring("\n{\"type\":\"foreign\""));
}

TEST_CASE("what any program posts to a mailslot is no record, and hidden unless asked for") {
  const scratch_folder folder;
  reading r({"-o", "cat", "--count", "1", "--stats"});
  CHECK(run(neighbour({"post", r.name(), "furnace too hot"})).code == 0);
  r.post({"a record"});
  CHECK(r.rest() == "a record\n");
  CHECK_THAT(r.slotcat().err(), ContainsSubstring("foreign 1"));
}

TEST_CASE("a message of no bytes, posted by any program, is a message") {
  const auto name = scratch_name();
  mailslog::slot_reader reader(name);
  CHECK(run(neighbour({"post", name, "", "after it"})).code == 0);
  for (const auto* expected : {"", "after it"}) {
    const auto message = reader.get(deadline);
    REQUIRE(message);
    CHECK(message->bytes == expected);
  }
}

TEST_CASE("any program reads the datagrams that a writer posts to a mailslot") {
  const scratch_folder folder;
  const auto name = scratch_name();
  process reader(neighbour({"read", name, "1"}));
  REQUIRE(reader.wait_for_output("ready"));
  {
    mailslog::record_writer writer(R"(\\.\mailslot\)" + name + "?app=pump");
    writer.write(record_of("furnace too hot"));
    CHECK(writer.flush(deadline));
  }
  REQUIRE(reader.wait_for_output([](const std::string& out) { return out.find('\n', out.find("9c6d01")) != std::string::npos; }));
  const auto out = reader.out();
  CHECK_THAT(out, ContainsSubstring("ready\r\n9c6d0100"));  // docs/wire-format.md section 3: magic, version, flags
  CHECK_THAT(out, ContainsSubstring(hex("pump")) && ContainsSubstring(hex("furnace too hot")));
}

TEST_CASE("a mailslot that another program has made cannot be read, and the error says why") {
  const scratch_folder folder;
  const auto name = scratch_name();
  process owner(neighbour({"read", name, "1"}));
  REQUIRE(owner.wait_for_output("ready"));
  CHECK_THROWS_WITH(mailslog::slot_reader(name), ContainsSubstring(name) && ContainsSubstring("reader"));
  const auto second = run(command({name}));
  CHECK(second.code == 3);
  CHECK_THAT(second.err, ContainsSubstring(name));
}

TEST_CASE("a mailslot that mailslog reads is taken for all other programs") {
  const scratch_folder folder;
  const auto name = scratch_name();
  const mailslog::slot_reader reader(name);
  const auto second = run(neighbour({"read", name, "1"}));
  CHECK(second.code == 1);
  CHECK_THAT(second.err, ContainsSubstring("error 183"));  // ERROR_ALREADY_EXISTS
}
