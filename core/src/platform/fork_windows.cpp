#include "platform/fork.hpp"

namespace mailslog::platform {

// There is no fork.
process_mark::process_mark() noexcept = default;
process_mark::~process_mark() = default;
bool process_mark::begin() noexcept { return false; }
void process_mark::end() noexcept {}

void fork_aware::remember() {}
void fork_aware::forget() noexcept {}
void fork_aware::enter_again() noexcept {}
void fork_aware::let_go() noexcept {}

bool lock_until(std::mutex& m, fork_aware::time_point) noexcept {
  m.lock();
  return true;
}

}  // namespace mailslog::platform
