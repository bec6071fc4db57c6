// A program of its own for a case that ends, or spoils, the program that it runs in.
#pragma once

#include <functional>
#include <string>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/catch.hpp"
#include "support/wait_until.hpp"

namespace mailslog::test {

/// Its exit code, 128 and the number of the signal that ended it, or -1 if it still ran after the deadline and was killed.
inline int end_of(::pid_t child) {
  int status = 0;
  if (!wait_until([&] { return ::waitpid(child, &status, WNOHANG) == child; })) {
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    return -1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Runs `work` in a child, which ends with what it returns, or with 99 if it throws. Before the test has threads, so that it is as
/// a program that has just started.
inline ::pid_t start_child(const std::function<int()>& work) {
  const auto child = ::fork();
  if (child != 0) return child;
  int code = 99;
  try {
    code = work();
  } catch (...) {
  }
  ::_exit(code);
}

/// For a word between a child and the test: a file that one makes and the other waits for.
inline void say(const std::string& file) { ::close(::open(file.c_str(), O_CREAT | O_WRONLY, 0600)); }
inline bool is_said(const std::string& file) { return ::access(file.c_str(), F_OK) == 0; }
inline bool wait_for(const std::string& file) {
  return wait_until([&] { return is_said(file); });
}

inline int in_child(const std::function<int()>& work) { return end_of(start_child(work)); }

}  // namespace mailslog::test
