#include <string>

#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/scratch.hpp"

using namespace mailslog::test;

namespace {

std::string scratch_address(bool network) {
  return network ? "*/" + scratch_name() + "?if=lo&port=" + std::to_string(scratch_port()) : scratch_name();
}

}  // namespace

TEST_CASE("local_mailslot reads the words that it puts in, until STOP") {
  const scratch_folder folder;
  const auto ended = run({program("local_mailslot"), scratch_address(GENERATE(false, true))});
  CHECK(ended.code == 0);
  CHECK(text_of(ended.out) == "the\nquick\nbrown\nfox\njumps\nover\nthe\nlazy\ndog\n");
}

TEST_CASE("network_mailslot and iterable_mailslot read the words that they put in, until STOP") {
  const scratch_folder folder;
  const std::string name = GENERATE("network_mailslot", "iterable_mailslot");
  const auto ended = run({program(name), scratch_address(GENERATE(false, true))});
  CHECK(ended.code == 0);
  CHECK(text_of(ended.out) == "the\nquick\nbrown\nfox\n");
}

TEST_CASE("local_mailslot and iterable_mailslot use a local slot if they are not told another") {
  const scratch_folder folder;
  const std::string name = GENERATE("local_mailslot", "iterable_mailslot");
  const auto ended = run({program(name)});
  CHECK(ended.code == 0);
  CHECK_THAT(text_of(ended.out), StartsWith("the\nquick\nbrown\nfox\n"));
}

TEST_CASE("a bad address ends an example with a word about it") {
  const std::string name = GENERATE("local_mailslot", "network_mailslot", "iterable_mailslot", "read_records");
  const auto ended = run({program(name), "a|b"});
  CHECK(ended.code == 2);
  CHECK_THAT(ended.err, ContainsSubstring("a|b") && ContainsSubstring("'|'"));
}
