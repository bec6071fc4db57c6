// slotcat's memory runs out for a moment: one allocation fails, each in turn. One record at most is missing from what it prints, or one line
// of what it says; it says so, and goes on.
#include <algorithm>
#include <cstdint>
#include <exception>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include <mailslog/record_writer.hpp>

#include "child.hpp"
#include "cli/exit_code.hpp"
#include "cli/options.hpp"
#include "os/say.hpp"
#include "read/read.hpp"
#include "support/failing_allocations.hpp"
#include "support/scratch.hpp"

using namespace mailslog;
using namespace mailslog::test;
using namespace std::chrono_literals;

namespace {

using texts = std::vector<std::string>;

constexpr int posted = 40;
constexpr auto end_text = "that was all";
constexpr int could_not_open = slotcat::cannot_open;

std::string text(int i) { return "text " + std::to_string(i) + ", which is longer than a string has room for by itself"; }

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

int lines_with(const std::string& out, const std::string& what) {
  int n = 0;
  for (auto at = out.find(what); at != std::string::npos; at = out.find(what, at + 1)) ++n;
  return n;
}

void redirect(int descriptor, const std::string& file) {
  const int to = ::open(file.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
  ::dup2(to, descriptor);
  ::close(to);
}

/// A record with all that a record has.
record full(const std::string& text) {
  record r;
  r.text = text;
  r.level = level::warning;
  r.logger = "a logger whose name is no short one";
  r.thread = 7;
  r.source = {"a/source/file/with/a/long/name.cpp", 88, "a_function_that_has_a_long_name"};
  r.attributes = {{"one", std::int64_t{1}}, {"an attribute whose name is no short one", "and whose value is none, either"}, {"three", 3.0}};
  return r;
}

struct outcome {
  int code = 0;
  bool failed = false;  // an allocation did
  std::string out;
  std::string err;
};

/// When the allocation is to fail.
enum class from { the_beginning, ready };

class run_of_slotcat {
 public:
  /// `folder` lives longer.
  run_of_slotcat(const scratch_folder& folder, texts arguments, from when) : folder_(folder), arguments_(std::move(arguments)), when_(when) {
    arguments_.insert(arguments_.end(), {"--ready-file", folder_ / "ready"});
  }

  /// One whole run in which allocation `n` fails; `post` is called again and again while it listens.
  outcome without(std::uint64_t n, const std::function<void(bool first)>& post) const {
    for (const auto& file : {"out", "err", "failed", "ready", "armed"}) ::unlink((folder_ / file).c_str());
    const auto child = start_child([&] { return slotcat(n); });
    int status = 0;
    bool first = true;
    const bool ended = wait_until([&] {
      if (::waitpid(child, &status, WNOHANG) == child) return true;
      if (post && is_said(folder_ / "armed")) post(std::exchange(first, false));
      return false;
    });
    if (!ended) ::kill(child, SIGKILL);
    REQUIRE(ended);
    REQUIRE(WIFEXITED(status));
    return {WEXITSTATUS(status), is_said(folder_ / "failed"), read_file(folder_ / "out"), read_file(folder_ / "err")};
  }

 private:
  int slotcat(std::uint64_t n) const {
    redirect(1, folder_ / "out");
    redirect(2, folder_ / "err");
    const auto failed = folder_ / "failed";
    auto options = std::get<slotcat::read_options>(slotcat::parse_read_options(arguments_));
    std::thread arm;
    if (when_ == from::ready) {
      arm = std::thread([this, n] {
        wait_for(folder_ / "ready");
        const auto armed = folder_ / "armed";
        fail_allocation(n);
        say(armed);
      });
    } else {
      say(folder_ / "armed");
      fail_allocation(n);
    }
    int code = could_not_open;
    try {
      code = slotcat::read(std::move(options));
    } catch (const std::exception& e) {
      slotcat::say(e.what());
    }
    if (arm.joinable()) arm.join();
    if (allocation_failed()) say(failed);
    fail_allocation(0);
    return code;
  }

  const scratch_folder& folder_;
  texts arguments_;
  from when_;
};

/// Runs slotcat once for each allocation that it makes; `records(out)` counts what it printed.
void for_each_failure(const run_of_slotcat& slotcat, const std::function<void(bool first)>& post, const std::function<int(const outcome&)>& records) {
  for (std::uint64_t n = 1; n < 2000; ++n) {
    CAPTURE(n);
    const auto o = slotcat.without(n, post);
    CAPTURE(o.code, o.out, o.err);
    if (o.code == could_not_open) {
      REQUIRE(o.failed);
      REQUIRE(o.err != "");
      continue;
    }
    REQUIRE(o.code == 0);
    const auto came = records(o);
    REQUIRE(came <= posted);
    REQUIRE(came + 1 >= posted);
    if (came < posted) {
      const texts words = {"no memory", "missing from", "\"gap\"", "type=gap"};
      REQUIRE(std::any_of(words.begin(), words.end(), [all = o.err + o.out](const std::string& w) { return all.find(w) != std::string::npos; }));
    }
    if (o.failed) continue;
    CHECK(came == posted);
    CHECK(o.err == "");
    CHECK(n > 10);
    return;
  }
  FAIL("there is no end of allocations");
}

/// Posts to each of the addresses in turn when slotcat listens, and then says again and again that this was all.
std::function<void(bool)> live(const texts& addresses) {
  auto writers = std::make_shared<std::vector<record_writer>>();
  return [writers, addresses](bool first) {
    if (first) {
      writers->clear();
      for (const auto& a : addresses) writers->emplace_back(address(a + (a.find('?') == std::string::npos ? "?" : "&") + "app=pump&linger=1min"));
      for (int i = 0; i < posted; ++i) (*writers)[static_cast<std::size_t>(i) % writers->size()].write(full(text(i)));
    }
    for (auto& w : *writers) {
      w.flush(deadline);
      w.write(full(end_text));
      w.flush(deadline);
    }
  };
}

/// Those of the texts that are there, whole and once.
int whole_texts(const std::string& out) {
  int n = 0;
  for (int i = 0; i < posted; ++i) {
    const auto times = lines_with(out, text(i));
    CHECK(times <= 1);
    n += times;
  }
  CHECK(lines_with(out, "text ") == n);
  CHECK((out.empty() || out.back() == '\n'));
  return n;
}

std::string sum_of(const texts& values) {
  std::string all;
  for (const auto& v : values) all += v + ' ';
  return all;
}

/// How many records a table of --count-by says there were, but for those that said that this was all.
int counted(const std::string& out) {
  std::istringstream in(out);
  std::string line;
  std::getline(in, line);
  int sum = 0;
  while (std::getline(in, line)) {
    if (line.find(end_text) == std::string::npos) sum += std::stoi(line);
  }
  return sum;
}

}  // namespace

// Their own allocators do not end here.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("slotcat that finds no memory to begin says so, or begins all the same", "[hostile][memory]") {
  const scratch_folder folder;
  const auto name = scratch_name();
  const auto port = "?if=lo&port=" + std::to_string(scratch_port());
  const run_of_slotcat slotcat(folder, {name, "*/" + name + port, "--timeout", "1ms"}, from::the_beginning);
  for (std::uint64_t n = 1; n < 2000; ++n) {
    CAPTURE(n);
    const auto o = slotcat.without(n, {});
    CAPTURE(o.code, o.err);
    REQUIRE((o.code == slotcat::nothing_shown || o.code == could_not_open));
    if (o.code == could_not_open) REQUIRE(o.err != "");
    if (!o.failed) return;
  }
  FAIL("there is no end of allocations");
}

TEST_CASE("slotcat whose memory runs out once misses one record, says so and goes on", "[hostile][memory]") {
  const scratch_folder folder;
  const auto options = GENERATE(texts{"-o", "full", "--level", "info", "--grep", "text|all", "--exclude", "nothing"}, texts{"-o", "json", "--source", "*/pump"},
                                texts{"-o", "logfmt", "--order", "time", "--wait", "1ms"},
                                texts{"-o", "template", "--template", "{time} {message} {one}"});
  CAPTURE(sum_of(options));
  const auto name = scratch_name();
  auto arguments = texts{name, "--until-match", end_text};
  arguments.insert(arguments.end(), options.begin(), options.end());
  const run_of_slotcat slotcat(folder, arguments, from::ready);
  for_each_failure(slotcat, live({name}), [](const outcome& o) { return whole_texts(o.out); });
}

TEST_CASE("a table of counts misses one record if slotcat's memory runs out once", "[hostile][memory]") {
  const scratch_folder folder;
  const auto name = scratch_name();
  const run_of_slotcat slotcat(folder, {name, "--until-match", end_text, "--count-by", "message"}, from::ready);
  for_each_failure(slotcat, live({name}), [](const outcome& o) { return counted(o.out); });
}

TEST_CASE("of what is remembered slotcat misses one record if its memory runs out once", "[hostile][memory]") {
  const scratch_folder folder;
  const auto last = GENERATE(std::string("all"), "40");
  CAPTURE(last);
  const auto name = scratch_name();
  const auto cursors = folder / "cursors";
  const run_of_slotcat slotcat(folder, {name, "--end", "-n", last, "--grep", "text", "--cursor-file", cursors}, from::the_beginning);
  {
    record_writer first{address(name)}, second{address(name)};
    for (int i = 0; i < posted; ++i) (i % 2 == 0 ? first : second).write(full(text(i)));
  }
  for_each_failure(slotcat, {}, [&](const outcome& o) {
    ::unlink(cursors.c_str());
    return whole_texts(o.out);
  });
}
#endif
