#include "platform/fork.hpp"

namespace mailslog::platform {

void fork_aware::remember() {}
void fork_aware::forget() noexcept {}

}  // namespace mailslog::platform
