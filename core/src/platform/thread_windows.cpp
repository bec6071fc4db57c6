#include "platform/thread.hpp"
#include "platform/windows.hpp"

namespace mailslog::platform {

std::chrono::steady_clock::time_point coarse_now() noexcept { return std::chrono::steady_clock::now(); }

std::chrono::nanoseconds slept() noexcept { return {}; }

std::thread start_thread(std::function<void()> work) { return std::thread(std::move(work)); }

void leave(std::thread thread) {
  ::HMODULE us = nullptr;
  ::GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN,
                       reinterpret_cast<::LPCWSTR>(&start_thread), &us);
  thread.detach();
}

}  // namespace mailslog::platform
