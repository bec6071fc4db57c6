#include "command.hpp"

#include <string>
#include <vector>

#include "cli/values.hpp"
#include "support/catch.hpp"

using namespace slotcat;

TEST_CASE("a word kept for later says how the slot of that name is read") {
  for (const auto* word : {"top", "doctor", "record", "replay", "keygen"}) {
    CAPTURE(word);
    REQUIRE(find_command(word) != nullptr);
    CHECK_THROWS_WITH(run({word}), Equals(std::string(word) + ": not in this version; the slot \"" + word + "\" is read with ./" + word));
  }
  CHECK_THROWS_WITH(run({"x", "ls"}), ContainsSubstring("./ls"));
}

TEST_CASE("a word that looks like a command is asked about") {
  CHECK_THROWS_WITH(run({"sned"}), StartsWith("\"sned\" is no command; did you mean send?"));
  CHECK_THROWS_WITH(run({"sen", "lab", "text"}), ContainsSubstring("did you mean send?"));
  CHECK_THROWS_WITH(run({"hlep"}), ContainsSubstring("did you mean help?"));
  CHECK_THROWS_WITH(run({"keygn"}), Equals("\"keygn\" is no command; did you mean keygen? The slot of that name is read with ./keygn"));
  CHECK_THROWS_WITH(run({"SEND", "lab", "x"}), ContainsSubstring("did you mean send?"));
  CHECK_THROWS_WITH(run({"LS", "--json"}), ContainsSubstring("did you mean ls?"));
}

TEST_CASE("a slot's name that is only near a command is a slot's name") {
  // Were they taken for commands, the option would not be what is wrong.
  CHECK_THROWS_WITH(run({"seed", "--level", "loud"}), StartsWith("--level"));
  CHECK_THROWS_WITH(run({"records", "--level", "loud"}), StartsWith("--level"));
  CHECK_THROWS_WITH(run({"lab", "test", "--level", "loud"}), StartsWith("--level"));
}

TEST_CASE("help explains commands that are there") {
  CHECK_THROWS_WITH(run({"help", "doctor"}), ContainsSubstring("not in this version"));
  CHECK_THROWS_WITH(run({"help", "lab"}), StartsWith("no command is called \"lab\""));
  CHECK_THROWS_WITH(run({"help", ""}), StartsWith("\"\" is not the name of a command; see slotcat help"));
  CHECK_THROWS_AS(run({"help", "send", "x"}), usage_error);
}

TEST_CASE("every command has a line of help") {
  for (const auto& command : commands()) CHECK_FALSE(command.summary.empty());
}
