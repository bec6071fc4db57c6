// What the platforms' processes share. Answered by process_posix.cpp and process_windows.cpp.
#pragma once

#include <array>
#include <condition_variable>
#include <mutex>

#include "support/process.hpp"

namespace mailslog::test {

/// A thread of it, the pump, feeds `input` to the child and collects `outputs`. They and the flags are guarded by `mutex`;
/// `changed` tells of news in what the pump writes.
struct process::impl {
  static std::unique_ptr<impl> start(std::vector<std::string> arguments, const variables& environment);
  virtual ~impl() = default;

  /// Tells the pump that `input` or a flag has changed.
  virtual void wake_up() = 0;
  /// Sets `code` when it is so.
  virtual bool ended() = 0;
  virtual void signal(int number) = 0;
  virtual void kill() = 0;

  template <class Condition>
  bool wait_for(Condition condition, std::chrono::nanoseconds limit) {
    std::unique_lock<std::mutex> lock(mutex);
    return changed.wait_for(lock, limit, condition);
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::string input;
  bool input_closed = false;
  bool output_unwanted = false;
  std::array<std::string, 2> outputs;
  bool pumped = false;  ///< both outputs have ended
  int pid = -1;
  int code = -1;
};

}  // namespace mailslog::test
