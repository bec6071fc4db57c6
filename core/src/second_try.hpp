// For what would cost more than one record if it found no memory.
#pragma once

#include <new>
#include <utility>

namespace mailslog {

/// Memory that is short may be there a moment later. `work` throws `std::bad_alloc` before it changes anything.
template <class Work>
decltype(auto) with_second_try(Work work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return work();
  }
}

}  // namespace mailslog
