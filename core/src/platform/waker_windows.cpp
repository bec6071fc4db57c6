#include "platform/waker.hpp"

#include "platform/windows.hpp"

namespace mailslog::platform {

struct waker::impl {
  unique_event event;
};

waker::waker() : impl_(std::make_unique<impl>()) {
  impl_->event = make_event();
  if (!impl_->event) throw std::system_error(last_error(), "cannot make an event");
}

waker::~waker() = default;

void waker::wake() noexcept { ::SetEvent(impl_->event.get()); }
void waker::reset() noexcept { ::ResetEvent(impl_->event.get()); }
bool waker::lost() const noexcept { return false; }
wait_handle waker::handle() const noexcept { return impl_->event.get(); }

}  // namespace mailslog::platform
