#include "output/rotating_copy.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#ifndef _WIN32
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

#include "support/catch.hpp"
#include "support/scratch.hpp"

using namespace slotcat;

namespace {

std::string content(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

// A copy, and what it says.
struct copy_test {
  rotating_copy open(std::uint64_t max_size, std::size_t max_files, bool stop_on_error = false) {
    return rotating_copy(file, {max_size, max_files, stop_on_error}, [this](std::string_view words) { said.emplace_back(words); });
  }
  static void write(rotating_copy& copy, std::string_view line) {
    copy.begin() += line;
    if (!copy.written()) {
      copy.begin() += line;
      copy.written();
    }
  }
  std::string content(const std::string& name = "x.log") const { return ::content(folder / name); }

  mailslog::test::scratch_folder folder;
  std::string file = folder / "x.log";
  std::vector<std::string> said;
};

}  // namespace

TEST_CASE_METHOD(copy_test, "the copy is appended to, and is in the file once flushed") {
  for (const auto* line : {"one\n", "two\n"}) {
    auto copy = open(1000, 3);
    write(copy, line);
    copy.flush();
    CHECK_THAT(content(), EndsWith(line));
  }
  CHECK(content() == "one\ntwo\n");
}

TEST_CASE_METHOD(copy_test, "a full file is set aside, whole lines in each, and the oldest go") {
  auto copy = open(10, 3);
  for (const auto* line : {"1111\n", "2222\n", "3333\n", "4444\n", "5555\n", "6666\n", "7777\n", "8888\n"}) write(copy, line);
  copy.flush();
  CHECK(content() == "7777\n8888\n");
  CHECK(content("x.1.log") == "5555\n6666\n");
  CHECK(content("x.2.log") == "3333\n4444\n");
  CHECK_FALSE(std::ifstream(folder / "x.3.log").is_open());
  CHECK(said.empty());
}

TEST_CASE_METHOD(copy_test, "a record that begins a file is asked for again") {
  auto copy = open(10, 3);
  copy.begin() += "1111\n";
  CHECK(copy.written());
  copy.begin() += "2222222\n";
  CHECK_FALSE(copy.written());
  copy.begin() += "-- 2026-11-24\n2222222\n";
  CHECK(copy.written());
  copy.flush();
  CHECK(content() == "-- 2026-11-24\n2222222\n");
  CHECK(content("x.1.log") == "1111\n");
}

TEST_CASE_METHOD(copy_test, "a record that comes in pieces is whole in its file") {
  auto copy = open(10, 3);
  write(copy, "1\n");
  auto& text = copy.begin();
  text += "long ";
  copy.spill();
  CHECK(text.empty());
  text += "record\n";
  CHECK(copy.written());
  copy.flush();
  CHECK(content() == "1\nlong record\n");
  write(copy, "3\n");
  copy.flush();
  CHECK(content() == "3\n");
}

TEST_CASE_METHOD(copy_test, "one file is no more than one file") {
  auto copy = open(10, 1);
  for (const auto* line : {"1111\n", "2222\n", "3333\n"}) write(copy, line);
  copy.flush();
  CHECK(content() == "3333\n");
  CHECK_FALSE(std::ifstream(folder / "x.1.log").is_open());
}

TEST_CASE_METHOD(copy_test, "a file that cannot be opened is named") {
  std::ofstream(folder / "file") << "x";
  file = folder / "file/x.log";
  CHECK_THROWS_WITH(open(10, 1), ContainsSubstring("file/x.log"));
}

TEST_CASE_METHOD(copy_test, "a file that is written to already is refused with words, also after it was set aside") {
  auto copy = open(10, 3);
  CHECK_THROWS_WITH(open(10, 3), ContainsSubstring("x.log\": another "));
  write(copy, "1111\n");
  write(copy, "2222222\n");
  copy.flush();
  REQUIRE(content("x.1.log") == "1111\n");
  CHECK_THROWS_WITH(open(10, 3), ContainsSubstring("another "));
}

TEST_CASE_METHOD(copy_test, "a rotation that is refused loses nothing that was written, and is told once") {
  auto copy = open(10, 2);
  // A folder in the place of the file that is to be set aside: no file can be renamed to that.
  std::filesystem::create_directories(folder / "x.1.log/in the way");
  for (const auto* line : {"1111\n", "2222\n", "3333\n", "4444\n", "5555\n", "6666\n"}) write(copy, line);
  copy.flush();
  CHECK(content() == "1111\n2222\n3333\n4444\n5555\n6666\n");
  REQUIRE(said.size() == 1);
  CHECK_THAT(said[0], ContainsSubstring("x.log\" grows beyond --max-size"));
  std::filesystem::remove_all(folder / "x.1.log");
  write(copy, "7777\n");
  copy.flush();
  CHECK(content("x.1.log") == "1111\n2222\n3333\n4444\n5555\n6666\n");
  CHECK(content() == "7777\n");
}

#ifndef _WIN32
namespace {

// While it lives, no file of this process may grow beyond `size`: the system refuses that as it does on a full disk.
struct full_disk {
  explicit full_disk(rlim_t size) {
    ::getrlimit(RLIMIT_FSIZE, &before);
    handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{size, before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~full_disk() {
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
  }
  rlimit before{};
  void (*handler)(int) = nullptr;
};

}  // namespace

TEST_CASE_METHOD(copy_test, "a full disk costs the lines that it has no room for, and is told when it begins and ends") {
  auto copy = open(1000, 2);
  write(copy, "1111\n");
  copy.flush();
  {
    const full_disk disk(12);
    write(copy, "2222\n3333\n");
    copy.flush();
    write(copy, "4444\n");
    copy.flush();
  }
  CHECK(content() == "1111\n2222\n");  // whole lines
  REQUIRE(said.size() == 1);
  CHECK_THAT(said[0], StartsWith("cannot write to \"" + file + "\": File too large"));
  write(copy, "5555\n");
  copy.flush();
  CHECK(content() == "1111\n2222\n5555\n");
  REQUIRE(said.size() == 2);
  CHECK_THAT(said[1], StartsWith("writing to \"" + file + "\" again; 2 records are missing"));
}

TEST_CASE_METHOD(copy_test, "a full disk is a reason to stop for who asked for that") {
  auto copy = open(1000, 2, true);
  const full_disk disk(2);
  write(copy, "1111\n");
  CHECK_THROWS_WITH(copy.flush(), ContainsSubstring("cannot write to \"" + file));
}
#endif

#ifndef _WIN32
TEST_CASE_METHOD(copy_test, "a pipe that nobody reads holds nobody up, what it does not take is told, and lines stay whole") {
  REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
  auto copy = open(1000000, 3);
  const std::string line = std::string(9999, 'x') + '\n';
  for (int i = 0; i < 20; ++i) {
    write(copy, line);
    copy.flush();
  }
  REQUIRE(said.size() == 1);
  CHECK_THAT(said.front(), StartsWith("cannot write to \"" + file + "\": "));
  const int reader = ::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  REQUIRE(reader >= 0);
  std::string got(1 << 20, '\0');
  const auto first = ::read(reader, got.data(), got.size());
  REQUIRE(first > 0);
  write(copy, "last\n");
  copy.flush();
  const auto rest = ::read(reader, got.data() + first, got.size() - static_cast<std::size_t>(first));
  ::close(reader);
  REQUIRE(rest > 0);
  got.resize(static_cast<std::size_t>(first + rest));
  CHECK_THAT(got, EndsWith("\nlast\n"));
  REQUIRE(said.size() == 2);
  CHECK_THAT(said.back(), ContainsSubstring("again"));
}
#endif
