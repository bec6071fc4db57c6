// bench_sender KIND [--target T] [--records N] [--threads N] [--size BYTES] [--limit BYTES] [--framed] [--each] [--processes N]
//
// Posts records as fast as it can and prints what that took.
#include <cstdlib>
#include <exception>
#include <iostream>
#include <stdexcept>

#include <sys/wait.h>
#include <unistd.h>

#include "sender.hpp"

namespace {

using namespace bench;

int ready_pipe[2];
int go_pipe[2];

// Every process has opened its sink before the first one logs.
void wait_for_the_others() {
  const char ready = 'r';
  if (::write(ready_pipe[1], &ready, 1) != 1) std::abort();
  char nothing;
  while (::read(go_pipe[0], &nothing, 1) > 0) {
  }
}

void send(const sender_options& o, measurement& m) {
  if (!send_with_spdlog(o, m) && !send_with_boost_log(o, m) && !send_bare(o, m)) {
    throw std::invalid_argument("unknown kind: " + o.kind);
  }
}

int send_in_one_process(const sender_options& o) {
  measurement m([] {});
  send(o, m);
  report({{"records", static_cast<std::int64_t>(o.records)},
          {"cpu_ns", m.cpu()},
          {"calls_ns", m.calls_end_ns - m.start_ns},
          {"start_ns", m.start_ns},
          {"p999_ns", m.p999_ns()},
          {"dropped", m.dropped}});
  return 0;
}

int send_in_many(sender_options o, unsigned processes) {
  if (::pipe(ready_pipe) != 0 || ::pipe(go_pipe) != 0) throw std::runtime_error("pipe");
  const auto total = o.records;
  o.records = total / processes;
  for (unsigned p = 0; p < processes; ++p) {
    const auto child = ::fork();
    if (child < 0) throw std::runtime_error("fork");
    if (child != 0) continue;
    ::close(go_pipe[1]);
    {
      measurement m(wait_for_the_others);
      send(o, m);
    }
    ::_exit(0);
  }
  char ready;
  for (unsigned p = 0; p < processes; ++p) {
    if (::read(ready_pipe[0], &ready, 1) != 1) throw std::runtime_error("a sender did not start");
  }
  const auto start = now_ns();
  ::close(go_pipe[1]);
  int failures = 0;
  for (unsigned p = 0; p < processes; ++p) {
    int status = 0;
    ::wait(&status);
    if (status != 0) ++failures;
  }
  report({{"records", static_cast<std::int64_t>(o.records * processes)},
          {"cpu_ns", cpu_ns(RUSAGE_CHILDREN)},
          {"calls_ns", now_ns() - start},
          {"start_ns", start},
          {"dropped", 0}});
  return failures == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
  sender_options o;
  unsigned processes = 0;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name.substr(0, 2) != "--") {
      o.kind = name;
      continue;
    }
    if (name == "--framed" || name == "--each") {
      (name == "--each" ? o.each : o.framed) = true;
      continue;
    }
    const char* value = i + 1 < argc ? argv[++i] : "";
    const auto number = std::strtoull(value, nullptr, 10);
    if (name == "--target") o.target = value;
    else if (name == "--records") o.records = number;
    else if (name == "--threads") o.threads = static_cast<unsigned>(number);
    else if (name == "--size") o.size = number;
    else if (name == "--limit") o.limit = number;
    else if (name == "--processes") processes = static_cast<unsigned>(number);
    else throw std::invalid_argument("unknown option: " + std::string(name));
  }
  return processes == 0 ? send_in_one_process(o) : send_in_many(o, processes);
} catch (const std::exception& e) {
  std::cerr << "bench_sender: " << e.what() << '\n';
  return 2;
}
