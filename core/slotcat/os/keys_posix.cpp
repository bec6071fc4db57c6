#include "os/keys.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>

#include <poll.h>
#include <termios.h>
#include <unistd.h>

namespace slotcat {
namespace {

// What handlers may touch.
termios state_before;
std::atomic<bool> taken{false};
std::atomic<bool> for_good{false};
static_assert(std::atomic<bool>::is_always_lock_free);

// Signals that end a program, but for those of `stop_signals`.
constexpr int deadly[] = {SIGHUP, SIGQUIT, SIGILL, SIGABRT, SIGBUS, SIGFPE, SIGSEGV};

// Otherwise the terminal is somebody else's, and to change it would stop us.
bool has_terminal() noexcept { return ::tcgetpgrp(STDIN_FILENO) == ::getpgrp(); }

void give_back() noexcept {
  const int saved = errno;
  if (taken.exchange(false) && has_terminal()) ::tcsetattr(STDIN_FILENO, TCSANOW, &state_before);
  errno = saved;
}

// What the signal does by default comes when the handler has returned.
void give_back_and_die(int number) {
  give_back();
  std::signal(number, SIG_DFL);
  std::raise(number);
}

void handle(int number) {
  struct sigaction now {};
  if (::sigaction(number, nullptr, &now) != 0 || now.sa_handler != SIG_DFL) return;
  struct sigaction action {};
  action.sa_handler = give_back_and_die;
  action.sa_flags = SA_RESTART;
  ::sigaction(number, &action, nullptr);
}

void leave(int number) {
  struct sigaction now {};
  if (::sigaction(number, nullptr, &now) == 0 && now.sa_handler == give_back_and_die) std::signal(number, SIG_DFL);
}

// Again after each Ctrl-Z.
bool take() noexcept {
  if (for_good || !has_terminal() || ::tcgetattr(STDIN_FILENO, &state_before) != 0) return false;
  handle(SIGTSTP);
  for (const int number : deadly) handle(number);
  taken = true;
  auto ours = state_before;
  ours.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  ours.c_cc[VMIN] = 1;
  ours.c_cc[VTIME] = 0;
  if (::tcsetattr(STDIN_FILENO, TCSANOW, &ours) != 0) return taken = false;
  if (for_good) give_terminal_back();  // a signal came meanwhile
  return taken;
}

}  // namespace

keys::keys() {
  for_good = false;
  take();
}

keys::~keys() {
  give_back();
  leave(SIGTSTP);
  for (const int number : deadly) leave(number);
}

std::optional<char> keys::next() {
  if (!has_terminal() || (!taken && !take())) return std::nullopt;
  pollfd ready{STDIN_FILENO, POLLIN, 0};
  if (::poll(&ready, 1, 0) != 1) return std::nullopt;
  char key = 0;
  const auto count = ::read(STDIN_FILENO, &key, 1);
  if (count == 0 || (count < 0 && errno == EIO)) give_terminal_back();  // it is gone
  if (count != 1) return std::nullopt;
  return key;
}

void give_terminal_back() noexcept {
  for_good = true;
  give_back();
}

}  // namespace slotcat
