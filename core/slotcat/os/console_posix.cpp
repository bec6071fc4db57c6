#include <cstdlib>

#include <fcntl.h>
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

std::string native_path(const std::string& path) { return path; }

bool terminal_has_colours() {
  const char* term = std::getenv("TERM");
  return term != nullptr && *term != 0;
}

}  // namespace slotcat
