#include <cstdlib>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "os/console.hpp"

namespace slotcat {

// A descriptor of ours must not get the number of a standard stream that the caller closed.
console::console() {
  for (;;) {
    const int descriptor = ::open("/dev/null", O_RDONLY);
    if (descriptor > STDERR_FILENO) ::close(descriptor);
    if (descriptor < 0 || descriptor > STDERR_FILENO) return;
  }
}

console::~console() = default;

std::vector<std::string> arguments(int argc, char** argv) { return {argv + 1, argv + argc}; }

bool is_terminal(int descriptor) { return ::isatty(descriptor) == 1; }

std::size_t terminal_width(int descriptor) {
  winsize size{};
  return ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col != 0 ? size.ws_col : 80;
}

std::size_t terminal_height(int descriptor) {
  winsize size{};
  return ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_row != 0 ? size.ws_row : 24;
}

bool announce_on(int descriptor) {
  const bool written = ::write(descriptor, "\n", 1) == 1;
  if (descriptor > STDERR_FILENO) ::close(descriptor);
  return written;
}

bool terminal_has_colours() {
  const char* term = std::getenv("TERM");
  return term != nullptr && *term != 0;
}

}  // namespace slotcat
