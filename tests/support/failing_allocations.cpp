#include "support/failing_allocations.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace mailslog::test {
namespace {

std::atomic<std::uint64_t> left{0};
std::atomic<bool> failed{false};

bool fails() noexcept {
  auto n = left.load(std::memory_order_relaxed);
  while (n != 0 && !left.compare_exchange_weak(n, n - 1)) {
  }
  if (n != 1) return false;
  failed = true;
  return true;
}

}  // namespace

void fail_allocation(std::uint64_t n) noexcept {
  failed = false;
  left = n;
}

bool allocation_failed() noexcept { return failed; }

}  // namespace mailslog::test

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return mailslog::test::fails() ? nullptr : std::malloc(size != 0 ? size : 1);
}
void* operator new(std::size_t size) {
  if (void* const memory = operator new(size, std::nothrow)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
