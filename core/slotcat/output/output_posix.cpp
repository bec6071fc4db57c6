#include "output/output.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string_view>
#include <utility>

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

output::output(int descriptor, std::function<patience()> patient)
    : descriptor_(descriptor), terminal_(::isatty(descriptor) == 1), file_(is_file(descriptor)), patient_(std::move(patient)) {
  buffer_.reserve(2 * block_size);
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
      takes_more(descriptor_, std::chrono::seconds(1));
    } else if (errno != EINTR) {
      error_ = {errno, std::generic_category()};
      break;
    }
  }
  buffer_.clear();
}

}  // namespace slotcat
