// Lets minutes pass in this process without waiting for them. Linked in, it stands between the program and the system's clock.
#pragma once

#include <chrono>

namespace mailslog::test {

/// From now on, steady clocks are so much ahead. Who waits until a time waits as long as it would have.
void let_pass(std::chrono::nanoseconds time);

}  // namespace mailslog::test
