// Very many writers of one slot.
//
//   crowd short SECONDS    500 a second, each of which logs a line and ends
//   crowd many WRITERS     so many at a time, in processes of 1000
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <iostream>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mailslog/record_reader.hpp>
#include <mailslog/record_writer.hpp>

#include "history/ring_folder.hpp"
#include "support/process.hpp"
#include "support/scratch.hpp"
#include "support/wait_until.hpp"

using namespace mailslog;
using namespace mailslog::test;
using namespace std::chrono_literals;

namespace {

int faults = 0;

void check(bool good, const std::string& sentence) {
  if (good) return;
  ++faults;
  std::cout << "WRONG " << sentence << '\n' << std::flush;
}

void check_same(const std::string& got, const std::string& expected, const std::string& sentence) {
  check(got == expected, sentence + ", not\n" + got);
}

void log(record_writer& to, const std::string& text) {
  record r;
  r.time = std::chrono::system_clock::now();
  r.text = text;
  (void)to.write(r);
}

std::size_t rings() {
  std::error_code error;
  return history::ring_folder_of("crowd")->names(100'000, error).size();
}

std::string last_of_all(int n) { return run({program("slotcat"), "crowd", "-n", std::to_string(n), "-e", "-o", "cat", "--no-gaps"}).out; }

void one_after_the_other(int seconds) {
  constexpr int a_second = 500;
  const int writers = a_second * seconds;
  record_reader reader("crowd");
  std::thread all([&] {
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < writers; ++i) {
      std::this_thread::sleep_until(began + i * 1s / a_second);
      record_writer w("crowd?linger=5s");
      log(w, std::to_string(i));
      (void)w.flush(deadline);  // who ends waits no longer than all before him have left
    }
  });
  std::vector<int> seen(static_cast<std::size_t>(writers));
  std::size_t most = 0;
  int count = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds) + deadline;
  while (count < writers && std::chrono::steady_clock::now() < end) {
    const auto* r = reader.next(1s);
    if (r == nullptr) continue;
    ++seen.at(std::stoul(std::string(r->text)));
    if (++count % a_second == 0) most = std::max(most, rings());
  }
  all.join();
  for (int i = 0; i < writers; ++i) {
    const int n = seen[static_cast<std::size_t>(i)];
    check(n == 1, "record " + std::to_string(i) + " arrives " + std::to_string(n) + " times");
  }
  check(reader.stats().missing == 0, "nothing is missing");
  check(most <= 256 + 8, "files of writers that ended go: there were " + std::to_string(most));
  std::string expected;
  for (int i = writers - 100; i < writers; ++i) expected += std::to_string(i) + '\n';
  check_same(last_of_all(100), expected, "the last 100 of all writers are read, in their order");
}

void side_by_side(int writers) {
  constexpr int each = 1000;
  ::rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  std::vector<::pid_t> children;
  std::vector<int> ready;
  std::vector<int> go;
  for (int first = 0; first < writers; first += each) {
    int out[2];
    int in[2];
    if (::pipe(out) != 0 || ::pipe(in) != 0) return check(false, "pipes");
    const auto child = ::fork();
    if (child == 0) {
      ::alarm(300);
      std::vector<std::unique_ptr<record_writer>> all;
      for (int i = first; i < std::min(writers, first + each); ++i) {
        all.push_back(std::make_unique<record_writer>("crowd?history=8K"));
        log(*all.back(), "came " + std::to_string(i));
        if (all.back()->stats().history_error) ::_exit(1);
      }
      char c = 0;
      if (::write(out[1], "r", 1) != 1 || ::read(in[0], &c, 1) != 1) ::_exit(2);
      log(*all.front(), "goes on " + std::to_string(first));
      for (;;) ::pause();
    }
    children.push_back(child);
    ready.push_back(out[0]);
    go.push_back(in[1]);
    ::close(out[1]);
    ::close(in[0]);
    char c = 0;
    check(::read(ready.back(), &c, 1) == 1, "writers come, and remember what they log");
  }
  std::cout << rings() << " writers\n" << std::flush;
  check(rings() == static_cast<std::size_t>(writers), "each has a file");
  std::string expected;
  for (int i = writers - 20; i < writers; ++i) expected += "came " + std::to_string(i) + '\n';
  check_same(last_of_all(20), expected, "the last 20 are read");

  record_reader reader("crowd");
  for (const int fd : go) check(::write(fd, "g", 1) == 1, "go");
  std::set<std::string> went_on;
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (went_on.size() < children.size() && std::chrono::steady_clock::now() < end) {
    const auto* r = reader.next(1s);
    if (r != nullptr) check(r->text.substr(0, 8) == "goes on " && went_on.insert(std::string(r->text)).second, "a reader that comes is given what is logged from then on, once");
  }
  check(went_on.size() == children.size(), "a reader that comes hears the old writers");
  for (const auto child : children) ::kill(child, SIGKILL);
  for (const auto child : children) ::waitpid(child, nullptr, 0);
  int crashed = 0;
  while (crashed < writers) {
    const auto* e = reader.next_event(deadline);
    if (e == nullptr) break;
    const auto* x = std::get_if<ended>(e);
    if (x != nullptr && !x->well) ++crashed;
  }
  check(crashed == writers, "each end is told: " + std::to_string(crashed));
  // While very many live, they are looked at every second or two only.
  const bool gone = wait_until([] {
    record_writer w("crowd");
    log(w, "afterwards");
    return rings() <= 257;
  });
  check(gone, "files of writers that ended go: there are " + std::to_string(rings()));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const scratch_folder folder;
  if (std::string(argv[1]) == "short") one_after_the_other(std::stoi(argv[2]));
  if (std::string(argv[1]) == "many") side_by_side(std::stoi(argv[2]));
  return faults == 0 ? 0 : 1;
}
