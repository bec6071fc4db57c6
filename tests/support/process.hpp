// A program under test: started with arguments and input, watched, signalled, and gone at the end of the scope.
//
//   process reader({program("slotcat"), "x", "-c", "1"});
//   REQUIRE(reader.wait_for_output("hello"));
//   CHECK(reader.wait() == 0);
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/wait_until.hpp"

namespace mailslog::test {

/// The path of a program that the build made.
std::string program(std::string_view name);

/// Both outputs are collected all the time by a thread, so that the child never waits for the test.
/// What starts with "wait" waits for at most `limit`.
class process {
 public:
  using variables = std::vector<std::pair<std::string, std::string>>;

  /// Starts `arguments[0]` (looked up in PATH), with `environment` on top of this process's. Its standard input is an open,
  /// empty pipe. Throws `std::system_error`.
  explicit process(std::vector<std::string> arguments, const variables& environment = {});
  process(process&&) noexcept;
  process& operator=(process&&) noexcept;
  /// Kills it if it still runs.
  ~process();

  int pid() const noexcept;

  /// Adds to its standard input; does not wait until it is read.
  void write(std::string_view text);
  /// Ends its standard input after what was written.
  void close_input();

  /// What it has printed so far.
  std::string out() const;
  std::string err() const;
  /// Stops reading its standard output, as `head` does; what was read stays.
  void close_output();

  /// Sees `condition(out())` come true, or `text` appear in the output.
  bool wait_for_output(const std::function<bool(const std::string&)>& condition, std::chrono::nanoseconds limit = deadline) const;
  bool wait_for_output(std::string_view text, std::chrono::nanoseconds limit = deadline) const;
  bool wait_for_error(std::string_view text, std::chrono::nanoseconds limit = deadline) const;

  /// Windows has SIGINT only, which is Ctrl-C.
  void signal(int number) const;
  /// Ends it without giving it a chance to say anything; `wait` gives `killed`.
  void kill() const;
  static constexpr int killed = 137;
  bool ended();

  /// Its exit code, or 128 and the number of the signal that ended it; -1 if it still runs after `limit`.
  /// `out` and `err` are complete then.
  int wait(std::chrono::nanoseconds limit = deadline);

  struct impl;

 private:
  std::unique_ptr<impl> impl_;
};

/// What a program printed, with "\n" for the system's line ends.
std::string text_of(std::string printed);

struct finished {
  int code;
  std::string out;
  std::string err;
};

/// Starts a program, gives it `input`, and waits for its end.
finished run(std::vector<std::string> arguments, std::string_view input = {}, const process::variables& environment = {});

}  // namespace mailslog::test
