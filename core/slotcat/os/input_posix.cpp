#include <cerrno>
#include <system_error>

#include <poll.h>
#include <unistd.h>

#include "os/input.hpp"

namespace slotcat {

std::size_t read_input(const stop_signals& signals, char* to, std::size_t room) {
  for (;;) {
    pollfd ready[] = {{STDIN_FILENO, POLLIN, 0}, {signals.handle(), POLLIN, 0}};
    if (::poll(ready, 2, -1) < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "cannot wait");
    if (signals.caught() != stop_reason::none) return 0;
    const auto count = ::read(STDIN_FILENO, to, room);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR && errno != EAGAIN) throw std::system_error(errno, std::generic_category(), "cannot read standard input");
  }
}

}  // namespace slotcat
