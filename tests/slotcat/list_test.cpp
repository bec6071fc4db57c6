#include "list/list.hpp"

#include <algorithm>
#include <string>
#include <variant>
#include <vector>

#include "cli/values.hpp"
#include "format/safe_text.hpp"
#include "support/catch.hpp"

using namespace slotcat;
using namespace mailslog;
using namespace std::chrono_literals;

namespace {

const timestamp now(std::chrono::seconds(1'700'000'000));

listed_sender sender(const std::string& app, sender_state state, std::uint64_t records, std::chrono::nanoseconds first, std::chrono::nanoseconds last) {
  listed_sender s;
  s.who.app = app;
  s.who.process = 42;
  s.state = state;
  s.records = s.remembered = records;
  s.first = now - first;
  s.last = now - last;
  return s;
}

std::vector<listed_slot> lab(std::vector<listed_sender> senders) {
  listed_slot slot;
  slot.name = "lab";
  slot.readers = 2;
  slot.senders = std::move(senders);
  return {slot};
}

std::string table(const std::vector<listed_slot>& slots, bool all = false, std::size_t width = 200) {
  list_options o;
  o.all = all;
  return list_as_table(slots, o, now, width);
}

}  // namespace

TEST_CASE("ls has a line for each sender, in columns") {
  CHECK(table(lab({sender("pump", sender_state::alive, 91, 20s, 10s), sender("valve", sender_state::crashed, 1, 3h, 3h)})) ==
        "SLOT  READERS  SENDER     POSTS TO  STATE    RECORDS  PER S      LAST\n"
        "lab         2  pump[42]   local     alive         91    9.0  10 s ago\n"
        "               valve[42]  local     crashed        1      -   3 h ago\n");
}

TEST_CASE("a slot that is only read has a line, and so has one that is only remembered") {
  CHECK(table(lab({})) == "SLOT  READERS  SENDER  POSTS TO  STATE  RECORDS  PER S  LAST\nlab         2\n");
}

TEST_CASE("of senders that ended ls shows the last few and how many more there are, of those that crashed all") {
  std::vector<listed_sender> many;
  for (int i = 0; i < 9; ++i) many.push_back(sender("ended", sender_state::ended, 5, 5s, 1s));
  for (int i = 0; i < 9; ++i) many.push_back(sender("crashed", sender_state::crashed, 5, 5s, 1s));
  const auto lines = [](const std::string& text) { return std::count(text.begin(), text.end(), '\n'); };
  CHECK(lines(table(lab(many))) == 1 + 3 + 9 + 1);
  CHECK_THAT(table(lab(many)), ContainsSubstring("(6 more that ended: -a)"));
  CHECK(lines(table(lab(many), true)) == 1 + 18);
}

TEST_CASE("names of strangers do no harm in a list, and lines fit the terminal") {
  const auto evil = lab({sender("\x1b[2J" + std::string(300, 'x'), sender_state::alive, 1, 1s, 1s)});
  const auto text = table(evil, false, 60);
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK_THAT(text, ContainsSubstring("\\x1b[2J"));
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at);
    CHECK(columns(text.substr(at, end - at)) <= 60);
    at = end + 1;
  }
  CHECK(list_as_json(evil).find('\x1b') == std::string::npos);
}

TEST_CASE("names are printed as addresses take them") {
  auto slots = lab({});
  for (const auto* name : {"build/farm", "ls", "-x"}) {
    slots.push_back({});
    slots.back().name = name;
  }
  CHECK(list_as_names(slots) == "lab\n./build/farm\n./ls\n./-x\n");
}

TEST_CASE("ls takes slots of this machine, one or all") {
  CHECK(std::get<list_options>(parse_list_options({})).slot.empty());
  CHECK(std::get<list_options>(parse_list_options({"Lab", "--json"})).slot == "lab");
  CHECK_THROWS_WITH(parse_list_options({"*/lab"}), ContainsSubstring("this version lists slots of this machine, such as lab"));
  CHECK_THROWS_AS(parse_list_options({"*"}), usage_error);
  CHECK_THROWS_AS(parse_list_options({"a", "b"}), usage_error);
  CHECK_THROWS_WITH(parse_list_options({"-o", "xml"}), ContainsSubstring("table"));
}
