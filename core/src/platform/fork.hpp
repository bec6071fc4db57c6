// Which process we are in: what must not be shared by a parent and its child.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <new>

#include "platform/process.hpp"

namespace mailslog::platform {

/// Knows when it is in another process than the one that made it, however that was made: `fork`, `_Fork`, `clone`.
/// Where the system has no way to tell a copy of our memory, by the process id.
class process_mark {
 public:
  process_mark() noexcept;
  process_mark(const process_mark&) = delete;
  process_mark& operator=(const process_mark&) = delete;
  ~process_mark();

  bool changed() const noexcept {
    return page_ != nullptr ? page_->load(std::memory_order_acquire) != here : owner_.load(std::memory_order_acquire) != process_id();
  }

  /// Makes `again` begin what belongs to this process, once, whatever threads ask.
  template <class Again>
  void renew(Again again) noexcept {
    if (!begin()) return;
    again();
    end();
  }

 private:
  static constexpr std::uint32_t here = 1;
  static constexpr std::uint32_t beginning = 2;

  bool begin() noexcept;  // waits while another thread has begun
  void end() noexcept;

  std::atomic<std::uint32_t>* page_ = nullptr;  // `here`; in a child 0, because the system does not copy it
  std::atomic<std::uint64_t> owner_{process_id()};
};

/// A `T` that is made anew in a child. The old one is not destroyed: threads of the parent may have been inside, and what they held
/// stays held.
template <class T>
class renewable {
 public:
  renewable() { renew(); }
  renewable(const renewable&) = delete;
  renewable& operator=(const renewable&) = delete;
  ~renewable() { get()->~T(); }

  void renew() noexcept(noexcept(T())) { object_ = new (place_) T; }
  T* get() const noexcept { return object_; }
  T* operator->() const noexcept { return object_; }
  T& operator*() const noexcept { return *object_; }

 private:
  alignas(T) unsigned char place_[sizeof(T)];
  T* object_ = nullptr;
};

/// Begins again in a child. Derived classes call `enter` first thing in each of their functions that any thread may call.
/// Registered from `remember`, at the end of the constructor, to `forget`, at the beginning of the destructor.
/// Handlers of the host's that run around its forks, or in a signal, may use the object, too.
class fork_aware {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  virtual ~fork_aware() = default;

 protected:
  void remember();
  void forget() noexcept;

  void enter() noexcept {
    if (mark_.changed()) enter_again();
    if (held_.load(std::memory_order_relaxed)) let_go();
  }

 private:
  friend struct fork_registry;

  /// In the thread that forks: take the locks, so that what they guard is whole in the child. False if that cannot be done until
  /// `deadline`: the thread may have been interrupted while it held them itself.
  virtual bool hold(time_point deadline) noexcept = 0;
  /// In the parent, if `hold` was true.
  virtual void release() noexcept = 0;
  /// In the child, before anything else is done with the object there. `whole`: `hold` was true, and its locks are still held.
  virtual void begin_again(bool whole) noexcept = 0;

  void enter_again() noexcept;
  void let_go() noexcept;
  void release_held() noexcept;
  void begin_in_child() noexcept;

  process_mark mark_;
  std::atomic<bool> held_{false};  // by the thread that forks; where it says so, that is so
};

/// Locks `m`, or returns false at `deadline`. Also where the calling thread has locked it.
bool lock_until(std::mutex& m, fork_aware::time_point deadline) noexcept;

}  // namespace mailslog::platform
