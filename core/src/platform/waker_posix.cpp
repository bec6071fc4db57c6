#include "platform/waker.hpp"

#include <utility>

#include "platform/posix.hpp"

namespace mailslog::platform {

struct waker::impl {
  lasting_fd read_end;
  lasting_fd write_end;
};

waker::waker() : impl_(std::make_unique<impl>()) {
  unique_fd read_end;
  unique_fd write_end;
  if (!make_pipe(read_end, write_end)) throw_last_error("cannot make a pipe");
  impl_->read_end = lasting_fd(std::move(read_end));
  impl_->write_end = lasting_fd(std::move(write_end));
}

waker::~waker() = default;

void waker::wake() noexcept {
  if (lost()) return;
  const char byte = 0;
  // A full pipe has been woken before.
  [[maybe_unused]] const auto written = ::write(impl_->write_end.get(), &byte, 1);
}

void waker::reset() noexcept {
  if (lost()) return;
  char bytes[64];
  while (::read(impl_->read_end.get(), bytes, sizeof bytes) > 0) {
  }
}

// Who closes one closes all.
bool waker::lost() const noexcept { return !impl_->write_end.still_ours() || !impl_->read_end.still_ours(); }

wait_handle waker::handle() const noexcept { return impl_->read_end.get(); }

}  // namespace mailslog::platform
