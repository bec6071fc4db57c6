#include "support/process_impl.hpp"

#include <array>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace mailslog::test {
namespace {

[[noreturn]] void fail(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

struct unique_fd {
  int fd = -1;

  unique_fd() = default;
  unique_fd(unique_fd&& other) noexcept : fd(std::exchange(other.fd, -1)) {}
  unique_fd& operator=(unique_fd&& other) noexcept {
    std::swap(fd, other.fd);
    return *this;
  }
  ~unique_fd() { reset(); }
  void reset() {
    if (fd >= 0) ::close(std::exchange(fd, -1));
  }
};

struct channel {
  unique_fd read_end;
  unique_fd write_end;

  channel() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) fail(errno, "pipe");
    read_end.fd = ends[0];
    write_end.fd = ends[1];
  }
};

// NAME=value for each variable, the child's own in front of ours of the same name.
std::vector<std::string> merged(const process::variables& own) {
  std::vector<std::string> all;
  for (const auto& [name, value] : own) all.push_back(name + '=' + value);
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const auto name = text.substr(0, text.find('='));
    bool replaced = false;
    for (const auto& v : own) replaced |= v.first == name;
    if (!replaced) all.emplace_back(text);
  }
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (auto& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

void non_blocking(int fd) { ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK); }

class posix_child : public process::impl {
 public:
  posix_child(std::vector<std::string> arguments, const process::variables& environment) {
    // What we write to a child that has ended is its own business.
    static const auto ignored = std::signal(SIGPIPE, SIG_IGN);
    (void)ignored;

    channel in, out, err;
    spawn(std::move(arguments), environment, in.read_end.fd, out.write_end.fd, err.write_end.fd);
    input_end_ = std::move(in.write_end);
    ends_ = {std::move(out.read_end), std::move(err.read_end)};
    non_blocking(input_end_.fd);
    pump_ = std::thread([this] { pump(); });
  }

  ~posix_child() override {
    if (!ended_) ::kill(pid, SIGKILL);
    {
      const std::lock_guard<std::mutex> lock(mutex);
      abandoned_ = true;
    }
    wake_up();
    pump_.join();
    if (!ended_) ::waitpid(pid, nullptr, 0);
  }

  void wake_up() override { (void)!::write(wake_.write_end.fd, "", 1); }

  bool ended() override {
    int status = 0;
    if (!ended_ && ::waitpid(pid, &status, WNOHANG) == pid) {
      ended_ = true;
      code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    return ended_;
  }

  void signal(int number) override { ::kill(pid, number); }
  void kill() override { ::kill(pid, SIGKILL); }

 private:
  void spawn(std::vector<std::string> arguments, const process::variables& environment, int in, int out, int err) {
    ::posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_adddup2(&files, in, 0);
    ::posix_spawn_file_actions_adddup2(&files, out, 1);
    ::posix_spawn_file_actions_adddup2(&files, err, 2);
    ::posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    ::sigset_t usual;
    ::sigemptyset(&usual);
    ::sigaddset(&usual, SIGPIPE);
    ::posix_spawnattr_setsigdefault(&attributes, &usual);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    auto variables = merged(environment);
    const int error = ::posix_spawnp(&pid, arguments.at(0).c_str(), &files, &attributes, pointers(arguments).data(),
                                     pointers(variables).data());
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&files);
    if (error != 0) fail(error, "cannot start " + arguments.at(0));
  }

  // Until both outputs have ended.
  void pump() {
    std::unique_lock<std::mutex> lock(mutex);
    while (!abandoned_) {
      if (output_unwanted) ends_[0].reset();
      if (input.empty() && input_closed) input_end_.reset();
      if (ends_[0].fd < 0 && ends_[1].fd < 0) break;
      std::array<::pollfd, 4> polled{{{wake_.read_end.fd, POLLIN, 0},
                                      {input.empty() ? -1 : input_end_.fd, POLLOUT, 0},
                                      {ends_[0].fd, POLLIN, 0},
                                      {ends_[1].fd, POLLIN, 0}}};
      lock.unlock();
      ::poll(polled.data(), polled.size(), -1);
      lock.lock();
      if (polled[0].revents != 0) {
        char byte;
        (void)!::read(wake_.read_end.fd, &byte, 1);
      }
      if (polled[1].revents != 0) feed();
      for (std::size_t i = 0; i < ends_.size(); ++i) {
        if (polled[2 + i].revents != 0) collect(i);
      }
    }
    pumped = true;
    changed.notify_all();
  }

  void feed() {
    const auto n = ::write(input_end_.fd, input.data(), input.size());
    if (n > 0) input.erase(0, static_cast<std::size_t>(n));
    if (n < 0 && errno != EAGAIN && errno != EINTR) {  // it reads no more
      input.clear();
      input_closed = true;
    }
  }

  void collect(std::size_t i) {
    char buffer[65536];
    const auto n = ::read(ends_[i].fd, buffer, sizeof buffer);
    if (n > 0) {
      outputs[i].append(buffer, static_cast<std::size_t>(n));
      changed.notify_all();
    } else if (n == 0 || errno != EINTR) {
      ends_[i].reset();
    }
  }

  channel wake_;
  unique_fd input_end_;
  std::array<unique_fd, 2> ends_;
  bool abandoned_ = false;
  bool ended_ = false;
  std::thread pump_;
};

}  // namespace

std::unique_ptr<process::impl> process::impl::start(std::vector<std::string> arguments, const variables& environment) {
  return std::make_unique<posix_child>(std::move(arguments), environment);
}

}  // namespace mailslog::test
