#include <algorithm>
#include <cerrno>
#include <climits>
#include <exception>
#include <string>

#include <poll.h>
#include <unistd.h>

#include "os/say.hpp"

namespace slotcat {

void say(std::string_view text) noexcept try {
  std::string line = "slotcat: ";
  line.append(text) += '\n';
  constexpr int patience_ms = 100;
  for (std::string_view rest = line; !rest.empty();) {
    pollfd ready{STDERR_FILENO, POLLOUT, 0};
    if (::poll(&ready, 1, patience_ms) == 0) return;
    // No more than a pipe takes without waiting once it takes anything.
    const auto count = ::write(STDERR_FILENO, rest.data(), std::min<std::size_t>(rest.size(), PIPE_BUF));
    if (count < 0 && errno != EINTR) return;
    if (count > 0) rest.remove_prefix(static_cast<std::size_t>(count));
  }
} catch (const std::exception&) {  // no memory for the line
}

}  // namespace slotcat
