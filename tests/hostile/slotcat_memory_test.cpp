// slotcat's memory runs out for a moment: one allocation fails, each in turn. One record at most is missing from what it prints, or one line
// of what it says; it says so, and goes on.
#include <cstdint>
#include <exception>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include <mailslog/record_writer.hpp>

#include "child.hpp"
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
constexpr int could_not_open = 3;

std::string text(int i) { return "text " + std::to_string(i) + ", which is longer than a string has room for by itself"; }

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// How often each line came; times and numbers of processes are not looked at.
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

class run_of_slotcat {
 public:
  /// `options`: besides the slots.
  run_of_slotcat(texts slots, texts options) : slots_(std::move(slots)), options_(std::move(options)) {}

  /// One whole run in which allocation `n` fails; `post` is called when it listens.
  outcome without(std::uint64_t n, const std::function<void(bool first)>& post) const {
    const auto out = folder / "out", err = folder / "err", failed = folder / "failed", ready = folder / "ready";
    for (const auto& file : {failed, ready, folder / "cursor"}) ::unlink(file.c_str());
    auto arguments = slots_;
    arguments.insert(arguments.end(), options_.begin(), options_.end());
    arguments.insert(arguments.end(), {"--ready-file", ready});
    const auto child = start_child([&] {
      redirect(1, out);
      redirect(2, err);
      auto options = std::get<slotcat::read_options>(slotcat::parse_read_options(arguments));
      int code = could_not_open;
      fail_allocation(n);
      try {
        code = slotcat::read(std::move(options));
      } catch (const std::exception& e) {
        slotcat::say(e.what());
      }
      if (allocation_failed()) say(failed);
      fail_allocation(0);
      return code;
    });
    int status = 0;
    bool first = true;
    const bool ended = wait_until([&] {
      if (::waitpid(child, &status, WNOHANG) == child) return true;
      if (post && is_said(ready)) post(std::exchange(first, false));
      return false;
    });
    if (!ended) ::kill(child, SIGKILL);
    REQUIRE(ended);
    REQUIRE(WIFEXITED(status));
    return {WEXITSTATUS(status), is_said(failed), read_file(out), read_file(err)};
  }

  scratch_folder folder;

 private:
  texts slots_;
  texts options_;
};

/// Runs slotcat once for each allocation that it makes; `records(out)` counts what it printed.
void for_each_failure(const run_of_slotcat& slotcat, const std::function<void(bool first)>& post, const std::function<int(const outcome&)>& records) {
  for (std::uint64_t n = 1; n < 20'000; ++n) {
    CAPTURE(n);
    const auto o = slotcat.without(n, post);
    CAPTURE(o.code, o.out, o.err);
    if (o.code == could_not_open) {
      REQUIRE(o.failed);
      CHECK(o.err != "");
      continue;
    }
    REQUIRE(o.code == 0);
    const auto came = records(o);
    CHECK(came <= posted);
    CHECK(came + 1 >= posted);
    if (came < posted) CHECK((o.err.find("no memory") != std::string::npos || o.out.find("missing from") != std::string::npos || o.out.find("type=gap") != std::string::npos));
    if (!o.failed) {
      CHECK(came == posted);
      CHECK(o.err == "");
      CHECK(n > 100);
      return;
    }
  }
  FAIL("there is no end of allocations");
}

/// Posts to each of the addresses in turn when slotcat listens, and then says again and again that this was all.
std::function<void(bool)> live(const texts& addresses) {
  auto writers = std::make_shared<std::vector<record_writer>>();
  return [writers, addresses](bool first) {
    if (first) {
      writers->clear();
      for (const auto& a : addresses) writers->emplace_back(address(a + "?app=pump&linger=1min"));
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

const texts until_the_end = {"--until-match", end_text};

texts plus(texts a, const texts& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace

// Their own allocators do not end here.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("slotcat whose memory runs out once misses one record, says so and goes on", "[hostile][memory]") {
  const auto options = GENERATE(texts{"-o", "full", "--level", "info", "--grep", "text|all", "--exclude", "nothing"}, texts{"-o", "json", "--source", "*/pump"},
                                texts{"-o", "logfmt", "--order", "time", "--wait", "1ms"},
                                texts{"-o", "by-template", "--template", "{time} {message} {attributes.one}"});
  CAPTURE(options);
  const auto name = scratch_name();
  const run_of_slotcat slotcat({name}, plus(options, until_the_end));
  for_each_failure(slotcat, live({name}), [](const outcome& o) { return whole_texts(o.out); });
}
#endif
