// Reasons to leave that come from outside: Ctrl-C, TERM, and a reader of our output that went away.
#pragma once

#include <functional>
#include <memory>

namespace slotcat {

#ifdef _WIN32
using stop_handle = void*;  // an event
#else
using stop_handle = int;    // a descriptor
#endif

enum class stop_reason { none, interrupted, terminated };

/// While it lives, the first SIGINT or SIGTERM is remembered and the second ends the program; SIGPIPE is ignored. Make it
/// before any thread is started: they inherit that these signals are blocked, and leave them to the one thread that unblocks
/// them, where they interrupt a `write` that waits. One at a time. On Windows, Ctrl-C and Ctrl-Break are SIGINT, and the closing
/// of the window is SIGTERM.
class stop_signals {
 public:
  stop_signals();
  ~stop_signals();
  stop_signals(const stop_signals&) = delete;
  stop_signals& operator=(const stop_signals&) = delete;

  /// Lets the calling thread have the signals.
  void unblock();
  stop_reason caught() const noexcept;
  /// Readable, or set, once a signal has come.
  stop_handle handle() const noexcept;
};

/// Ends this program as Ctrl-C does by default, so that a shell's loop around it ends, too. Returns on Windows, where nobody asks.
void die_of_interrupt();

/// Calls `on_stop` in a thread of its own when a signal comes or (but on Windows) the reader of `output` goes away, at most once.
class stop_watch {
 public:
  stop_watch(const stop_signals& signals, int output, std::function<void()> on_stop);
  ~stop_watch();
  stop_watch(const stop_watch&) = delete;
  stop_watch& operator=(const stop_watch&) = delete;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace slotcat
