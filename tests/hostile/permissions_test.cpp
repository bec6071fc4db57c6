// Users of one machine: who may read a slot and post to it, and what none of them can do to another.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <system_error>
#include <variant>
#include <vector>

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <mailslog/local_folder.hpp>
#include <mailslog/record_reader.hpp>
#include <mailslog/record_writer.hpp>

#include "child.hpp"

using namespace mailslog;
using namespace mailslog::test;
using namespace std::chrono_literals;

namespace {

constexpr ::gid_t members = 50010;

struct user {
  ::uid_t id;
  std::vector<::gid_t> groups;
};
const user root{0, {}};
const user alice{50001, {members}};
const user bob{50002, {members}};
const user mallory{50003, {}};

/// /run and /tmp of the test's own. Only root can have these.
struct private_folders {
  private_folders() {
    if (::geteuid() != 0 || ::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", "/run", "tmpfs", 0, "mode=755") != 0 || ::mount("tmpfs", "/tmp", "tmpfs", 0, "mode=1777") != 0) {
      std::fputs("skipped: needs root, and mounts of its own\n", stderr);
      std::_Exit(77);
    }
    ::unsetenv("MAILSLOG_DIR");
    ::unsetenv("XDG_RUNTIME_DIR");
    ::umask(022);
  }
};

void make_folder(const char* path, const user& owner, ::mode_t mode, ::gid_t group = 0) {
  REQUIRE(::mkdir(path, 0700) == 0);
  REQUIRE(::chown(path, owner.id, group) == 0);
  REQUIRE(::chmod(path, mode) == 0);
}

std::function<int()> as(const user& u, std::function<int()> work) {
  return [&u, work] {
    if (::setgroups(u.groups.size(), u.groups.data()) != 0 || ::setresgid(u.id, u.id, u.id) != 0 ||
        ::setresuid(u.id, u.id, u.id) != 0) {
      return 98;
    }
    return work();
  };
}

/// 0, or the system's error number.
int open_reader() {
  try {
    const record_reader reader{address("x")};
    return 0;
  } catch (const std::system_error& e) {
    return e.code().value();
  }
}

/// 0 if the system took it, or had nobody to give it to; or its error number.
int post() {
  record_writer writer{address("x")};
  record r;
  r.text = "hello";
  writer.write(r);
  const auto stats = writer.stats();
  return stats.dropped() == 0 ? 0 : stats.last_error.value();
}

int reading_as(const user& u) { return in_child(as(u, open_reader)); }

/// What `writer` gets when it posts while `reader` reads, and whether that was heard.
struct posted {
  int error;
  bool heard;
};
posted post_from_to(const user& writer, const user& reader) {
  int ready[2];
  int done[2];
  REQUIRE(::pipe(ready) == 0);
  REQUIRE(::pipe(done) == 0);
  const auto child = start_child(as(reader, [&] {
    record_reader in{address("x")};
    (void)!::write(ready[1], "r", 1);
    char byte;
    (void)!::read(done[0], &byte, 1);  // everything that will be posted has been
    return in.next(100ms) != nullptr ? 0 : 1;
  }));
  char byte;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  const int error = in_child(as(writer, post));
  (void)!::write(done[1], "d", 1);
  const int end = end_of(child);
  for (const int fd : {ready[0], ready[1], done[0], done[1]}) ::close(fd);
  REQUIRE((end == 0 || end == 1));
  return {error, end == 0};
}

void check_heard(const user& writer, const user& reader) {
  CAPTURE(writer.id, reader.id);
  const auto result = post_from_to(writer, reader);
  CHECK(result.error == 0);
  CHECK(result.heard);
}

void check_refused(const user& writer, const user& reader, int error) {
  CAPTURE(writer.id, reader.id);
  const auto result = post_from_to(writer, reader);
  CHECK(result.error == error);
  CHECK_FALSE(result.heard);
}

std::function<void(const char*)> after_bind = nullptr;

/// How many records the slot remembers; 90 if what is told of it has not all of `words`.
std::function<int()> look_back(std::vector<std::string> words = {}) {
  return [words] {
    history_request all;
    all.last = all_of_history;
    record_reader in(address("x"), all);
    int records = 0;
    while (in.in_history()) {
      const auto* e = in.next_event(0ns);
      if (e != nullptr && std::holds_alternative<received_record>(*e)) ++records;
    }
    const auto problems = in.findings().problems;
    if (problems.size() != (words.empty() ? 0U : 1U) || in.stats().rings_refused != problems.size()) return 91;
    for (const auto& word : words) {
      if (problems.front().find(word) == std::string::npos) return 90;
    }
    return records;
  };
}

std::vector<std::filesystem::path> rings_of(const user& u) {
  std::vector<std::filesystem::path> all;
  for (const auto& entry : std::filesystem::directory_iterator("/run/mailslog/x/.rings")) {
    struct ::stat s {};
    if (::stat(entry.path().c_str(), &s) == 0 && s.st_uid == u.id) all.push_back(entry.path());
  }
  return all;
}

}  // namespace

// What somebody does in the moment after a socket has come to be.
extern "C" int bind(int fd, const ::sockaddr* to, ::socklen_t size) {
  const auto result = static_cast<int>(::syscall(SYS_bind, fd, to, size));
  if (result == 0 && after_bind && to->sa_family == AF_UNIX) {
    // Its folder may be named by a descriptor of this process's.
    const auto path = std::filesystem::path(reinterpret_cast<const ::sockaddr_un*>(to)->sun_path);
    after_bind((std::filesystem::canonical(path.parent_path()) / path.filename()).c_str());
  }
  return result;
}

TEST_CASE("/tmp/mailslog-UID: each user has slots of his own", "[hostile]") {
  const private_folders folders;
  check_heard(alice, alice);
  struct ::stat s {};
  REQUIRE(::stat("/tmp/mailslog-50001", &s) == 0);
  CHECK((s.st_mode & 07777) == 0700);
  const auto of_another = post_from_to(bob, alice);
  CHECK(of_another.error == 0);  // there is nobody on his own slot
  CHECK_FALSE(of_another.heard);
}

TEST_CASE("XDG_RUNTIME_DIR: its user's alone", "[hostile]") {
  const private_folders folders;
  make_folder("/run/user", root, 0755);
  make_folder("/run/user/50001", alice, 0755);  // kinder than systemd makes it
  ::setenv("XDG_RUNTIME_DIR", "/run/user/50001", 1);
  check_heard(alice, alice);
  CHECK(reading_as(bob) == EACCES);
  check_refused(bob, alice, EACCES);
  CHECK(reading_as(root) == EPERM);  // it does not belong to him
}

TEST_CASE("a private folder that is open to others, or somebody else's, is refused by readers and writers", "[hostile]") {
  const private_folders folders;
  SECTION("open to others") { make_folder("/tmp/mailslog-50001", alice, 0755); }
  SECTION("somebody else's") { make_folder("/tmp/mailslog-50001", mallory, 0777); }
  CHECK(reading_as(alice) == EPERM);
  CHECK(in_child(as(alice, post)) == EPERM);
}

TEST_CASE("a symbolic link in the place of a folder is not followed", "[hostile]") {
  const private_folders folders;
  make_folder("/tmp/trap", mallory, 0777);
  SECTION("of the slots' folder") { REQUIRE(::symlink("/tmp/trap", "/tmp/mailslog-50001") == 0); }
  SECTION("of a slot's folder") {
    make_folder("/run/mailslog", root, 01777);
    REQUIRE(::symlink("/tmp/trap", "/run/mailslog/x") == 0);
  }
  const int reading = reading_as(alice);
  CHECK((reading == ELOOP || reading == ENOTDIR));
  const int posting = in_child(as(alice, post));
  CHECK((posting == ELOOP || posting == ENOTDIR));
  CHECK(::rmdir("/tmp/trap") == 0);  // nothing came into it
}

TEST_CASE("/run/mailslog with mode 1777: everybody reads and posts", "[hostile]") {
  const private_folders folders;
  make_folder("/run/mailslog", root, 01777);
  for (const auto* writer : {&alice, &bob, &mallory, &root}) {
    for (const auto* reader : {&mallory, &alice, &root}) check_heard(*writer, *reader);
  }
}

TEST_CASE("/run/mailslog with mode 3770 and a group: its members read and post, others do neither", "[hostile]") {
  const private_folders folders;
  make_folder("/run/mailslog", root, 03770, members);
  check_heard(alice, bob);
  check_heard(root, alice);
  check_heard(bob, root);
  CHECK(reading_as(mallory) == EACCES);
  check_refused(mallory, alice, EACCES);
}

#if !defined(__SANITIZE_ADDRESS__)  // which needs /proc itself
TEST_CASE("users who may read a slot read what each other's programs remember, and whose it is is told to those who may not", "[hostile]") {
  const private_folders folders;
  make_folder("/run/mailslog", root, 03770, members);
  REQUIRE(in_child(as(alice, post)) == 0);
  REQUIRE(in_child(as(bob, post)) == 0);
  for (const auto* reader : {&alice, &bob, &root}) CHECK(in_child(as(*reader, look_back())) == 2);
  REQUIRE(rings_of(alice).size() == 1);
  const auto ring = rings_of(alice).front();
  struct ::stat s {};
  REQUIRE(::stat(ring.c_str(), &s) == 0);
  CHECK((s.st_mode & 07777) == 0640);
  // As where the folder gives no group to what is made in it.
  REQUIRE(::chown(ring.c_str(), alice.id, mallory.id) == 0);
  CHECK(in_child(as(bob, look_back({ring.string(), "belongs to user 50001 and group 50003", "mode 0640"}))) == 1);
  REQUIRE(::chmod("/run/mailslog/x/.rings", 0700) == 0);
  CHECK(in_child(as(bob, look_back({"/run/mailslog/x/.rings", "belongs to user 50001 and group 50010", "mode 0700"}))) == 0);
}

TEST_CASE("what a user's programs remember is removed by no other user's", "[hostile]") {
  const private_folders folders;
  make_folder("/run/mailslog", root, 01777);
  REQUIRE(in_child(as(alice, [] {
            for (int i = 0; i < 255; ++i) {
              if (post() != 0) return 1;
            }
            return 0;
          })) == 0);
  const auto before = rings_of(alice);
  REQUIRE(before.size() == 255);
  REQUIRE(in_child(as(bob, [] {
            for (int i = 0; i < 300; ++i) {
              if (post() != 0) return 1;
            }
            return 0;
          })) == 0);
  CHECK(rings_of(alice).size() == 255);
  CHECK(rings_of(bob).size() <= 257);
}

TEST_CASE("users share slots where /proc is not mounted", "[hostile]") {
  const private_folders folders;
  make_folder("/run/mailslog", root, 01777);
  REQUIRE(::mount("tmpfs", "/proc", "tmpfs", 0, nullptr) == 0);
  struct unmount {
    ~unmount() { ::umount2("/proc", MNT_DETACH); }
  } const at_the_end;
  check_heard(alice, bob);
}
#endif

TEST_CASE("MAILSLOG_DIR: whose folder it may be, and how open", "[hostile]") {
  const private_folders folders;
  ::setenv("MAILSLOG_DIR", "/tmp/slots", 1);
  SECTION("one's own") {
    make_folder("/tmp/slots", alice, 0700);
    check_heard(alice, alice);
    CHECK(reading_as(bob) == EACCES);
    check_refused(bob, alice, EACCES);
  }
  SECTION("root's, that one may enter but not write to") {
    make_folder("/tmp/slots", root, 0755);
    CHECK(reading_as(alice) == EACCES);
  }
  SECTION("open to others without the sticky bit") {
    make_folder("/tmp/slots", alice, 0777);
    CHECK(reading_as(alice) == EPERM);
    CHECK(in_child(as(alice, post)) == EPERM);
  }
  SECTION("a third user's") {
    make_folder("/tmp/slots", mallory, 01777);
    CHECK(reading_as(alice) == EPERM);
    CHECK(in_child(as(alice, post)) == EPERM);
  }
}

TEST_CASE("a socket that another user's reader left is not removed, and is in nobody's way until its owner's reader removes it", "[hostile]") {
  const private_folders folders;
  make_folder("/run/mailslog", root, 01777);
  std::string left;
  int path[2];
  REQUIRE(::pipe(path) == 0);
  const auto crash = as(alice, [&] {
    after_bind = [&](const char* at) { (void)!::write(path[1], at, std::strlen(at)); };
    const record_reader reader{address("x")};
    ::_exit(0);
    return 0;
  });
  REQUIRE(in_child(as(bob, open_reader)) == 0);  // the slot's folder is his, and so he could
  REQUIRE(in_child(crash) == 0);
  char text[256] = {};
  REQUIRE(::read(path[0], text, sizeof text - 1) > 0);
  const auto is_there = [&] {
    struct ::stat s {};
    return ::lstat(text, &s) == 0 && S_ISSOCK(s.st_mode);
  };
  REQUIRE(is_there());
  for (const auto* other : {&bob, &mallory, &root}) {
    check_heard(*other, *other);
    CHECK(is_there());
  }
  check_heard(alice, alice);
  CHECK_FALSE(is_there());
}

TEST_CASE("the owner of a slot's folder cannot make another's reader change the rights of other files", "[hostile]") {
  const private_folders folders;
  make_folder("/run/mailslog", root, 01777);
  make_folder("/run/mailslog/x", mallory, 01777);
  ::close(::open("/run/secret", O_CREAT | O_WRONLY, 0600));
  CHECK(in_child([] {
          after_bind = [](const char* path) {  // mallory was waiting for it
            ::unlink(path);
            (void)!::symlink("/run/secret", path);
          };
          return open_reader();
        }) == 0);
  struct ::stat s {};
  REQUIRE(::stat("/run/secret", &s) == 0);
  CHECK((s.st_mode & 07777) == 0600);
}

TEST_CASE("a user's programs meet whether or not they know the run-time folder", "[hostile]") {
  const private_folders folders;
  make_folder("/run/user", root, 0755);
  make_folder("/run/user/50001", alice, 0700);
  ::setenv("XDG_RUNTIME_DIR", "/run/user/50001", 1);
  const auto of_cron = in_child(as(alice, [] {
    const record_reader in{address("x")};  // of the session
    ::unsetenv("XDG_RUNTIME_DIR");
    record_writer out{address("x")};  // started by cron
    record r;
    r.text = "hello";
    return out.write(r) || !out.flush(10s) ? 1 : ::access("/tmp/mailslog-50001", F_OK) == 0 ? 2 : out.stats().datagrams == 1 ? 0 : 3;
  }));
  CHECK(of_cron == 0);
  const auto read_by_cron = in_child(as(alice, [] {
    ::unsetenv("XDG_RUNTIME_DIR");
    record_reader in{address("x")};
    ::setenv("XDG_RUNTIME_DIR", "/run/user/50001", 1);
    record_writer out{address("x")};
    record r;
    r.text = "hello";
    out.write(r);
    return in.next(10s) != nullptr ? 0 : 1;
  }));
  CHECK(read_by_cron == 0);
  // Not somebody else's, though it has the name.
  ::unsetenv("XDG_RUNTIME_DIR");
  make_folder("/run/user/50002", mallory, 0777);
  CHECK(in_child(as(bob, open_reader)) == 0);
  CHECK(::access("/run/user/50002/mailslog", F_OK) != 0);
  CHECK(::access("/tmp/mailslog-50002", F_OK) == 0);
}

TEST_CASE("a container in which nobody but its user is known has the host's /run/mailslog", "[hostile]") {
  const private_folders folders;
  make_folder("/run/mailslog", root, 01777);
  const auto contain = [] {  // as rootless containers do
    const auto id = std::to_string(::geteuid());
    if (::unshare(CLONE_NEWUSER) != 0) return false;
    ::prctl(PR_SET_DUMPABLE, 1);  // what has changed its user may not write there otherwise
    const int map = ::open("/proc/self/uid_map", O_WRONLY);
    const auto line = "0 " + id + " 1";
    const bool mapped = ::write(map, line.data(), line.size()) == static_cast<::ssize_t>(line.size());
    ::close(map);
    return mapped;
  };
  const auto inside = [&](std::function<int()> work) {
    return in_child(as(alice, [&contain, work] { return contain() ? work() : 77; }));
  };
  const auto opened = inside(open_reader);
  if (opened == 77) {
    WARN("skipped: no user namespaces");
    return;
  }
  CHECK(opened == 0);
  CHECK(inside(post) == 0);
  // Somebody else's folder is none of the administrator's, and not to be told from it in there unless its mode is.
  REQUIRE(::chmod("/run/mailslog", 0777) == 0);
  CHECK(inside(open_reader) == EPERM);
}

TEST_CASE("a folder in which others may replace sockets is refused, and the way out is said", "[hostile]") {
  const private_folders folders;
  make_folder("/run/shared", root, 0777);  // a pod's emptyDir
  ::setenv("MAILSLOG_DIR", "/run/shared", 1);
  CHECK(in_child(as(alice, [] {
          try {
            const record_reader reader{address("x")};
            return 1;
          } catch (const std::system_error& e) {
            return std::strstr(e.what(), "chmod 1777") != nullptr ? 0 : 2;
          }
        })) == 0);
  ::setenv("MAILSLOG_DIR", "/run/shared/slots", 1);
  CHECK(in_child(as(alice, open_reader)) == 0);
  ::unsetenv("MAILSLOG_DIR");
}

TEST_CASE("it is said which folder a slot uses, and which others have that slot", "[hostile]") {
  const private_folders folders;
  REQUIRE(in_child(as(alice, open_reader)) == 0);  // leaves /tmp/mailslog-50001
  make_folder("/tmp/mailslog-50001/x", alice, 0700);
  make_folder("/tmp/mailslog-else", alice, 0755);  // no user's, for all that is known
  make_folder("/tmp/mailslog-else/x", alice, 0755);
  make_folder("/run/mailslog", root, 01777);
  CHECK(in_child(as(alice, [] {
          const auto all = local_folders(address("x"));
          if (all.size() != 2) return 1;
          if (all[0].path != "/run/mailslog/x" || !all[0].used || all[0].exists || !all[0].problem.empty()) return 2;
          if (all[1].path != "/tmp/mailslog-50001/x" || all[1].used || !all[1].exists || !all[1].problem.empty()) return 3;
          return all[0].reason.empty() || all[1].reason.empty() ? 4 : 0;
        })) == 0);
  // Root sees other users' slots, but has no part in them.
  CHECK(in_child([] {
          const auto all = local_folders(address("x"));
          if (all.size() != 2) return 1;
          return all[1].path == "/tmp/mailslog-50001/x" && !all[1].problem.empty() ? 0 : 2;
        }) == 0);
  // What is wrong with the folder that is used is said, with the way out.
  REQUIRE(::chmod("/run/mailslog", 0777) == 0);
  CHECK(in_child(as(bob, [] {
          const auto all = local_folders(address("x"));
          return all.size() == 1 && all[0].problem.find("chmod 1777") != std::string::npos ? 0 : 1;
        })) == 0);
}
