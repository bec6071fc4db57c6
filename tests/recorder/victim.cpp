// A program that logs from several threads, and ends in a bad way.
//
//   victim NOTES HOST ADDRESS THREADS SEED WAY MICROSECONDS TEXTS
//
// WAY: after so many microseconds it calls abort, _exit, exec, overflows its stack, takes all memory ("memory"), or waits to be killed ("kill").
// TEXTS: "plain" or "any".
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

#include "hostile/hosts.hpp"
#include "notes.hpp"

using namespace mailslog::test;

namespace {

// So many that they take no more than a history's length.
constexpr std::uint64_t most_records = 12'000;
constexpr unsigned longest_life = 60;  // seconds, should nobody kill it

unsigned overflow(unsigned depth) {
  volatile char frame[4096];
  frame[0] = static_cast<char>(depth);
  return overflow(depth + 1) + static_cast<unsigned char>(frame[0]);
}

[[noreturn]] void take_all_memory() {
  for (;;) {
    constexpr std::size_t size = 1 << 20;
    auto* const more = static_cast<volatile char*>(std::malloc(size));
    for (std::size_t i = 0; more != nullptr && i < size; i += 4096) more[i] = 1;
  }
}

[[noreturn]] void end(const std::string& way) {
  if (way == "abort") std::abort();
  if (way == "_exit") ::_exit(0);
  if (way == "exec") ::execlp("true", "true", nullptr);
  if (way == "overflow") std::exit(static_cast<int>(overflow(0)));
  if (way == "memory") take_all_memory();
  for (;;) ::pause();
}

void log(host& to, notes& noted, std::uint64_t seed, unsigned thread, bool plain) {
  for (std::uint64_t n = 0; n < most_records; ++n) {
    const auto text = text_of(seed, thread, n, plain);
    noted.begun[thread].store(n + 1, std::memory_order_release);
    to.log(text);
    noted.returned[thread].store(n + 1, std::memory_order_release);
  }
  for (;;) ::pause();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 9) return 2;
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const ::rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::alarm(longest_life);
  auto& noted = open_notes(arguments[0]);
  const auto to = make_host(arguments[1], arguments[2]);
  const auto threads = static_cast<unsigned>(std::stoul(arguments[3]));
  const auto seed = std::stoull(arguments[4]);
  std::vector<std::thread> all;
  for (unsigned t = 0; t < threads; ++t) all.emplace_back([&, t] { log(*to, noted, seed, t, arguments[7] == "plain"); });
  noted.running = true;
  std::this_thread::sleep_for(std::chrono::microseconds(std::stoll(arguments[6])));
  end(arguments[5]);
}
