#include "output/rotating_copy.hpp"

#include <fstream>
#include <sstream>

#include "support/catch.hpp"
#include "support/scratch.hpp"

using namespace slotcat;

namespace {

std::string content(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("the copy is appended to, and is in the file once flushed") {
  const mailslog::test::scratch_folder folder;
  for (const auto* line : {"one\n", "two\n"}) {
    rotating_copy copy(folder / "x.log", 1000, 3);
    copy.write(line);
    copy.flush();
    CHECK_THAT(content(folder / "x.log"), EndsWith(line));
  }
  CHECK(content(folder / "x.log") == "one\ntwo\n");
}

TEST_CASE("a full file is set aside, whole lines in each, and the oldest go") {
  const mailslog::test::scratch_folder folder;
  rotating_copy copy(folder / "x.log", 10, 3);
  for (const auto* line : {"1111\n", "2222\n", "3333\n", "4444\n", "5555\n", "6666\n", "7777\n", "8888\n"}) copy.write(line);
  copy.flush();
  CHECK(content(folder / "x.log") == "7777\n8888\n");
  CHECK(content(folder / "x.1.log") == "5555\n6666\n");
  CHECK(content(folder / "x.2.log") == "3333\n4444\n");
  CHECK_FALSE(std::ifstream(folder / "x.3.log").is_open());
}

TEST_CASE("one file is no more than one file") {
  const mailslog::test::scratch_folder folder;
  rotating_copy copy(folder / "x.log", 10, 1);
  for (const auto* line : {"1111\n", "2222\n", "3333\n"}) copy.write(line);
  copy.flush();
  CHECK(content(folder / "x.log") == "3333\n");
  CHECK_FALSE(std::ifstream(folder / "x.1.log").is_open());
}

TEST_CASE("a file that cannot be opened is named") {
  const mailslog::test::scratch_folder folder;
  std::ofstream(folder / "file") << "x";
  CHECK_THROWS_WITH(rotating_copy(folder / "file/x.log", 10, 1), ContainsSubstring("file/x.log"));
}
