#include "platform/wait.hpp"

#include <algorithm>

#include "platform/windows.hpp"

namespace mailslog::platform {
namespace {

using namespace std::chrono;

// Rounded up: a wait that ends too early would be repeated in a hot loop.
DWORD to_milliseconds(nanoseconds timeout) noexcept {
  constexpr auto longest = hours(24);
  const auto wait = timeout > nanoseconds(longest) ? milliseconds(longest) : ceil<milliseconds>(timeout);
  return static_cast<DWORD>(std::max<milliseconds::rep>(wait.count(), 0));
}

}  // namespace

bool wait_readable(const wait_handle* handles, std::size_t count, nanoseconds timeout) noexcept {
  constexpr std::size_t most = MAXIMUM_WAIT_OBJECTS;
  const auto any_of = [](const wait_handle* first, std::size_t size, DWORD time) {
    const auto n = static_cast<DWORD>(size);
    return ::WaitForMultipleObjects(n, first, FALSE, time) < WAIT_OBJECT_0 + n;
  };
  if (count <= most) return any_of(handles, count, to_milliseconds(timeout));
  // More at once the system does not wait for: in turns.
  const auto end = steady_clock::now() + std::min<nanoseconds>(timeout, hours(24));
  for (;;) {
    for (std::size_t at = 0; at < count; at += most) {
      if (any_of(handles + at, std::min(most, count - at), at == 0 ? 1 : 0)) return true;
    }
    if (steady_clock::now() >= end) return false;
  }
}

bool wait_writable(const socket_handle* sockets, std::size_t count, nanoseconds timeout) noexcept {
  constexpr std::size_t most = 64;
  WSAPOLLFD polled[most];
  count = std::min(count, most);
  for (std::size_t i = 0; i < count; ++i) polled[i] = {sockets[i], POLLOUT, 0};
  if (count != 0) return ::WSAPoll(polled, static_cast<ULONG>(count), static_cast<int>(to_milliseconds(timeout))) > 0;
  ::Sleep(to_milliseconds(timeout));
  return false;
}

}  // namespace mailslog::platform
