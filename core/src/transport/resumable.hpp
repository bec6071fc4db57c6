// "No room: send the same datagrams again", for senders that reach several receivers, by several paths or through other senders.
#pragma once

#include <chrono>
#include <cstddef>
#include <iterator>
#include <system_error>
#include <vector>

#include "transport/transport.hpp"

namespace mailslog::transport {

inline bool should_wait(const std::error_code& e) noexcept {
  return e == std::errc::resource_unavailable_try_again || e == std::errc::operation_would_block ||
         e == std::errc::no_buffer_space;
}

/// What a path came to with the datagrams it was given.
enum class progress {
  took_all,
  ended,    ///< done with them, though it did not take all, or nobody is there
  no_room,  ///< to be given the same again
};

/// What each path remembers. Derive from it.
struct resumable_path {
  std::size_t sent = 0;  ///< of the datagrams now being sent; in the path's own unit
  bool waiting = true;   ///< not done with them
  bool took = false;     ///< all of them
  bool stalled = false;  ///< passed over while it has no room
  std::chrono::steady_clock::time_point no_room_at{};

  /// What was begun is given up: the next datagrams are others.
  void passed_over() noexcept {}
};

/// How long a path that takes nothing may hold up the others before it is passed over.
constexpr auto usual_patience = std::chrono::milliseconds(100);

/// One send over several paths. Paths may be added and removed between the calls.
template <class Path>
class resumable_send {
 public:
  explicit resumable_send(std::chrono::nanoseconds patience = usual_patience) : patience_(patience) {}

  /// The datagrams are those of the last call.
  bool resuming() const noexcept { return resuming_; }
  void abandon() noexcept { resuming_ = false; }

  /// To be told what the paths report.
  send_result result;

  /// Before `run`, and before `result` is written: forgets the last datagrams, unless these are the same.
  void begin(std::vector<Path>& paths) noexcept {
    if (resuming_) return;
    result = {};
    for (auto& p : paths) {
      p.sent = 0;
      p.waiting = true;
      p.took = false;
    }
  }

  /// Gives the datagrams to each path that is not done with them. `send(path)` returns its `progress`.
  template <class Send>
  send_result run(std::vector<Path>& paths, Send send) {
    bool any_took = false;
    bool any_waiting = false;
    bool any_stalled = false;
    for (auto& p : paths) {
      if (p.waiting) {
        const auto came_to = send(p);
        p.waiting = came_to == progress::no_room;
        p.took = came_to == progress::took_all;
      }
      any_took = any_took || p.took;
      any_waiting = any_waiting || p.waiting;
      any_stalled = any_stalled || p.stalled;
    }
    if (any_waiting || any_stalled) any_waiting = lose_patience(paths, any_took);
    resuming_ = any_waiting;
    result.conclude(resuming_);
    return result;
  }

 private:
  // A path that has stopped must not keep the others waiting; but the last one is waited for. True if one still is.
  bool lose_patience(std::vector<Path>& paths, bool any_took) {
    const auto now = std::chrono::steady_clock::now();
    if (!resuming_) held_up_since_ = now;
    const bool out_of_patience = any_took && now - held_up_since_ >= patience_;
    bool any_waiting = false;
    for (auto& p : paths) {
      if (!p.waiting) {
        // Waited for again only when it has kept up for a while: one that takes a little now and then would hold up the others each time.
        if (p.stalled && p.took && now - p.no_room_at >= 10 * usual_patience) p.stalled = false;
        continue;
      }
      p.no_room_at = now;
      if (out_of_patience) p.stalled = true;
      if (p.stalled && any_took) {
        p.waiting = false;
        p.passed_over();
        result.error = std::make_error_code(std::errc::resource_unavailable_try_again);
      } else {
        any_waiting = true;
      }
    }
    return any_waiting;
  }

  const std::chrono::nanoseconds patience_;
  std::chrono::steady_clock::time_point held_up_since_{};
  bool resuming_ = false;
};

}  // namespace mailslog::transport
