// What a program may do to itself: fork, become a daemon, end in odd ways, close what it does not know, load and unload plug-ins.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <thread>

#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <mailslog/slot.hpp>

#include "child.hpp"
#include "hearing.hpp"
#include "seen.hpp"
#include "support/scratch.hpp"
#include "ways.hpp"

using namespace mailslog;
using namespace mailslog::test;
using namespace std::chrono_literals;

extern char** environ;

// Forks of programs with threads are what this is about; what runs around a fork is no signal handler.
extern "C" const char* __tsan_default_options() { return "die_after_fork=0:report_signal_unsafe=0"; }  // NOLINT: ThreadSanitizer's name

namespace {

std::atomic<bool> name_server_is_silent{false};

void close_all_descriptors(int from) {
  for (int fd = from; fd < 1024; ++fd) ::close(fd);
}

/// Does `reader` hear `text`, which somebody else logs again and again when it is told to?
bool flow_from_outside(hearing& reader, const std::string& begin, const std::string& text) {
  say(begin);
  return reader.hears(text);
}

/// Nothing of it leaves the machine.
way_to_read classic_way() {
  const auto slot = R"(\\*\mailslot\farm?if=lo&classic_port=)" + std::to_string(scratch_port());
  return {slot, slot};
}

int as_daemon(const std::function<int()>& work) {
  if (::fork() != 0) ::_exit(0);
  ::setsid();
  if (::fork() != 0) ::_exit(0);
  close_all_descriptors(0);
  for (int i = 0; i < 3; ++i) (void)!::open("/dev/null", O_RDWR);
  return work();
}

/// Logs when it is destroyed.
struct last_words {
  std::unique_ptr<host> through;
  std::string text;
  ~last_words() {
    if (through) through->log(text);
  }
};

}  // namespace

// Also what a plug-in calls.
extern "C" int getaddrinfo(const char* name, const char* service, const ::addrinfo* hints, ::addrinfo** result) {
  static const auto system = reinterpret_cast<decltype(&::getaddrinfo)>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  if (hints != nullptr && (hints->ai_flags & AI_NUMERICHOST) != 0) return system(name, service, hints, result);
  wait_until([] { return !name_server_is_silent; });
  return EAI_NONAME;
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // a child may find their allocators locked
TEST_CASE("several threads fork while others log: no child hangs, each has a sender of its own, and nothing is lost", "[hostile]") {
  const scratch_folder folder;
  const auto via = any_host();
  const bool children_log = via == "spdlog";  // the others have locks or threads that a child does not get whole
  const auto name = scratch_name();
  CAPTURE(via);
  hearing reader(name);
  const auto host = make_host(via, name + "?overflow=block&block_time=1min");
  std::atomic<bool> enough{false};
  std::atomic<int> logged{0};
  std::vector<std::thread> logging;
  for (int t = 0; t < 3; ++t) {
    logging.emplace_back([&] {
      while (!enough) host->log("parent " + std::to_string(logged++));
    });
  }
  std::thread hears([&] {
    while (!enough) reader.take();
  });
  constexpr int forks = 25;
  std::atomic<int> bad_ends{0};
  std::vector<std::thread> forking;
  for (int t = 0; t < 2; ++t) {
    forking.emplace_back([&, t] {
      for (int i = 0; i < forks; ++i) {
        const int number = t * forks + i;
        const auto child = ::fork();
        if (child == 0) {
          if (number % 3 == 0 || !children_log) ::execl("/bin/true", "true", nullptr);
          host->log("child " + std::to_string(number));
          ::_exit(host->flush(deadline) && host->stats().dropped() == 0 ? 0 : 1);
        }
        if (end_of(child) != 0) ++bad_ends;
      }
    });
  }
  for (auto& t : forking) t.join();
  enough = true;
  for (auto& t : logging) t.join();
  hears.join();
  CHECK(bad_ends == 0);
  CHECK(flow(*host, reader));
  for (int number = 0; number < 2 * forks; ++number) {
    CAPTURE(number);
    const auto text = "child " + std::to_string(number);
    if (number % 3 == 0 || !children_log) {
      CHECK(reader.heard().count(text) == 0);
    } else {
      CHECK(reader.hears(text));
      CHECK(reader.heard().at(text) == 1);
    }
  }
  CHECK(reader.heard_of("parent", logged) == static_cast<std::size_t>(logged));
  CHECK(reader.stats().missing == 0);
  CHECK(host->stats().dropped() == 0);
  CHECK(host->complaints() == 0);
}
#endif

// At times a child finds AddressSanitizer's allocator locked; ThreadSanitizer takes a thread of the child for one of the parent's.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("a program of one thread forks: parent and child log on, through either library", "[hostile]") {
  const scratch_folder folder;
  const auto via = GENERATE(filter([](const std::string& h) { return h.find("async") == std::string::npos; }, from_range(all_hosts())));
  const auto way = any_way();
  CAPTURE(via, way.writer);
  hearing reader(way.reader);
  const auto host = make_host(via, way.writer);
  log_many(*host, "before", 100, 1);
  for (int i = 0; i < 5; ++i) {
    const auto child = start_child([&] {
      log_many(*host, "child " + std::to_string(i), 100, 1);
      return host->flush(deadline) && host->stats().dropped() == 0 && host->complaints() == 0 ? 0 : 1;
    });
    log_many(*host, "parent " + std::to_string(i), 100, 1);
    CHECK(end_of(child) == 0);
  }
  CHECK(flow(*host, reader));
  for (int i = 0; i < 5; ++i) {
    CHECK(reader.hears("child " + std::to_string(i) + " 99"));
    CHECK(reader.heard_of("child " + std::to_string(i), 100) == 100);
    CHECK(reader.heard_of("parent " + std::to_string(i), 100) == 100);
  }
  CHECK(reader.stats().missing == 0);
}
#endif

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // a child may find their allocators locked
TEST_CASE("parent and child put messages under names of their own: each message arrives, once", "[hostile]") {
  const scratch_folder folder;
  const auto way = any_way();
  CAPTURE(way.writer);
  slot_reader in{address(way.reader)};
  slot_writer out{address(way.writer)};
  CHECK_FALSE(out.put("before"));
  std::map<std::string, int> expected{{"before", 1}};
  for (int i = 0; i < 5; ++i) expected["child " + std::to_string(i)] = expected["parent " + std::to_string(i)] = 1;
  const auto child = start_child([&] {
    int failed = 0;
    for (int i = 0; i < 5; ++i) failed += out.put("child " + std::to_string(i)) ? 1 : 0;
    return failed;
  });
  for (int i = 0; i < 5; ++i) CHECK_FALSE(out.put("parent " + std::to_string(i)));
  CHECK(end_of(child) == 0);
  std::map<std::string, int> got;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto message = in.get(deadline);
    REQUIRE(message);
    ++got[message->bytes];
  }
  CHECK(got == expected);
}

TEST_CASE("a child forked while other threads put messages puts its own", "[hostile]") {
  const scratch_folder folder;
  const auto name = scratch_name();
  slot_writer out{address(name)};
  std::atomic<bool> enough{false};
  std::vector<std::thread> putting;
  for (int t = 0; t < 3; ++t) {
    putting.emplace_back([&] {
      while (!enough) out.put("text");
    });
  }
  int bad_ends = 0;
  for (int i = 0; i < 100 && bad_ends == 0; ++i) {
    if (in_child([&] { return out.put("the child") ? 1 : 0; }) != 0) ++bad_ends;
  }
  enough = true;
  for (auto& t : putting) t.join();
  CHECK(bad_ends == 0);
}

TEST_CASE("a child made without fork, by clone, is a sender of its own, too", "[hostile]") {
  const scratch_folder folder;
  const auto way = any_way();
  CAPTURE(way.writer);
  hearing reader(way.reader);
  record_writer out{address(way.writer)};
  const auto post = [&out](const std::string& text) {
    record r;
    r.text = text;
    return !out.write(r);
  };
  CHECK(post("before"));
  CHECK(out.flush(deadline));
  const auto child = static_cast<::pid_t>(::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
  if (child == 0) {
    bool good = true;
    for (int i = 0; i < 50; ++i) good = post("child " + std::to_string(i)) && good;
    good = out.flush(deadline) && out.stats().written == 50 && good;
    // And a child of the child, by either way.
    const auto grandchild = start_child([&] { return post("grandchild") && out.flush(deadline) ? 0 : 1; });
    ::_exit(end_of(grandchild) == 0 && good ? 0 : 1);
  }
  for (int i = 0; i < 50; ++i) CHECK(post("parent " + std::to_string(i)));
  CHECK(end_of(child) == 0);
  CHECK(out.flush(deadline));
  CHECK(reader.hears("parent 49"));
  CHECK(reader.hears("child 49"));
  CHECK(reader.hears("grandchild"));
  CHECK(reader.heard_of("parent", 50) == 50);
  CHECK(reader.heard_of("child", 50) == 50);
  CHECK(reader.stats().repeated == 0);
  CHECK(reader.stats().missing == 0);
}

TEST_CASE("a handler that forks after a crash inside a log call goes on, and so does its child", "[hostile]") {
  const scratch_folder folder;
  const auto name = scratch_name();
  CHECK(in_child([&] {
          static std::unique_ptr<record_writer> out;
          out = std::make_unique<record_writer>(address(name));
          ::signal(SIGSEGV, [](int) {
            const auto child = ::fork();
            if (child == 0) {  // reports the crash, and may log, too
              record r;
              r.text = "the child";
              ::_exit(!out->write(r) && out->flush(deadline) ? 7 : 1);
            }
            ::_exit(end_of(child));
          });
          record r;
          r.text = "a good one";
          if (out->write(r)) return 1;
          const auto* nowhere = static_cast<const char*>(::mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
          r.text = std::string_view(nowhere, 100);
          (void)out->write(r);
          return 2;
        }) == 7);
}
#endif

TEST_CASE("a program starts others while its threads log, and goes on", "[hostile]") {
  const scratch_folder folder;
  const auto way = any_way();
  const auto via = any_host();
  CAPTURE(via, way.writer);
  hearing reader(way.reader);
  const auto host = make_host(via, way.writer);
  std::atomic<bool> enough{false};
  std::thread logging([&] {
    while (!enough) {
      host->log("on and on");
      std::this_thread::sleep_for(1ms);
    }
  });
  char program[] = "/bin/true";
  char* arguments[] = {program, nullptr};
  for (int i = 0; i < 10; ++i) {
    auto child = ::fork();
    if (child == 0) {
      ::execv(program, arguments);
      ::_exit(1);
    }
    CHECK(end_of(child) == 0);
    REQUIRE(::posix_spawn(&child, program, nullptr, nullptr, arguments, environ) == 0);
    CHECK(end_of(child) == 0);
  }
  enough = true;
  logging.join();
  CHECK(flow(*host, reader));
  CHECK(host->stats().dropped() == 0);
  CHECK(host->complaints() == 0);
}

TEST_CASE("a program becomes a daemon after its first records, and logs on", "[hostile]") {
  const scratch_folder folder;
  const auto way = any_way();
  const auto via = GENERATE(from_range(unlocked_hosts()));
  CAPTURE(via, way.writer);
  CHECK(in_child([&] {
          const auto host = make_host(via, way.writer);
          log_many(*host, "before", 100);
          return as_daemon([&] {
            // Until the reader, which is opened meanwhile, has heard it.
            return wait_until([&] {
              host->log("the daemon");
              std::this_thread::sleep_for(1ms);
              return is_said(folder / "heard");
            }) ? 0 : 1;
          });
        }) == 0);
  hearing reader(way.reader);
  CHECK(reader.hears("the daemon"));
  say(folder / "heard");
}

#if !defined(__SANITIZE_THREAD__)  // to which a number that was used before means the same file
TEST_CASE("a program closes all descriptors, opens its own in their place, and logs on: its own stay untouched", "[hostile]") {
  const scratch_folder folder;
  const auto way = any_way();
  const auto via = any_host();
  CAPTURE(via, way.writer);
  const auto child = start_child([&] {
    if (!wait_for(folder / "open")) return 7;
    const auto host = make_host(via, way.writer);
    log_many(*host, "before", 100);
    if (!settled(*host, 100) || !host->flush(deadline)) return 1;
    close_all_descriptors(3);
    // Streams that swallow whatever is sent to them, in the place of what was closed.
    int ends[2];
    std::vector<int> here;
    std::vector<int> there;
    for (int i = 0; i < 20; ++i) {
      if (::socketpair(AF_UNIX, i % 2 == 0 ? SOCK_STREAM : SOCK_DGRAM, 0, ends) != 0) return 2;
      here.push_back(ends[0]);
      there.push_back(ends[1]);
    }
    if (!wait_until([&] {
          host->log("after");
          std::this_thread::sleep_for(1ms);
          return is_said(folder / "heard");
        })) {
      return 3;
    }
    for (const auto* side : {&here, &there}) {
      for (const int fd : *side) {
        char byte;
        struct ::stat s {};
        if (::fstat(fd, &s) != 0 || !S_ISSOCK(s.st_mode)) return 4;
        if (::recv(fd, &byte, 1, MSG_DONTWAIT) >= 0 || errno != EAGAIN) return 5;
      }
    }
    return host->complaints() == 0 ? 0 : 6;
  });
  hearing reader(way.reader);
  say(folder / "open");
  CHECK(reader.hears("after"));
  say(folder / "heard");
  CHECK(end_of(child) == 0);
}
#endif

#if !defined(__SANITIZE_THREAD__)
TEST_CASE("a program closes all descriptors, opens its own in their place, and reads on, or stops: its own stay untouched", "[hostile]") {
  const scratch_folder folder;
  const auto way = GENERATE(false, true) ? classic_way() : any_way();
  const bool reads_on = GENERATE(true, false);
  CAPTURE(way.reader, reads_on);
  const auto child = start_child([&] {
    auto reader = std::make_unique<hearing>(way.reader);
    if (!flow_from_outside(*reader, folder / "open", "before")) return 1;
    close_all_descriptors(3);
    // What is in them, and waits to be read, is not the slot's.
    int ends[2];
    std::vector<int> here;
    for (int i = 0; i < 20; ++i) {
      if (::socketpair(AF_UNIX, i % 2 == 0 ? SOCK_STREAM : SOCK_DGRAM, 0, ends) != 0) return 2;
      for (const int end : ends) {
        here.push_back(end);
        if (::send(end, "x", 1, 0) != 1) return 3;
      }
    }
    if (reads_on && !flow_from_outside(*reader, folder / "closed", "after")) return 4;
    reader.reset();
    for (const int fd : here) {
      char byte[2];
      if (::recv(fd, byte, sizeof byte, MSG_DONTWAIT) != 1 || byte[0] != 'x') return 5;
    }
    say(folder / "done");
    return 0;
  });
  record_writer writer{address(way.writer)};
  record r;
  CHECK(wait_until([&] {
    r.text = is_said(folder / "closed") ? "after" : "before";
    if (is_said(folder / "open")) (void)writer.write(r);
    return is_said(folder / "done");
  }));
  CHECK(end_of(child) == 0);
}
#endif

TEST_CASE("a thread calls exit while others log: the program ends, and what was logged has arrived", "[hostile]") {
  const scratch_folder folder;
  const auto name = scratch_name();
  const auto via = any_host();
  CAPTURE(via);
  const auto child = start_child([&]() -> int {
    if (!wait_for(folder / "open")) return 1;
    load_libraries();
    static std::unique_ptr<host> in_a_static;
    in_a_static = make_host(via, name);
    std::thread([] {
      log_many(*in_a_static, "last", 100, 1);
      std::exit(7);
    }).detach();
    for (;;) ::pause();
  });
  hearing reader(name);
  say(folder / "open");
  CHECK(end_of(child) == 7);
  CHECK(reader.hears("last 99"));
  CHECK(reader.heard_of("last", 100) == 100);
  CHECK(reader.stats().missing == 0);
}

TEST_CASE("a program logs from static destructors", "[hostile]") {
  const scratch_folder folder;
  const auto name = scratch_name();
  const auto via = any_host();
  CAPTURE(via);
  const auto child = start_child([&]() -> int {
    if (!wait_for(folder / "open")) return 1;
    load_libraries();
    static last_words words;
    words.text = "the last words";
    words.through = make_host(via, name);
    log_many(*words.through, "before", 100);
    std::exit(0);
  });
  hearing reader(name);
  say(folder / "open");
  CHECK(end_of(child) == 0);
  CHECK(reader.hears("the last words"));
  CHECK(reader.heard_of("before", 100) == 100);
  CHECK(reader.stats().missing == 0);
}

TEST_CASE("a plug-in that logs is loaded and unloaded again and again, and leaves no thread and no descriptor", "[hostile]") {
  const scratch_folder folder;
  const auto name = scratch_name();
  // A thread that still looks up a host's name must find its code when the answer comes.
  const std::string host = GENERATE("", "nowhere.invalid/");
  const auto address = host + name + (host.empty() ? "" : "?linger=0ms");
  CAPTURE(address);
  hearing reader(name);
  const auto threads = threads_of_this_process().size();
  const auto descriptors = descriptors_of_this_process().size();
  for (int round = 0; round < 30; ++round) {
    name_server_is_silent = true;
    void* plugin = ::dlopen(HOSTILE_PLUGIN, RTLD_NOW | RTLD_LOCAL);
    INFO((plugin == nullptr ? ::dlerror() : ""));
    REQUIRE(plugin != nullptr);
    reinterpret_cast<void (*)(const char*)>(::dlsym(plugin, "plugin_open"))(address.c_str());
    // spdlog's MDC (1.14 and newer), like all that is thread_local and has a destructor, keeps a library loaded until the threads
    // that used it have ended.
    std::thread([&] {
      reinterpret_cast<void (*)(const char*)>(::dlsym(plugin, "plugin_log"))(("round " + std::to_string(round)).c_str());
    }).join();
    // Or its static destructors do; not while a name is looked up, because then it stays loaded.
    if (address != name) reinterpret_cast<void (*)()>(::dlsym(plugin, "plugin_close"))();
    REQUIRE(::dlclose(plugin) == 0);
    if (address == name) CHECK(reader.hears("round " + std::to_string(round)));
  }
  name_server_is_silent = false;
  CHECK(wait_until([&] { return threads_of_this_process().size() == threads; }));
  CHECK(wait_until([&] { return descriptors_of_this_process().size() == descriptors; }));
  CHECK(reader.stats().missing == 0);
  // What it logged is remembered, and each of its writers has ended well.
  history_request all;
  all.last = all_of_history;
  record_reader later(name, all);
  std::size_t ends = 0;
  std::size_t records = 0;
  while (later.in_history()) {
    const auto* e = later.next_event(std::chrono::nanoseconds(0));
    if (e == nullptr) continue;
    if (std::holds_alternative<received_record>(*e)) ++records;
    if (const auto* x = std::get_if<ended>(e)) {
      CHECK(x->well);
      ++ends;
    }
  }
  CHECK(ends >= 30);
  CHECK(records == 100 * ends);
}

TEST_CASE("signals that the program waits for never go to a thread of ours", "[hostile]") {
  const scratch_folder folder;
  const auto name = scratch_name();
  CHECK(in_child([&] {
          const auto host = make_host(all_hosts().front(), name);
          const record_reader reader{address(name)};
          log_many(*host, "text", 100, 1);
          if (threads_of_this_process().size() < 3) return 1;  // ours have started, with the mask of this one as it was
          ::sigset_t waited_for;
          ::sigemptyset(&waited_for);
          for (const int s : {SIGUSR1, SIGTERM, SIGHUP}) ::sigaddset(&waited_for, s);
          ::pthread_sigmask(SIG_BLOCK, &waited_for, nullptr);
          for (const int s : {SIGUSR1, SIGTERM, SIGHUP}) {
            ::kill(::getpid(), s);  // would end the program where a thread takes it
            ::timespec limit{60, 0};
            if (::sigtimedwait(&waited_for, nullptr, &limit) != s) return 2;
          }
          return 0;
        }) == 0);
}

TEST_CASE("what a program's owner sees of a writer: one thread, few descriptors, none of them inherited", "[hostile]") {
  const scratch_folder folder;
  const auto way = any_way();
  CAPTURE(way.writer);
  CHECK(in_child([&] {
          std::thread([] {}).join();  // the first makes ThreadSanitizer start one of its own
          const auto threads = threads_of_this_process();
          const auto descriptors = descriptors_of_this_process();
          const auto reader = std::make_unique<record_reader>(address(way.reader));
          const auto with_reader = descriptors_of_this_process().size();
          // One folder, one local socket, two for waking, two sockets for the network.
          const bool network = way.reader[0] == '*';
          if (with_reader - descriptors.size() != (network ? 6U : 4U)) return 1;
          {
            record_writer writer{address(way.writer)};
            record r;
            r.text = "text";
            for (int i = 0; i < 1000; ++i) writer.write(r);
            if (!writer.flush(deadline)) return 2;
            if (threads_of_this_process().size() != threads.size() + 2) return 3;
            if (!wait_until([&] {  // a thread gives itself its name
                  const auto now = threads_of_this_process();
                  return std::all_of(now.begin(), now.end(), [&](const auto& t) { return threads.count(t.first) != 0 || t.second == "mailslog"; });
                })) {
              return 4;
            }
            // Local: the folder of all slots, that of this one, and a socket for the reader. Network: a socket. Both: what it remembers.
            const auto opened = descriptors_of_this_process().size() - with_reader;
            if (opened > 4) return 5;
            for (const auto& [number, d] : descriptors_of_this_process()) {
              if (descriptors.count(number) == 0 && !d.close_on_exec) return 6;
            }
          }
          if (threads_of_this_process().size() != threads.size() + 1) return 7;
          return descriptors_of_this_process().size() == with_reader ? 0 : 8;
        }) == 0);
}
