#include "platform/fork.hpp"

#include <algorithm>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

namespace mailslog::platform {
namespace {

// A thread inside a lock of ours is there for microseconds. One that was interrupted by the handler that forks never leaves.
constexpr auto patience = std::chrono::milliseconds(200);

std::size_t page_size() noexcept { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

}  // namespace

// ---- process_mark

process_mark::process_mark() noexcept {
#ifdef MADV_WIPEONFORK
  void* const page = ::mmap(nullptr, page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return;
  if (::madvise(page, page_size(), MADV_WIPEONFORK) == 0) {
    page_ = new (page) std::atomic<std::uint32_t>(here);
  } else {
    ::munmap(page, page_size());
  }
#endif
}

process_mark::~process_mark() {
  if (page_ != nullptr) ::munmap(page_, page_size());
}

bool process_mark::begin() noexcept {
  for (;;) {
    if (page_ != nullptr) {
      std::uint32_t fresh = 0;
      if (page_->compare_exchange_strong(fresh, beginning)) return true;
      if (fresh == here) return false;
    } else {
      auto owner = owner_.load();
      if (owner == process_id()) return false;
      if (owner != 0 && owner_.compare_exchange_strong(owner, 0)) return true;
    }
    std::this_thread::yield();
  }
}

void process_mark::end() noexcept {
  owner_ = process_id();
  if (page_ != nullptr) page_->store(here, std::memory_order_release);
}

// ---- fork_aware

struct fork_registry {
  std::mutex mutex;
  std::vector<fork_aware*> members;
  std::uint64_t process = process_id();
  ::pthread_t forking{};  // the thread that holds the mutex around a fork
  bool held = false;

  static void before() noexcept;
  static void after_in_parent() noexcept;
  static void after_in_child() noexcept;
  bool held_by_us() const noexcept { return held && ::pthread_equal(forking, ::pthread_self()) != 0; }
};

namespace {

// Never destroyed: writers in static objects may outlive any other static object. Not on the heap either, where each loading of a
// plug-in would leave one.
renewable<fork_registry>& lasting() {
  static renewable<fork_registry>& instance = []() -> renewable<fork_registry>& {
    alignas(renewable<fork_registry>) static unsigned char storage[sizeof(renewable<fork_registry>)];
    auto* const made = new (storage) renewable<fork_registry>;
    ::pthread_atfork(&fork_registry::before, &fork_registry::after_in_parent, &fork_registry::after_in_child);
    return *made;
  }();
  return instance;
}

fork_registry& all() noexcept {
  auto& registry = lasting();
  // A child made without our handlers: whoever held the mutex is not there.
  if (registry->process != process_id()) registry.renew();
  return *registry;
}

}  // namespace

bool lock_until(std::mutex& m, fork_aware::time_point deadline) noexcept {
  for (int i = 0; !m.try_lock(); ++i) {
    if (i < 100) {
      std::this_thread::yield();
      continue;
    }
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
  return true;
}

void fork_registry::before() noexcept {
  auto& us = all();
  const auto deadline = std::chrono::steady_clock::now() + patience;
  if (!lock_until(us.mutex, deadline)) return;
  us.forking = ::pthread_self();
  us.held = true;
  for (auto* m : us.members) m->held_ = m->hold(deadline);
}

void fork_registry::after_in_parent() noexcept {
  auto& us = all();
  if (!us.held_by_us()) return;
  for (auto* m : us.members) {
    if (m->held_) m->release();
  }
  us.held = false;
  us.mutex.unlock();
}

void fork_registry::after_in_child() noexcept {
  auto& us = *lasting();
  if (!us.held_by_us()) return;  // `all` makes a new one, and each member begins again when it is used
  us.process = process_id();
  for (auto* m : us.members) m->mark_.renew([m] { m->begin_again(m->held_); });
  us.held = false;
  us.mutex.unlock();
}

void fork_aware::remember() {
  auto& us = all();
  const std::lock_guard lock(us.mutex);
  us.members.push_back(this);
}

void fork_aware::forget() noexcept {
  auto& us = all();
  const std::lock_guard lock(us.mutex);
  auto& members = us.members;
  members.erase(std::remove(members.begin(), members.end(), this), members.end());
  if (members.empty()) members.shrink_to_fit();
}

void fork_aware::enter_again() noexcept {
  mark_.renew([this] {
    begin_again(false);
    auto& us = all();
    const std::lock_guard lock(us.mutex);
    try {
      if (std::find(us.members.begin(), us.members.end(), this) == us.members.end()) us.members.push_back(this);
    } catch (const std::bad_alloc&) {
      // Then a child of this process begins again without our having held its locks.
    }
  });
}

}  // namespace mailslog::platform
