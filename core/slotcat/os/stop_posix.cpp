#include "os/stop.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <thread>
#include <utility>

#include <poll.h>
#include <unistd.h>

#include "os/keys.hpp"
#include "os/pipe_posix.hpp"

namespace slotcat {
namespace {

// What the handler may touch.
int signal_pipe[2] = {-1, -1};
std::atomic<int> caught_signal{0};
static_assert(std::atomic<int>::is_always_lock_free);

void poke(int descriptor) noexcept {
  const char byte = 0;
  (void)!::write(descriptor, &byte, 1);
}

void on_signal(int number) {
  const int saved = errno;
  for (const int each : {SIGINT, SIGTERM}) std::signal(each, SIG_DFL);
  caught_signal = number;
  give_terminal_back();  // the second one ends us at once
  poke(signal_pipe[1]);
  errno = saved;
}

sigset_t both() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

void make_waking_pipe(int (&ends)[2]) {
  make_pipe(ends);
  for (const int end : ends) never_wait(end);
}

void close_pipe(int (&ends)[2]) {
  for (int& end : ends) ::close(std::exchange(end, -1));
}

}  // namespace

stop_signals::stop_signals() {
  make_waking_pipe(signal_pipe);
  const auto set = both();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  struct sigaction action {};  // without SA_RESTART: a `write` that waits is to be interrupted
  action.sa_handler = on_signal;
  for (const int number : {SIGINT, SIGTERM}) ::sigaction(number, &action, nullptr);
  for (const int refused_write : {SIGPIPE, SIGXFSZ}) std::signal(refused_write, SIG_IGN);
}

stop_signals::~stop_signals() {
  for (const int number : {SIGINT, SIGTERM}) std::signal(number, SIG_DFL);
  close_pipe(signal_pipe);
}

void stop_signals::unblock() {
  const auto set = both();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

stop_reason stop_signals::caught() const noexcept {
  switch (caught_signal) {
    case SIGINT: return stop_reason::interrupted;
    case SIGTERM: return stop_reason::terminated;
    default: return stop_reason::none;
  }
}

stop_handle stop_signals::handle() const noexcept { return signal_pipe[0]; }

void die_of_interrupt() {
  std::fflush(nullptr);
  std::signal(SIGINT, SIG_DFL);
  const auto set = both();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  std::raise(SIGINT);
}

struct stop_watch::impl {
  int end[2];
  std::thread thread;
};

stop_watch::stop_watch(const stop_signals& signals, int output, std::function<void()> on_stop) : impl_(std::make_unique<impl>()) {
  make_waking_pipe(impl_->end);
  impl_->thread = std::thread([end = impl_->end[0], signal = signals.handle(), output, stop = std::move(on_stop)] {
    // No events are asked of the output: of themselves come POLLERR (a pipe without a reader) and POLLHUP (a socket).
    pollfd watched[] = {{end, POLLIN, 0}, {signal, POLLIN, 0}, {output, 0, 0}};
    for (;;) {
      if (::poll(watched, 3, -1) < 0) {
        if (errno != EINTR) std::this_thread::sleep_for(std::chrono::milliseconds(10));  // no memory
        continue;
      }
      if (watched[0].revents != 0) return;
      if (watched[1].revents != 0 || (watched[2].revents & (POLLERR | POLLHUP)) != 0) return stop();
      if (watched[2].revents != 0) watched[2].fd = -1;  // it is not open
    }
  });
}

stop_watch::~stop_watch() {
  poke(impl_->end[1]);
  impl_->thread.join();
  close_pipe(impl_->end);
}

}  // namespace slotcat
