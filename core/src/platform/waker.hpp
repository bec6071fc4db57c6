// Ends another thread's waiting.
#pragma once

#include <memory>

#include "platform/wait.hpp"

namespace mailslog::platform {

class waker {
 public:
  /// Throws `std::system_error` when the system has no descriptors left.
  waker();
  ~waker();

  /// From any thread, any number of times; the waker stays awake from then on, or until `reset`.
  void wake() noexcept;
  void reset() noexcept;
  /// The host has closed it, as some close all descriptors: it wakes nobody, and its handle may be the host's.
  bool lost() const noexcept;
  /// Of what is waited for beside others.
  wait_handle handle() const noexcept;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace mailslog::platform
