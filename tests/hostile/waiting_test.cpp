// The system does not let us wait. `poll` is ours in this program and answers as told.
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hearing.hpp"
#include "support/catch.hpp"
#include "support/scratch.hpp"
#include "ways.hpp"

using namespace mailslog;
using namespace mailslog::test;
using namespace std::chrono_literals;

namespace {

std::atomic<int> failure{0};  // an error number
std::atomic<int> failures{0};
std::atomic<bool> no_room{false};
std::atomic<bool> no_thread_left{false};
std::atomic<int> longest{0};  // ms

}  // namespace

extern "C" int poll(::pollfd* fds, ::nfds_t count, int timeout) {
  if (const int error = failure) {
    ++failures;
    errno = error;
    return -1;
  }
  if (timeout > longest) longest = timeout;
  return static_cast<int>(::syscall(SYS_poll, fds, count, timeout));
}

extern "C" ::ssize_t send(int fd, const void* bytes, std::size_t size, int flags) {
  if (no_room) {
    errno = EAGAIN;
    return -1;
  }
  return ::syscall(SYS_sendto, fd, bytes, size, flags, nullptr, 0);
}

TEST_CASE("the system does not let readers and writers wait: they go on, and keep no processor busy", "[hostile]") {
  const scratch_folder folder;
  const auto way = any_way();
  const int error = GENERATE(EINVAL, ENOMEM);
  CAPTURE(way.writer, std::strerror(error));
  hearing reader(way.reader);
  const auto host = make_host(all_hosts().front(), way.writer);
  REQUIRE(flow(*host, reader));
  failure = error;
  CHECK(flow(*host, reader));
  no_room = true;
  host->log("held up");
  constexpr int many = 40;  // by two threads
  failures = 0;
  const auto began = std::chrono::steady_clock::now();
  CHECK(wait_until([&] { return failures >= many; }));
  CHECK(std::chrono::steady_clock::now() - began >= many / 2 * 5ms);
  no_room = false;
  CHECK(reader.hears("held up"));
  CHECK(flow(*host, reader));
  failure = 0;
  CHECK(flow(*host, reader));
  CHECK(reader.stats().missing == 0);
  CHECK(host->stats().dropped() == 0);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they have one of their own
extern "C" int pthread_create(::pthread_t* thread, const ::pthread_attr_t* how, void* (*what)(void*), void* with) {
  static const auto system = reinterpret_cast<decltype(&::pthread_create)>(::dlsym(RTLD_NEXT, "pthread_create"));
  return no_thread_left ? EAGAIN : system(thread, how, what, with);
}

TEST_CASE("the system has neither a thread nor room for a writer: nobody waits longer than asked", "[hostile]") {
  const auto to = "127.0.0.1/" + scratch_name() + "?port=" + std::to_string(scratch_port());
  const auto options = GENERATE(std::string("&max_delay=10s"), "&queue=2K&overflow=block&block_time=5ms");
  CAPTURE(options);
  no_thread_left = true;
  no_room = true;
  {
    record_writer out{address(to + options + "&linger=5ms")};
    record r;
    r.text = std::string(1000, 'x');
    for (int i = 0; i < 5; ++i) out.write(r);
    CHECK_FALSE(out.flush(5ms));
  }
  CHECK(longest <= 5);
  no_room = false;
  no_thread_left = false;
}
#endif
