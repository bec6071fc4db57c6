#include "transport/local/folder_posix.hpp"

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <new>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

#include "platform/thread.hpp"

namespace mailslog::transport {
namespace {

using platform::last_error;
using platform::unique_fd;

std::string encoded(std::string name) {
  for (auto& c : name) {
    if (c == '/') c = '%';  // no slot's name has a '%'
  }
  return name;
}

std::error_code not_trusted() { return std::make_error_code(std::errc::operation_not_permitted); }

// In a container without rights of its own, who owns a file on the host is "nobody", unless it is the container's user. Such a folder
// is the administrator's, or that of whoever started the container and told it MAILSLOG_DIR.
bool is_outside(::uid_t owner) {
#ifdef __linux__
  unsigned overflow = 65534;
  if (std::FILE* f = std::fopen("/proc/sys/kernel/overflowuid", "re")) {
    if (std::fscanf(f, "%u", &overflow) != 1) overflow = 65534;
    std::fclose(f);
  }
  if (owner != overflow) return false;
  std::FILE* map = std::fopen("/proc/self/uid_map", "re");
  if (map == nullptr) return false;
  bool mapped = false;
  unsigned long inside = 0, outside = 0, count = 0;
  while (!mapped && std::fscanf(map, "%lu %lu %lu", &inside, &outside, &count) == 3) mapped = owner >= inside && owner - inside < count;
  std::fclose(map);
  return !mapped;
#else
  (void)owner;
  return false;
#endif
}

bool trusted(const slots_folder& base, const struct ::stat& s) {
  const bool ours = s.st_uid == ::geteuid();
  if (base.is_private) return ours && (s.st_mode & 077) == 0;
  // Where others may write, the sticky bit keeps them from replacing what is not theirs.
  if ((s.st_mode & 022) != 0 && (s.st_mode & S_ISVTX) == 0) return false;
  return ours || s.st_uid == 0 || is_outside(s.st_uid);
}

// A slot's folder in a folder that is shared may be anybody's who was let in there.
bool trusted_slot(const slots_folder& base, const struct ::stat& base_stat, const struct ::stat& s) {
  return s.st_uid == ::geteuid() || s.st_uid == 0 || (!base.is_private && (base_stat.st_mode & S_ISVTX) != 0);
}

unique_fd open_folder(int at, const std::string& path, struct ::stat& s, std::error_code& error) {
  unique_fd fd(::openat(at, path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd || ::fstat(fd.get(), &s) != 0) error = last_error();
  return fd;
}

unique_fd open_base(const slots_folder& base, std::error_code& error) {
  struct ::stat s {};
  unique_fd fd = open_folder(AT_FDCWD, base.path, s, error);
  if (!error && !trusted(base, s)) error = not_trusted();
  return error ? unique_fd() : std::move(fd);
}

unique_fd open_slot(const slots_folder& base, int base_fd, const std::string& folder, std::error_code& error) {
  struct ::stat base_stat {};
  struct ::stat s {};
  unique_fd fd = open_folder(base_fd, folder, s, error);
  if (!error && ::fstat(base_fd, &base_stat) != 0) error = last_error();
  if (!error && !trusted_slot(base, base_stat, s)) error = not_trusted();
  return error ? unique_fd() : std::move(fd);
}

bool removed(const platform::lasting_fd& folder) {
  struct ::stat s {};
  return ::fstat(folder.get(), &s) != 0 || s.st_nlink == 0 || !folder.is(s);
}

// When an entry of the folder changed last; nothing if that is so lately that the next change might have the same time. File systems
// have coarse clocks.
std::optional<std::chrono::nanoseconds> settled_change(int folder) noexcept {
  struct ::stat s {};
  ::timespec now{};
  if (::fstat(folder, &s) != 0 || ::clock_gettime(CLOCK_REALTIME, &now) != 0) return std::nullopt;
  const auto age = std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec) - platform::change_time(s);
  return age > std::chrono::seconds(3) ? std::optional(platform::change_time(s)) : std::nullopt;
}

constexpr auto looked_for_every = std::chrono::milliseconds(500);

std::string absolute(std::string path) {
  if (path.front() == '/') return path;
  char folder[4096];
  return ::getcwd(folder, sizeof folder) != nullptr ? std::string(folder) + '/' + path : path;
}

}  // namespace

std::vector<slots_folder> slots_folder::candidates() {
  const auto set = [](const char* variable) {
    const char* value = std::getenv(variable);
    return value != nullptr && *value != 0 ? value : nullptr;
  };
  std::vector<slots_folder> all;
  if (const char* dir = set("MAILSLOG_DIR")) all.push_back({absolute(dir), false, "MAILSLOG_DIR says so"});
  struct ::stat s {};
  if (::stat("/run/mailslog", &s) == 0 && S_ISDIR(s.st_mode)) {
    all.push_back({"/run/mailslog", false, "the administrator has made /run/mailslog"});
  }
  if (const char* dir = set("XDG_RUNTIME_DIR")) all.push_back({absolute(dir) + "/mailslog", true, "XDG_RUNTIME_DIR says so"});
  const auto user = std::to_string(::geteuid());
  const auto session = "/run/user/" + user;
  if (::stat(session.c_str(), &s) == 0 && S_ISDIR(s.st_mode) && s.st_uid == ::geteuid()) {
    all.push_back({session + "/mailslog", true, "it is in this user's run-time folder"});
  }
  all.push_back({"/tmp/mailslog-" + user, true, "without /run/mailslog and a run-time folder there is no other"});
  return all;
}

std::string slot_path(const slots_folder& base, const std::string& name) { return base.path + '/' + encoded(name); }

slot_folder::slot_folder(const std::string& name)
    : base_(slots_folder::choose()), folder_(encoded(name)), path_(slot_path(base_, name)) {}

int slot_folder::fd(bool& is_new, std::error_code& error) {
  is_new = false;
  if (slot_fd_ && removed(slot_fd_)) slot_fd_.reset();
  const auto now = platform::coarse_now();
  // Renamed, or mounted over, it is still there, but readers come to another one.
  const bool by_path = now - looked_ >= looked_for_every;
  if (slot_fd_ && !by_path) return slot_fd_.get();
  if (by_path) looked_ = now;
  is_new = look(by_path, error);
  return slot_fd_.get();
}

// True if it is another one now.
bool slot_folder::look(bool by_path, std::error_code& error) {
  std::error_code failed;
  struct ::stat s {};
  if (base_fd_ && !by_path && !slot_fd_ && missing_since_ && ::fstat(base_fd_.get(), &s) == 0 && base_fd_.is(s) && s.st_nlink != 0 &&
      platform::change_time(s) == *missing_since_) {
    return false;  // nobody has made it
  }
  missing_since_.reset();
  if (base_fd_ && (removed(base_fd_) || (by_path && (::stat(base_.path.c_str(), &s) != 0 || !base_fd_.is(s))))) base_fd_.reset();
  if (!base_fd_) base_fd_ = platform::lasting_fd(open_base(base_, failed));
  auto found = base_fd_ ? open_slot(base_, base_fd_.get(), folder_, failed) : unique_fd();
  if (failed && failed != std::errc::no_such_file_or_directory) error = failed;
  if (base_fd_ && failed == std::errc::no_such_file_or_directory) missing_since_ = settled_change(base_fd_.get());
  // As long as there is no other, the readers of the one that was moved away are heard; and as long as we cannot look.
  if (!found && slot_fd_ && (failed == std::errc::no_such_file_or_directory || platform::out_of_means(failed))) return false;
  if (found && slot_fd_ && ::fstat(found.get(), &s) == 0 && slot_fd_.is(s)) return false;
  slot_fd_ = platform::lasting_fd(std::move(found));
  return true;
}

unique_fd open_slot_folder(const slots_folder& base, const std::string& name, std::error_code& error) {
  const unique_fd folder = open_base(base, error);
  return error ? unique_fd() : open_slot(base, folder.get(), encoded(name), error);
}

std::string folder_advice(const slots_folder& base, std::error_code error) {
  if (error == not_trusted()) {
    return base.is_private ? "it must belong to this user, with mode 0700"
                           : "it must belong to this user or to root, and where others may write, as in a pod's emptyDir, it needs the "
                             "sticky bit: chmod 1777 it, or set MAILSLOG_DIR to a folder in it that this user makes";
  }
  if (error == std::errc::not_a_directory || error == std::errc::too_many_symbolic_link_levels) {
    return "a symbolic link or a file stands where a folder must be";
  }
  return {};
}

unique_fd make_slot(const slots_folder& base, const std::string& name) {
  const auto path = slot_path(base, name);
  const auto in_base = encoded(name);
  const auto fail = [&](std::error_code error, const std::string& on) {
    const auto hint = folder_advice(base, error);
    throw std::system_error(error, "cannot open slot \"" + name + "\": " + on + (hint.empty() ? "" : " (" + hint + ')'));
  };

  if (::mkdir(base.path.c_str(), 0700) != 0 && errno != EEXIST) fail(last_error(), base.path);
  std::error_code error;
  const unique_fd folder = open_base(base, error);
  if (error) fail(error, base.path);
  // As open to others as the folder it is in, whatever our umask; nothing to be done if it is not ours.
  struct ::stat s {};
  unique_fd slot;
  made_in_vain again;
  do {
    error.clear();
    if (::mkdirat(folder.get(), in_base.c_str(), 0700) != 0) {
      if (errno != EEXIST) fail(last_error(), path);
    } else if (::fstat(folder.get(), &s) == 0) {
      ::fchmodat(folder.get(), in_base.c_str(), s.st_mode & 03777, 0);  // set-group-id: sockets belong to its group
    }
    slot = open_slot(base, folder.get(), in_base, error);
  } while (again(error));
  if (error) fail(error, path);
  return slot;
}

void remove_if_empty(const slots_folder& base, const std::string& name) noexcept try {
  std::error_code error;
  const unique_fd folder = open_base(base, error);
  if (error) return;
  const auto in_base = encoded(name);
  const unique_fd slot = open_slot(base, folder.get(), in_base, error);
  struct ::stat base_stat {};
  if (error || ::fstat(folder.get(), &base_stat) != 0) return;
  const auto usual = [&](int at, const char* entry) {
    struct ::stat s {};
    // Whoever has given it other rights wants it to stay.
    return ::fstatat(at, entry, &s, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(s.st_mode) && s.st_uid == ::geteuid() &&
           (s.st_mode & 03777) == (base_stat.st_mode & 03777);
  };
  if (!usual(folder.get(), in_base.c_str())) return;
  if (usual(slot.get(), rings_folder)) ::unlinkat(slot.get(), rings_folder, AT_REMOVEDIR);
  ::unlinkat(folder.get(), in_base.c_str(), AT_REMOVEDIR);
} catch (const std::bad_alloc&) {
  // Then it stays.
}

void open_to_writers(int slot_fd, const std::string& socket) noexcept {
  struct ::stat s {};
  if (::fstat(slot_fd, &s) != 0) return;
  const auto mode = 0600 | ((s.st_mode & 0020) != 0 ? 0060 : 0) | ((s.st_mode & 0002) != 0 ? 0006 : 0);
  // Whoever owns the folder may have put something else in its place.
  if (::fchmodat(slot_fd, socket.c_str(), mode, AT_SYMLINK_NOFOLLOW) == 0) return;
  // Without /proc, the C library cannot keep from following a link: see fchmodat(2).
  if (s.st_uid == ::geteuid() || s.st_uid == 0) ::fchmodat(slot_fd, socket.c_str(), mode, 0);
}

}  // namespace mailslog::transport
