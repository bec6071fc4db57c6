// Owners of the operating system's handles.
#pragma once

#include <utility>

namespace mailslog::platform {

/// Owns one handle. `Traits` has the native type, its invalid value, and `close`, which keeps the system's last error.
template <class Traits>
class unique_handle {
 public:
  using native = typename Traits::native;

  unique_handle() = default;
  explicit unique_handle(native h) noexcept : handle_(h) {}
  unique_handle(unique_handle&& other) noexcept : handle_(other.release()) {}
  unique_handle& operator=(unique_handle&& other) noexcept {
    reset(other.release());
    return *this;
  }
  ~unique_handle() { reset(); }

  native get() const noexcept { return handle_; }
  native release() noexcept { return std::exchange(handle_, Traits::invalid()); }
  void reset(native h = Traits::invalid()) noexcept {
    const native old = std::exchange(handle_, h);
    if (old != Traits::invalid()) Traits::close(old);
  }
  explicit operator bool() const noexcept { return handle_ != Traits::invalid(); }

 private:
  native handle_ = Traits::invalid();
};

}  // namespace mailslog::platform
