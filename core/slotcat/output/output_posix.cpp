#include "output/output.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string_view>
#include <utility>

#include <poll.h>
#include <unistd.h>

namespace slotcat {

output::output(int descriptor, std::function<bool()> stopped)
    : descriptor_(descriptor), terminal_(::isatty(descriptor) == 1), stopped_(std::move(stopped)) {
  buffer_.reserve(2 * block_size);
}

void output::flush() {
  std::string_view rest = error_ ? std::string_view() : buffer_;
  while (!rest.empty()) {
    // Once the user wants to leave, no more than the system takes at once: a reader that stands still must not hold us.
    const bool leaving = stopped_();
    if (leaving && !takes_more()) break;
    const auto count = ::write(descriptor_, rest.data(), leaving ? std::min<std::size_t>(rest.size(), PIPE_BUF) : rest.size());
    if (count >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {  // whoever shares it with us made it non-blocking
      takes_more();
    } else if (errno != EINTR) {
      error_ = {errno, std::generic_category()};
      break;
    }
  }
  buffer_.clear();
}

bool output::takes_more() const {
  pollfd ready{descriptor_, POLLOUT, 0};
  return ::poll(&ready, 1, 1000) == 1;
}

}  // namespace slotcat
