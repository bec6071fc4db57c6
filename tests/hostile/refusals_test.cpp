// The system refuses what the transports ask of it. `send` is ours in this program and answers as told.
#include <atomic>
#include <cerrno>
#include <cstring>

#include <dlfcn.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hearing.hpp"
#include "support/catch.hpp"
#include "support/descriptors.hpp"
#include "support/scratch.hpp"
#include "ways.hpp"

using namespace mailslog;
using namespace mailslog::test;

namespace {

std::atomic<int> refusal{0};     // an error number
std::atomic<unsigned> asked{0};  // so often was `send` called
std::atomic<bool> no_thread_left{false};

struct refused {
  explicit refused(int error) { refusal = error; }
  refused(const refused&) = delete;
  refused& operator=(const refused&) = delete;
  ~refused() { refusal = 0; }
};

}  // namespace

extern "C" ::ssize_t send(int fd, const void* bytes, std::size_t size, int flags) {
  ++asked;
  if (const int error = refusal) {
    errno = error;
    return -1;
  }
  return ::syscall(SYS_sendto, fd, bytes, size, flags, nullptr, 0);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they have one of their own
extern "C" int pthread_create(::pthread_t* thread, const ::pthread_attr_t* how, void* (*what)(void*), void* with) {
  static const auto system = reinterpret_cast<decltype(&::pthread_create)>(::dlsym(RTLD_NEXT, "pthread_create"));
  return no_thread_left ? EAGAIN : system(thread, how, what, with);
}

TEST_CASE("the system has no thread for a writer: no record waits for the next one", "[hostile]") {
  const scratch_folder folder;
  const auto way = any_way();
  const auto options = GENERATE(std::string(), std::string("max_delay=10s"));
  CAPTURE(way.writer, options);
  hearing reader(way.reader);
  no_thread_left = true;
  record_writer out{address(way.writer + (way.writer.find('?') == std::string::npos ? "?" : "&") + options)};
  record r;
  for (const auto* text : {"0", "1", "2"}) {
    r.text = text;
    CHECK_FALSE(out.write(r));
  }
  for (const auto* text : {"0", "1", "2"}) CHECK(reader.hears(text));
  CHECK(out.stats().last_error == std::errc::resource_unavailable_try_again);
  {  // nor for a thread while the system has no room
    const refused by(EAGAIN);
    r.text = "held up";
    CHECK_FALSE(out.write(r));
  }
  r.text = "next";
  CHECK_FALSE(out.write(r));
  CHECK(out.flush(deadline));
  no_thread_left = false;
  CHECK(reader.hears("held up"));
  CHECK(reader.hears("next"));
  CHECK(reader.stats().missing == 0);
  CHECK(out.stats().dropped() == 0);
}
#endif

TEST_CASE("the system has no room: a program logs on, and nothing is lost", "[hostile]") {
  const scratch_folder folder;
  const auto way = any_way();
  const auto via = any_host();
  const int error = GENERATE(EAGAIN, ENOBUFS);
  CAPTURE(way.writer, via, std::strerror(error));
  hearing reader(way.reader);
  const auto host = make_host(via, way.writer);
  REQUIRE(flow(*host, reader));
  const auto logged = host->stats().written;
  {
    const refused by(error);
    const unsigned before = asked;
    log_many(*host, "held up", 500);
    REQUIRE(settled(*host, logged + 500));
    CHECK(host->stats().dropped() == 0);
    CHECK(wait_until([&] { return asked > before; }));
  }
  CHECK(flow(*host, reader));
  CHECK(host->flush(deadline));
  CHECK(wait_until([&] {
    reader.take();
    return reader.heard_of("held up", 500) == 500;
  }));
  CHECK(reader.stats().missing == 0);
  CHECK(reader.stats().dropped_by_sender() == 0);
  CHECK(host->stats().dropped() == 0);
  CHECK(host->complaints() == 0);
}

TEST_CASE("the system has no room for long: the queue fills, and what it cannot take is counted and told", "[hostile]") {
  const scratch_folder folder;
  const auto way = any_way();
  const auto via = any_host();
  CAPTURE(way.writer, via);
  hearing reader(way.reader);
  const auto host = make_host(via, way.writer + (way.writer.find('?') == std::string::npos ? "?" : "&") + "queue=16K&history=0");
  REQUIRE(flow(*host, reader));
  {
    const refused by(GENERATE(EAGAIN, ENOBUFS));
    const auto logged = host->stats().written;
    log_many(*host, "held up, and longer than a few words to fill the queue the sooner, whatever transport it is", 2000);
    REQUIRE(settled(*host, logged + 2000));
    CHECK(host->stats().dropped_queue > 0);
  }
  CHECK(flow(*host, reader));
  CHECK(wait_until([&] {
    reader.take();
    return reader.stats().dropped_queue == host->stats().dropped_queue;
  }));
  CHECK(reader.stats().missing == 0);
  CHECK(host->stats().dropped_socket == 0);
  CHECK(host->complaints() == 0);
}

TEST_CASE("the system refuses: a program logs on, the counters say why, and the reader is told", "[hostile]") {
  const scratch_folder folder;
  const auto way = any_way();
  const auto via = any_host();
  const int error = GENERATE(EMSGSIZE, EPERM, ENETUNREACH, EHOSTUNREACH, ENETDOWN, EACCES, EINVAL);
  CAPTURE(way.writer, via, std::strerror(error));
  hearing reader(way.reader);
  const auto host = make_host(via, way.writer + (way.writer.find('?') == std::string::npos ? "?" : "&") + "history=0");
  REQUIRE(flow(*host, reader));
  const auto before = host->stats();
  REQUIRE(before.dropped() == 0);
  {
    const refused by(error);
    log_many(*host, "refused", 500);
    REQUIRE(settled(*host, before.written + 500));
    CHECK(host->flush(deadline));
    const auto stats = host->stats();
    CHECK(stats.dropped_socket == 500);
    CHECK(stats.dropped() == 500);
    CHECK(stats.last_error == std::error_code(error, std::system_category()));
  }
  CHECK(flow(*host, reader));
  CHECK(wait_until([&] {
    reader.take();
    return reader.stats().dropped_socket == 500;
  }));
  CHECK(reader.heard_of("refused", 500) == 0);
  CHECK(reader.stats().missing == 0);
  CHECK(host->complaints() == 0);
}

TEST_CASE("a host says that nobody listens on the port: that is no error", "[hostile]") {
  const scratch_folder folder;
  const auto name = scratch_name();
  const auto port = "?if=lo&port=" + std::to_string(scratch_port());
  const auto via = any_host();
  CAPTURE(via);
  hearing reader("*/" + name + port);
  const auto host = make_host(via, "127.0.0.1/" + name + port);
  REQUIRE(flow(*host, reader));
  const auto before = host->stats();
  {
    const refused by(ECONNREFUSED);
    log_many(*host, "for nobody", 500);
    REQUIRE(settled(*host, before.written + 500));
    CHECK(host->flush(deadline));
  }
  CHECK(host->stats().dropped() == 0);
  CHECK(host->stats().last_error == before.last_error);
  CHECK(flow(*host, reader));
  CHECK(host->complaints() == 0);
}

// Without descriptors, UndefinedBehaviorSanitizer cannot look at memory through its pipe and finds fault, and ThreadSanitizer cannot
// name what its suppressions are about.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("a program that is out of descriptors logs on, and what could not be sent is counted, and told", "[hostile]") {
  const scratch_folder folder;
  const auto way = any_way();
  const auto via = any_host();
  CAPTURE(way.writer, via);
  hearing reader(way.reader);
  std::unique_ptr<host> host;
  {
    const no_descriptor_left none;
    host = make_host(via, way.writer);
    log_many(*host, "in need", 500);
    REQUIRE(settled(*host, 500));
    CHECK(host->flush(deadline));
    const auto stats = host->stats();
    CHECK(stats.dropped_socket == 500);
    CHECK(stats.last_error == std::errc::too_many_files_open);
  }
  CHECK(flow(*host, reader));
  CHECK(wait_until([&] {
    reader.take();
    return reader.stats().dropped_socket >= 500;
  }));
  CHECK(reader.stats().missing == 0);
  CHECK(host->complaints() == 0);
}

TEST_CASE("a program that runs out of descriptors goes on with those that it has", "[hostile]") {
  const scratch_folder folder;
  const auto way = any_way();
  const auto via = any_host();
  CAPTURE(way.writer, via);
  hearing reader(way.reader);
  const auto host = make_host(via, way.writer);
  REQUIRE(flow(*host, reader));
  const no_descriptor_left none;
  const auto before = host->stats();
  log_many(*host, "with what there is", 500);
  REQUIRE(settled(*host, before.written + 500));
  CHECK(host->flush(deadline));
  CHECK(wait_until([&] {
    reader.take();
    return reader.heard_of("with what there is", 500) == 500;
  }));
  CHECK(host->stats().dropped() == 0);
  CHECK(host->complaints() == 0);
}
#endif
