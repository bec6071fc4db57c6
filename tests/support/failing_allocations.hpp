// Makes one allocation fail, whichever is asked for. For programs of their own: failing_allocations.cpp replaces operator new.
//
//   for (std::uint64_t n = 1; ; ++n) {
//     fail_allocation(n);
//     ...                                  // costs at most one record
//     if (!allocation_failed()) break;     // there are no more of them
//   }
#pragma once

#include <cstdint>

namespace mailslog::test {

/// From now on the `n`-th allocation of any thread throws `std::bad_alloc`, and no other; 0: none.
void fail_allocation(std::uint64_t n) noexcept;

/// Has it?
bool allocation_failed() noexcept;

}  // namespace mailslog::test
