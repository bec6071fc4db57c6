// Counts allocations. For programs of their own: allocations.cpp replaces operator new.
#pragma once

#include <cstdint>

namespace mailslog::test {

/// What the calling thread has allocated so far.
std::uint64_t allocations() noexcept;

}  // namespace mailslog::test
