#include "sinks/allocations.hpp"

#include <cstdlib>
#include <new>

namespace mailslog::test {
namespace {
thread_local std::uint64_t count = 0;
}

std::uint64_t allocations() noexcept { return count; }

}  // namespace mailslog::test

void* operator new(std::size_t size) {
  ++mailslog::test::count;
  if (void* const memory = std::malloc(size != 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}
// Memory of this one ends in the delete below, too, which sanitizers insist on.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++mailslog::test::count;
  return std::malloc(size != 0 ? size : 1);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
