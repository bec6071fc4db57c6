// What both ends of a benchmark measure, and how they say it: one line of JSON on standard output.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <utility>

#include <sys/resource.h>

namespace bench {

/// The same clock in all processes of a machine.
inline std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// CPU time of this process (`RUSAGE_SELF`) or of its ended children (`RUSAGE_CHILDREN`), all threads, user and system.
inline std::int64_t cpu_ns(int who) {
  ::rusage u{};
  ::getrusage(who, &u);
  const auto ns = [](const ::timeval& t) { return t.tv_sec * 1'000'000'000LL + t.tv_usec * 1000LL; };
  return ns(u.ru_utime) + ns(u.ru_stime);
}

inline void report(std::initializer_list<std::pair<const char*, std::int64_t>> numbers) {
  const char* before = "{";
  for (const auto& [name, value] : numbers) {
    std::printf("%s\"%s\": %lld", before, name, static_cast<long long>(value));
    before = ", ";
  }
  std::puts("}");
  std::fflush(stdout);
}

}  // namespace bench
