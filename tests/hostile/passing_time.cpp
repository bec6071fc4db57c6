#include "passing_time.hpp"

#include <atomic>
#include <ctime>

#include <dlfcn.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

std::atomic<long> ahead{0};  // ns

constexpr long second = 1'000'000'000;

void shift(::timespec& t, long by) {
  const long ns = t.tv_sec * second + t.tv_nsec + by;
  t = {ns / second, ns % second};
}

}  // namespace

void mailslog::test::let_pass(std::chrono::nanoseconds time) { ahead += time.count(); }

extern "C" int clock_gettime(::clockid_t clock, ::timespec* now) {
  const auto result = static_cast<int>(::syscall(SYS_clock_gettime, clock, now));
  if (result == 0 && clock == CLOCK_MONOTONIC) shift(*now, ahead);
  return result;
}

// What a condition variable waits for is a time of ours.
extern "C" int pthread_cond_clockwait(::pthread_cond_t* condition, ::pthread_mutex_t* mutex, ::clockid_t clock, const ::timespec* until) {
  static const auto system = reinterpret_cast<decltype(&::pthread_cond_clockwait)>(::dlsym(RTLD_NEXT, "pthread_cond_clockwait"));
  auto theirs = *until;
  if (clock == CLOCK_MONOTONIC && theirs.tv_sec < second) shift(theirs, -ahead);  // later than that is never
  return system(condition, mutex, clock, &theirs);
}
