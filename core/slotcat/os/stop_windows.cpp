#include "os/stop.hpp"

#include <atomic>
#include <system_error>
#include <thread>
#include <utility>

#include "os/windows.hpp"

namespace slotcat {
namespace {

HANDLE signalled = nullptr;
std::atomic<stop_reason> caught_signal{stop_reason::none};

HANDLE make_event() {
  const HANDLE event = ::CreateEventW(nullptr, TRUE, FALSE, nullptr);
  if (event == nullptr) throw std::system_error(static_cast<int>(::GetLastError()), std::system_category(), "cannot make an event");
  return event;
}

// In a thread of the system's own.
BOOL WINAPI on_signal(DWORD event) {
  const bool asked = event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT;
  if (caught_signal.exchange(asked ? stop_reason::interrupted : stop_reason::terminated) != stop_reason::none) return FALSE;
  ::SetEvent(signalled);
  // The window is closed, or the user leaves: when this returns the program ends. It is given as long as the system gives.
  if (!asked) ::Sleep(INFINITE);
  return TRUE;
}

}  // namespace

stop_signals::stop_signals() {
  signalled = make_event();
  ::SetConsoleCtrlHandler(on_signal, TRUE);
}

stop_signals::~stop_signals() {
  ::SetConsoleCtrlHandler(on_signal, FALSE);
  ::CloseHandle(std::exchange(signalled, nullptr));
}

void stop_signals::unblock() {}
stop_reason stop_signals::caught() const noexcept { return caught_signal; }
stop_handle stop_signals::handle() const noexcept { return signalled; }

void die_of_interrupt() {}

struct stop_watch::impl {
  HANDLE end = make_event();
  std::thread thread;
};

// A pipe does not tell that its reader went away until something is written to it.
stop_watch::stop_watch(const stop_signals& signals, int, std::function<void()> on_stop) : impl_(std::make_unique<impl>()) {
  impl_->thread = std::thread([end = impl_->end, signal = signals.handle(), stop = std::move(on_stop)] {
    const HANDLE watched[] = {end, signal};
    if (::WaitForMultipleObjects(2, watched, FALSE, INFINITE) == WAIT_OBJECT_0 + 1) stop();
  });
}

stop_watch::~stop_watch() {
  ::SetEvent(impl_->end);
  impl_->thread.join();
  ::CloseHandle(impl_->end);
}

}  // namespace slotcat
