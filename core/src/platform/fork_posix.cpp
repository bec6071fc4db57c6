#include "platform/fork.hpp"

#include <algorithm>
#include <atomic>
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
  // qemu's user mode emulation before version 8 says yes to any advice, whether it exists or not, and does nothing.
  const bool any_advice_will_do = ::madvise(page, page_size(), -1) == 0;
  if (!any_advice_will_do && ::madvise(page, page_size(), MADV_WIPEONFORK) == 0) {
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
      const auto us = process_id();
      auto owner = owner_.load();
      if (owner == us) return false;
      if (owner != ~us && owner_.compare_exchange_strong(owner, ~us)) return true;  // a parent's thread may have begun, too
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
  std::atomic<::pthread_t> forking{};  // the thread that holds the mutex around a fork
  int nested = 0;                      // forks by that thread, in handlers that run around its fork

  static void before() noexcept;
  static void after_in_parent() noexcept;
  static void after_in_child() noexcept;
  bool held_by_us() const noexcept { return ::pthread_equal(forking.load(), ::pthread_self()) != 0; }
  std::unique_lock<std::mutex> lock() {
    return held_by_us() ? std::unique_lock<std::mutex>() : std::unique_lock<std::mutex>(mutex);
  }
};

namespace {

struct registry_of_process {
  process_mark mark;
  renewable<fork_registry> registry;
};

// Never destroyed: writers in static objects may outlive any other static object. Not on the heap either, where each loading of a
// plug-in would leave one.
registry_of_process& lasting() {
  static registry_of_process& instance = []() -> registry_of_process& {
    alignas(registry_of_process) static unsigned char storage[sizeof(registry_of_process)];
    auto* const made = new (storage) registry_of_process;
    ::pthread_atfork(&fork_registry::before, &fork_registry::after_in_parent, &fork_registry::after_in_child);
    return *made;
  }();
  return instance;
}

fork_registry& all() noexcept {
  auto& ours = lasting();
  // A child made without our handlers: whoever held the mutex is not there.
  if (ours.mark.changed()) ours.mark.renew([&ours] { ours.registry.renew(); });
  return *ours.registry;
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
  if (us.held_by_us()) {
    ++us.nested;
    return;
  }
  const auto deadline = std::chrono::steady_clock::now() + patience;
  if (!lock_until(us.mutex, deadline)) return;
  us.forking = ::pthread_self();
  for (auto* m : us.members) m->held_ = m->hold(deadline);
}

void fork_registry::after_in_parent() noexcept {
  auto& us = all();
  if (!us.held_by_us()) return;
  if (us.nested != 0) {
    --us.nested;
    return;
  }
  for (auto* m : us.members) m->release_held();
  us.forking = ::pthread_t{};
  us.mutex.unlock();
}

void fork_registry::after_in_child() noexcept {
  auto& ours = lasting();
  auto& us = *ours.registry;
  // Else `all` makes a new one, and each member begins again when it is used.
  if (!us.held_by_us() || !ours.mark.changed()) return;
  ours.mark.renew([] {});
  us.nested = 0;
  for (auto* m : us.members) m->begin_in_child();
  us.forking = ::pthread_t{};
  us.mutex.unlock();
}

void fork_aware::remember() {
  auto& us = all();
  const auto lock = us.lock();
  us.members.push_back(this);
}

void fork_aware::forget() noexcept {
  auto& us = all();
  const auto lock = us.lock();
  auto& members = us.members;
  members.erase(std::remove(members.begin(), members.end(), this), members.end());
  if (members.empty()) members.shrink_to_fit();
}

void fork_aware::release_held() noexcept {
  if (held_.exchange(false)) release();
}

// The thread that forks uses it, in a handler of the host's that runs while we hold it: the child does not get it whole then.
void fork_aware::let_go() noexcept {
  if (all().held_by_us()) release_held();
}

void fork_aware::begin_in_child() noexcept {
  mark_.renew([this] { begin_again(held_.exchange(false)); });
}

void fork_aware::enter_again() noexcept {
  fork_registry::after_in_child();  // a handler of the host's may run before ours
  mark_.renew([this] {
    begin_again(held_.exchange(false));
    auto& us = all();
    const auto lock = us.lock();
    try {
      if (std::find(us.members.begin(), us.members.end(), this) == us.members.end()) us.members.push_back(this);
    } catch (const std::bad_alloc&) {
      // Then a child of this process begins again without our having held its locks.
    }
  });
}

}  // namespace mailslog::platform
