#include <algorithm>
#include <cerrno>
#include <climits>
#include <exception>
#include <string>

#include <poll.h>
#include <unistd.h>

#include "os/say.hpp"

namespace slotcat {

namespace {

// False if it does not take all of it.
bool write_error(std::string_view rest) noexcept {
  constexpr int patience_ms = 100;
  while (!rest.empty()) {
    pollfd ready{STDERR_FILENO, POLLOUT, 0};
    if (::poll(&ready, 1, patience_ms) == 0) return false;
    // No more than a pipe takes without waiting once it takes anything.
    const auto count = ::write(STDERR_FILENO, rest.data(), std::min<std::size_t>(rest.size(), PIPE_BUF));
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) rest.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace

void say(std::string_view text) noexcept {
  constexpr std::string_view before = "slotcat: ";
  try {
    std::string line(before);
    line.append(text) += '\n';
    write_error(line);
  } catch (const std::exception&) {  // no memory for the line: others may write between its parts
    (void)(write_error(before) && write_error(text) && write_error("\n"));
  }
}

}  // namespace slotcat
