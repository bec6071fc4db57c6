// Programs that fork in ways of their own: in handlers, in many threads at once, and while readers keep a writer waiting.
#include <algorithm>
#include <atomic>
#include <cstdarg>
#include <functional>
#include <thread>
#include <vector>

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <mailslog/slot.hpp>

#include "child.hpp"
#include "hearing.hpp"
#include "seen.hpp"
#include "support/scratch.hpp"
#include "ways.hpp"

using namespace mailslog;
using namespace mailslog::test;
using namespace std::chrono_literals;

namespace {

std::atomic<bool> children_come_first{false};  // those that others start before `fcntl` has done its work
std::atomic<bool> advice_is_ignored{false};  // as qemu's user mode emulation did
std::atomic<bool> receiving_stops{false};
std::atomic<bool> stopped_receiving{false};

}  // namespace

extern "C" int fcntl(int fd, int what, ...) {
  static const auto system = reinterpret_cast<int (*)(int, int, ...)>(::dlsym(RTLD_NEXT, "fcntl"));
  ::va_list arguments;
  va_start(arguments, what);
  const long argument = va_arg(arguments, long);
  va_end(arguments);
  return children_come_first && what == F_SETFD ? 0 : system(fd, what, argument);
}

extern "C" int madvise(void* memory, std::size_t size, int advice) noexcept {
  static const auto system = reinterpret_cast<decltype(&::madvise)>(::dlsym(RTLD_NEXT, "madvise"));
  return advice_is_ignored ? 0 : system(memory, size, advice);
}

extern "C" ::ssize_t recvmsg(int fd, ::msghdr* message, int flags) {
  static const auto system = reinterpret_cast<decltype(&::recvmsg)>(::dlsym(RTLD_NEXT, "recvmsg"));
  while (receiving_stops) {
    stopped_receiving = true;
    std::this_thread::sleep_for(1ms);
  }
  return system(fd, message, flags);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // a child may find their allocators locked
namespace {

std::function<void(const char*)> handlers_log;

void log_in_handlers() {
  ::pthread_atfork([] { handlers_log("about to fork"); }, [] { handlers_log("forked"); }, [] { handlers_log("the child's handler"); });
}

bool post(record_writer& to, const std::string& text) {
  record r;
  r.text = text;
  return !to.write(r);
}

}  // namespace

TEST_CASE("a program whose own handlers log around each fork goes on, and so do its children", "[hostile]") {
  const scratch_folder folder;
  const auto name = scratch_name();
  const bool before_the_writer = GENERATE(true, false);
  const bool threads = GENERATE(false, true);
  CAPTURE(before_the_writer, threads);
  constexpr int forks = 20;
  const auto program = start_child([&] {
    if (!wait_for(folder / "open")) return 51;
    if (before_the_writer) log_in_handlers();
    record_writer out{address(name + "?overflow=block&block_time=1min")};
    // Where a child has no handler of the host's to run first, it is ours that must begin it again.
    record_reader own{address(name + "-own")};
    if (!before_the_writer) log_in_handlers();
    handlers_log = [&out](const char* text) { post(out, text); };
    std::atomic<bool> enough{false};
    std::thread logging([&] {
      while (threads && !enough) post(out, "on and on");
    });
    int bad_ends = 0;
    for (int i = 0; i < forks; ++i) {
      const int end = in_child([&] {
        if (own.next_event(1ms) != nullptr || !own.closed()) return 2;
        return post(out, "child " + std::to_string(i)) && out.flush(deadline) && out.stats().dropped() == 0 ? 0 : 1;
      });
      if (end != 0) ++bad_ends;
    }
    enough = true;
    logging.join();
    return out.flush(deadline) && out.stats().dropped() == 0 && !own.closed() ? bad_ends : 50;
  });
  hearing reader(name);  // not before: the first of a process decides whose handlers run first
  say(folder / "open");
  int status = 0;
  CHECK(wait_until([&] {
    reader.take();
    return ::waitpid(program, &status, WNOHANG) == program;
  }));
  ::kill(program, SIGKILL);
  CHECK(status == 0);
  CHECK(reader.hears("child " + std::to_string(forks - 1)));
  CHECK(wait_until([&] {
    reader.take();
    return reader.heard_of("child", forks) == forks && reader.heard().count("forked") != 0 && reader.heard().at("forked") == forks;
  }));
  CHECK(reader.heard().at("about to fork") == forks);
  CHECK(reader.heard().at("the child's handler") == forks);
  CHECK(reader.stats().missing == 0);
}

TEST_CASE("a signal handler forks in the middle of a fork, while threads fork and log, and nobody hangs", "[hostile]") {
  const scratch_folder folder;
  const auto name = scratch_name();
  CHECK(in_child([&] {
          static std::atomic<int> bad_ends{0};
          static thread_local bool in_handler = false;
          const auto interrupt = [] {
            if (!in_handler) ::raise(SIGUSR1);
          };
          ::pthread_atfork(interrupt, interrupt, nullptr);  // before any writer has handlers: the signal comes while it is held
          ::signal(SIGUSR1, [](int) {
            in_handler = true;
            const auto child = ::fork();
            if (child == 0) ::_exit(0);
            if (end_of(child) != 0) ++bad_ends;
            in_handler = false;
          });
          record_writer out{address(name)};
          std::atomic<bool> enough{false};
          std::vector<std::thread> logging;
          for (int t = 0; t < 2; ++t) {
            logging.emplace_back([&] {
              while (!enough) post(out, "on and on");
            });
          }
          std::vector<std::thread> forking;
          for (int t = 0; t < 3; ++t) {
            forking.emplace_back([&] {
              for (int i = 0; i < 10; ++i) {
                if (in_child([&] { return post(out, "child") && out.flush(deadline) ? 0 : 1; }) != 0) ++bad_ends;
              }
            });
          }
          for (auto& t : forking) t.join();
          enough = true;
          for (auto& t : logging) t.join();
          return out.flush(deadline) && out.stats().dropped() == 0 ? bad_ends.load() : 50;
        }) == 0);
}

TEST_CASE("a program forks while a reader keeps a message waiting: the child has nothing of its parent's writer", "[hostile]") {
  const scratch_folder folder;
  const auto name = scratch_name();
  slot_writer out{address(name + "?overflow=block&block_time=1min")};
  const std::string large(50'000, 'x');
  slot_reader in{address(name)};
  std::atomic<int> put{0};
  std::atomic<bool> enough{false};
  std::atomic<int> failed{0};
  std::thread putting([&] {
    while (!enough) {
      failed += out.put(large) ? 1 : 0;
      ++put;
    }
  });
  // Nobody takes any, so one waits.
  int before = -1;
  CHECK(wait_until([&] {
    const int now = put;
    const bool waits = now != 0 && now == before;
    before = now;
    std::this_thread::sleep_for(20ms);
    return waits;
  }));
  const auto descriptors = descriptors_of_this_process().size();
  const auto child = start_child([&] {
    if (out.put("the child")) return 1;
    return descriptors_of_this_process().size() <= descriptors ? 0 : 2;  // it has let go of its parent's
  });
  enough = true;
  std::thread taking([&] {
    for (auto m = in.get(deadline); m && m->bytes != "the child"; m = in.get(deadline)) {
    }
  });
  CHECK(end_of(child) == 0);
  taking.join();
  putting.join();
  CHECK(failed == 0);
}

TEST_CASE("a child has nothing of its parent's where the system says that it would wipe memory, and does not", "[hostile]") {
  const scratch_folder folder;
  const auto name = scratch_name();
  hearing reader(name);
  CHECK(in_child([&] {
          advice_is_ignored = true;
          record_writer out{address(name)};
          const record_reader own{address(name + "-own")};
          if (!post(out, "parent") || !out.flush(deadline)) return 1;
          return in_child([&] { return own.closed() && post(out, "child") && out.flush(deadline) ? 0 : 2; });
        }) == 0);
  CHECK(reader.hears("child"));
}

TEST_CASE("a child forked while a thread is inside a reader leaves the reader alone", "[hostile]") {
  const scratch_folder folder;
  const auto name = scratch_name();
  hearing reader(name);
  receiving_stops = true;
  record_writer out{address(name)};
  CHECK(post(out, "text"));
  CHECK(wait_until([] { return stopped_receiving.load(); }));
  CHECK(in_child([] { return 0; }) == 0);
  for (const auto& [number, d] : descriptors_of_this_process()) {
    if (d.what.rfind("pipe:", 0) != 0 || !d.close_on_exec) continue;
    int bytes = 0;
    CHECK(::ioctl(number, FIONREAD, &bytes) == 0);
    CHECK(bytes == 0);  // would keep the reader's thread awake
  }
  receiving_stops = false;
  CHECK(reader.hears("text"));
}
#endif

TEST_CASE("no program that is started meanwhile inherits a descriptor of ours", "[hostile]") {
  const scratch_folder folder;
  const auto way = any_way();
  CAPTURE(way.writer);
  const auto before = descriptors_of_this_process();
  children_come_first = true;
  {
    hearing reader(way.reader);
    record_writer out{address(way.writer)};
    record r;
    r.text = "text";
    CHECK_FALSE(out.write(r));
    CHECK(reader.hears("text"));
    for (const auto& [number, d] : descriptors_of_this_process()) {
      CAPTURE(d.what);
      CHECK((before.count(number) != 0 || d.close_on_exec));
    }
  }
  children_come_first = false;
}
