#include "os/command.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/pipe_posix.hpp"

extern char** environ;  // NOLINT: POSIX declares it nowhere

namespace slotcat {
namespace {

constexpr std::array<int, 5> passed_on = {SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGCONT};

// What the handlers may touch.
std::atomic<int> child{0};
std::atomic<int> awake{-1};

void pass_on(int number, siginfo_t* info, void*) {
  const int saved = errno;
  // A terminal tells its whole foreground group: the child has it already.
  const bool by_kernel = info != nullptr && info->si_code > 0;
  if (child > 0 && !by_kernel) ::kill(child, number);
  errno = saved;
}

void on_child(int) {
  const int saved = errno;
  const char byte = 0;
  (void)!::write(awake, &byte, 1);
  errno = saved;
}

// Ctrl-C on our terminal reaches the child without us.
bool in_foreground() {
  const int terminal = ::open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
  if (terminal < 0) return false;
  const bool result = ::tcgetpgrp(terminal) == ::getpgrp();
  ::close(terminal);
  return result;
}

}  // namespace

struct child_command::impl {
  pipe_ends out;
  pipe_ends error;
  pipe_ends wake;
  pid_t pid = 0;
  int code = 0;
  bool ended = false;

  bool reap(bool wait) {
    int status = 0;
    while (!ended) {
      const auto got = ::waitpid(pid, &status, wait ? 0 : WNOHANG);
      if (got == 0) return false;
      if (got < 0 && errno == EINTR) continue;
      ended = true;
      child = 0;
      if (got == pid) code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    return true;
  }

  // False at its end.
  static bool drain(pipe_ends& from, stream which, const std::function<void(stream, std::string_view)>& taken) {
    std::array<char, 64 * 1024> block;
    const auto count = ::read(from.ends[0], block.data(), block.size());
    if (count > 0) taken(which, {block.data(), static_cast<std::size_t>(count)});
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) from.close(0);
    return count > 0;
  }
};

child_command::child_command(const std::vector<std::string>& arguments) : impl_(std::make_unique<impl>()) {
  std::vector<char*> argv;
  for (const auto& each : arguments) argv.push_back(const_cast<char*>(each.c_str()));
  argv.push_back(nullptr);

  never_wait(impl_->wake.ends[1]);
  awake = impl_->wake.ends[1];
  struct sigaction action {};
  action.sa_handler = on_child;
  action.sa_flags = SA_RESTART | SA_NOCLDSTOP;
  ::sigaction(SIGCHLD, &action, nullptr);

  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_adddup2(&files, impl_->out.ends[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, impl_->error.ends[1], STDERR_FILENO);
  // It starts with no signal blocked, and all of those that we changed as they are by default.
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  sigset_t defaults;
  sigemptyset(&defaults);
  for (const int number : {SIGINT, SIGTERM, SIGPIPE, SIGXFSZ, SIGCHLD}) sigaddset(&defaults, number);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &defaults);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const int error = ::posix_spawnp(&impl_->pid, argv.front(), &files, &attributes, argv.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&files);
  if (error != 0) throw std::system_error(error, std::generic_category(), "cannot run \"" + arguments.front() + '"');
  impl_->out.close(1);
  impl_->error.close(1);
  child = impl_->pid;
  action.sa_sigaction = pass_on;
  action.sa_flags = SA_RESTART | SA_SIGINFO;
  for (const int number : passed_on) ::sigaction(number, &action, nullptr);
}

child_command::~child_command() {
  impl_->reap(true);
  for (const int number : passed_on) std::signal(number, SIG_DFL);
  std::signal(SIGCHLD, SIG_DFL);
  awake = -1;
}

void child_command::read(const stop_signals& signals, const std::function<void(stream, std::string_view)>& taken) {
  bool told = false;
  int rounds_left = 64;  // after its end: more than pipes hold
  while (impl_->out.ends[0] >= 0 || impl_->error.ends[0] >= 0) {
    pollfd ready[] = {{impl_->out.ends[0], POLLIN, 0},
                      {impl_->error.ends[0], POLLIN, 0},
                      {told ? -1 : signals.handle(), POLLIN, 0},
                      {impl_->wake.ends[0], POLLIN, 0}};
    if (::poll(ready, 4, impl_->ended ? 0 : -1) < 0 && errno != EINTR) std::this_thread::sleep_for(std::chrono::milliseconds(10));  // no memory
    if (!told && signals.caught() != stop_reason::none) {
      told = true;
      const bool interrupted = signals.caught() == stop_reason::interrupted;
      if (!impl_->ended && !(interrupted && in_foreground())) ::kill(impl_->pid, interrupted ? SIGINT : SIGTERM);
    }
    char wakes[64];
    while (::read(impl_->wake.ends[0], wakes, sizeof wakes) > 0) {}
    const bool ended = impl_->reap(false);
    bool any = false;
    if (impl_->out.ends[0] >= 0) any |= impl::drain(impl_->out, stream::out, taken);
    if (impl_->error.ends[0] >= 0) any |= impl::drain(impl_->error, stream::error, taken);
    if (ended && (!any || --rounds_left == 0)) break;  // what is still open belongs to children of its own
  }
  impl_->reap(true);
}

int child_command::exit_code() const noexcept { return impl_->code; }

}  // namespace slotcat
