// Machines and the network between them: Linux' network namespaces, whose interfaces can be taken away.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "support/catch.hpp"
#include "support/process.hpp"

namespace mailslog::test {

/// "addr add 192.0.2.1/24 brd + dev x", for the machine on which the calling thread is.
inline void ip(const std::string& command) {
  const auto done = run({"sh", "-c", "ip " + command});
  CAPTURE(command, done.err);
  REQUIRE(done.code == 0);
}

/// Has a loopback interface that is up. Threads are on the machine of the thread that started them, until they `enter` another.
class machine {
 public:
  machine() {
    std::thread([this] {
      if (::unshare(CLONE_NEWNET) != 0) return;
      namespace_ = ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    }).join();
    if (namespace_ < 0 || on([] { return run({"ip", "link", "set", "lo", "up"}).code; }) != 0) {
      std::fputs("skipped: needs root, networks of its own, and ip\n", stderr);
      std::_Exit(77);
    }
  }
  machine(const machine&) = delete;
  machine& operator=(const machine&) = delete;
  ~machine() { ::close(namespace_); }

  void enter() const { REQUIRE(::setns(namespace_, CLONE_NEWNET) == 0); }

  /// What `work` returns there.
  template <class Work>
  std::invoke_result_t<Work> on(Work work) const {
    std::invoke_result_t<Work> result{};
    std::thread([&] {
      if (::setns(namespace_, CLONE_NEWNET) == 0) result = work();
    }).join();
    return result;
  }

  /// Where `ip` finds it.
  std::string path() const { return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(namespace_); }

 private:
  int namespace_ = -1;
};

/// On which the calling thread is from now on.
struct this_machine : machine {
  this_machine() { enter(); }
};

/// A cable between the caller's machine, 192.0.2.1 on mailslog0, and `there`, 192.0.2.2 on mailslog1.
inline void plug_in(const machine& there) {
  ip("link add mailslog0 type veth peer name mailslog1 netns " + there.path());
  ip("addr add 192.0.2.1/24 brd + dev mailslog0");
  ip("link set mailslog0 up");
  there.on([] {
    return run({"sh", "-c", "ip addr add 192.0.2.2/24 brd + dev mailslog1 && ip link set mailslog1 up"}).code;
  });
}

}  // namespace mailslog::test
