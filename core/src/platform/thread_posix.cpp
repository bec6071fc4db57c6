#include "platform/thread.hpp"

#include <csignal>
#include <ctime>

#include <dlfcn.h>
#include <pthread.h>

namespace mailslog::platform {
namespace {

class signals_held_back {
 public:
  signals_held_back() noexcept {
    ::sigset_t most;
    ::sigfillset(&most);
    // These are about what the thread itself does, and a host's handler may have something to say about it.
    for (const int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT}) ::sigdelset(&most, own);
    ::pthread_sigmask(SIG_BLOCK, &most, &before_);
  }
  signals_held_back(const signals_held_back&) = delete;
  signals_held_back& operator=(const signals_held_back&) = delete;
  ~signals_held_back() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  ::sigset_t before_{};
};

void name_this_thread() noexcept {
#ifdef __APPLE__
  ::pthread_setname_np("mailslog");
#else
  ::pthread_setname_np(::pthread_self(), "mailslog");
#endif
}

// Until the program ends: a thread cannot say when it has left our code for good. Without effect on a program's own code.
void stay_loaded() noexcept {
  static const bool once = [] {
    ::Dl_info us{};
    return ::dladdr(reinterpret_cast<void*>(&stay_loaded), &us) != 0 && us.dli_fname != nullptr &&
           ::dlopen(us.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE) != nullptr;
  }();
  (void)once;
}

}  // namespace

std::chrono::steady_clock::time_point coarse_now() noexcept {
#ifdef CLOCK_MONOTONIC_COARSE
  ::timespec t{};
  if (::clock_gettime(CLOCK_MONOTONIC_COARSE, &t) == 0) {
    return std::chrono::steady_clock::time_point(std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
  }
#endif
  return std::chrono::steady_clock::now();
}

std::chrono::nanoseconds slept() noexcept {
#ifdef CLOCK_BOOTTIME  // Linux, whose CLOCK_MONOTONIC stands still meanwhile
  ::timespec all{};
  ::timespec awake{};
  if (::clock_gettime(CLOCK_MONOTONIC, &awake) == 0 && ::clock_gettime(CLOCK_BOOTTIME, &all) == 0) {
    const auto of = [](const ::timespec& t) { return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec); };
    return of(all) - of(awake);
  }
#endif
  return {};
}

std::thread start_thread(std::function<void()> work) {
  const signals_held_back until_started;  // a thread begins with the mask of the one that starts it
  return std::thread([work = std::move(work)] {
    name_this_thread();
    work();
  });
}

void leave(std::thread thread) {
  stay_loaded();
  thread.detach();
}

}  // namespace mailslog::platform
