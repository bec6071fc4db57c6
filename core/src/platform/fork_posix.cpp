#include "platform/fork.hpp"

#include <algorithm>
#include <mutex>
#include <new>
#include <vector>

#include <pthread.h>

namespace mailslog::platform {
namespace {

struct registry {
  std::mutex mutex;
  std::vector<fork_aware*> members;
};

// Never destroyed: writers in static objects may outlive any other static object. Not on the heap either, where each loading of a
// plug-in would leave one.
registry& all() {
  static registry& instance = []() -> registry& {
    alignas(registry) static unsigned char storage[sizeof(registry)];
    auto* made = new (storage) registry;
    ::pthread_atfork(
        [] {
          all().mutex.lock();
          for (auto* m : all().members) m->before_fork();
        },
        [] {
          for (auto* m : all().members) m->after_fork_in_parent();
          all().mutex.unlock();
        },
        [] {
          for (auto* m : all().members) m->after_fork_in_child();
          all().mutex.unlock();
        });
    return *made;
  }();
  return instance;
}

}  // namespace

void fork_aware::remember() {
  const std::lock_guard lock(all().mutex);
  all().members.push_back(this);
}

void fork_aware::forget() noexcept {
  const std::lock_guard lock(all().mutex);
  auto& members = all().members;
  members.erase(std::remove(members.begin(), members.end(), this), members.end());
  if (members.empty()) members.shrink_to_fit();
}

}  // namespace mailslog::platform
