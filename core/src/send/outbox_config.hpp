// What an outbox is told when it is made.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include <mailslog/options.hpp>

#include "history/ring.hpp"
#include "platform/thread.hpp"

namespace mailslog {

struct outbox_config {
  std::uint32_t slot_tag = 0;
  std::string slot;  ///< empty: nothing is remembered
  history::ring_scope scope = history::ring_scope::local;
  std::string host;
  std::string app;
  slot_options options;
  /// Another sender may have room where this one has none: its sockets have buffers of their own.
  bool others_have_room = true;
  /// Tests put the hands of this clock themselves, and call `service` instead of having a thread.
  std::chrono::steady_clock::time_point (*clock)() = std::chrono::steady_clock::now;
  std::chrono::steady_clock::time_point (*coarse_clock)() = platform::coarse_now;
  std::chrono::nanoseconds (*slept)() noexcept = platform::slept;
  bool own_thread = true;
};

}  // namespace mailslog
