#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>

#include "os/input.hpp"
#include "os/windows.hpp"

namespace slotcat {
namespace {

// A read that waits cannot be ended everywhere, so a thread reads, which nobody waits for at the end.
struct reading {
  std::mutex mutex;
  std::condition_variable changed;
  std::string bytes;  // read and not taken
  bool ended = false;
  DWORD error = ERROR_SUCCESS;
};

// In UTF-8; none at the end.
std::string read_some(DWORD& error) {
  constexpr DWORD room = 16 * 1024;
  const HANDLE input = ::GetStdHandle(STD_INPUT_HANDLE);
  DWORD size = 0;
  DWORD mode = 0;
  std::string bytes;
  if (::GetConsoleMode(input, &mode) != 0) {
    std::wstring text(room, L'\0');
    if (::ReadConsoleW(input, text.data(), room, &size, nullptr) == 0) error = ::GetLastError();
    if (size != 0 && text[0] == 0x1a) size = 0;  // Ctrl-Z
    bytes.resize(std::size_t{3} * size);
    const int converted = ::WideCharToMultiByte(CP_UTF8, 0, text.data(), static_cast<int>(size), bytes.data(),
                                                static_cast<int>(bytes.size()), nullptr, nullptr);
    bytes.resize(static_cast<std::size_t>(converted));
  } else {
    bytes.resize(room);
    if (::ReadFile(input, bytes.data(), room, &size, nullptr) == 0) error = ::GetLastError();
    bytes.resize(size);
  }
  if (error == ERROR_BROKEN_PIPE || error == ERROR_OPERATION_ABORTED) error = ERROR_SUCCESS;  // the end, too
  return bytes;
}

void read_all(reading& to) {
  bool cr = false;  // held back: only before a new line it is none of the text
  for (;;) {
    DWORD error = ERROR_SUCCESS;
    const auto some = read_some(error);
    std::unique_lock lock(to.mutex);
    for (const char c : some) {
      if (cr && c != '\n') to.bytes += '\r';
      cr = c == '\r';
      if (!cr) to.bytes += c;
    }
    to.error = error;
    to.ended = some.empty() || error != ERROR_SUCCESS;
    if (to.ended && cr) to.bytes += '\r';
    to.changed.notify_all();
    if (to.ended) return;
    to.changed.wait(lock, [&to] { return to.bytes.size() < std::size_t{64} * 1024; });
  }
}

}  // namespace

std::size_t read_input(const stop_signals& signals, char* to, std::size_t room) {
  static reading& input = *[] {
    auto* shared = new reading;
    std::thread([shared] { read_all(*shared); }).detach();
    return shared;
  }();
  std::unique_lock lock(input.mutex);
  while (input.bytes.empty() && !input.ended && signals.caught() == stop_reason::none) {
    input.changed.wait_for(lock, std::chrono::milliseconds(100));  // a signal does not tell us
  }
  if (signals.caught() != stop_reason::none) return 0;
  if (input.bytes.empty() && input.error != ERROR_SUCCESS) {
    throw std::system_error(static_cast<int>(input.error), std::system_category(), "cannot read standard input");
  }
  const auto size = std::min(room, input.bytes.size());
  std::memcpy(to, input.bytes.data(), size);
  input.bytes.erase(0, size);
  input.changed.notify_all();
  return size;
}

}  // namespace slotcat
