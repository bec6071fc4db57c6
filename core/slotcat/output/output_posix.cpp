#include "output/output.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string_view>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mailslog/options.hpp>

namespace slotcat {
namespace {

bool is_file(int descriptor) {
  struct stat info {};
  return ::fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode);
}

// Whether it takes something before `wait` has passed.
bool takes_more(int descriptor, std::chrono::nanoseconds wait) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(wait + std::chrono::nanoseconds(999'999)).count();
  pollfd ready{descriptor, POLLOUT, 0};
  return ::poll(&ready, 1, static_cast<int>(std::clamp<decltype(ms + 0)>(ms, 0, 60'000))) == 1;
}

}  // namespace

// A terminal that has some room may have less than is written: then a write waits. Others who have it open may count on that, so it is
// opened once more.
int that_never_waits(int terminal) {
  const char* const name = ::ttyname(terminal);
  const int own = name != nullptr ? ::open(name, O_WRONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK) : -1;
  return own >= 0 ? own : terminal;
}

output::output(int descriptor, std::function<patience()> patient)
    : descriptor_(descriptor), terminal_(::isatty(descriptor) == 1), file_(is_file(descriptor)), patient_(std::move(patient)) {
  buffer_.reserve(2 * block_size);
  if (terminal_) descriptor_ = that_never_waits(descriptor);  // as long as the program runs
}

void output::flush() {
  if (holding_) return;
  std::string_view rest = error_ ? std::string_view() : buffer_;
  while (!rest.empty()) {
    const auto [wait, then_give_up] = patient_();
    const bool bounded = wait != mailslog::forever;
    if (bounded && !takes_more(descriptor_, wait)) {
      if (then_give_up) break;
      continue;
    }
    // What poll promises of a pipe is room for PIPE_BUF bytes: a write of more might wait.
    const auto count = ::write(descriptor_, rest.data(), bounded && !file_ ? std::min<std::size_t>(rest.size(), PIPE_BUF) : rest.size());
    if (count >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {  // whoever shares it with us made it non-blocking
      if (takes_more(descriptor_, std::chrono::seconds(1))) std::this_thread::sleep_for(std::chrono::milliseconds(1));  // too little room
    } else if (errno != EINTR) {
      error_ = {errno, std::generic_category()};
      break;
    }
  }
  buffer_.clear();
}

}  // namespace slotcat
