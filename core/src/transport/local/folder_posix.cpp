#include "transport/local/folder_posix.hpp"

#include <cstdlib>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

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

bool trusted(const slots_folder& base, const struct ::stat& s) {
  const bool ours = s.st_uid == ::geteuid();
  if (base.is_private) return ours && (s.st_mode & 077) == 0;
  // Where others may write, the sticky bit keeps them from replacing what is not theirs.
  return (ours || s.st_uid == 0) && ((s.st_mode & 022) == 0 || (s.st_mode & S_ISVTX) != 0);
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

}  // namespace

slots_folder slots_folder::choose() {
  const auto set = [](const char* variable) {
    const char* value = std::getenv(variable);
    return value != nullptr && *value != 0 ? value : nullptr;
  };
  if (const char* dir = set("MAILSLOG_DIR")) return {dir, false};
  struct ::stat s {};
  if (::stat("/run/mailslog", &s) == 0 && S_ISDIR(s.st_mode)) return {"/run/mailslog", false};
  if (const char* dir = set("XDG_RUNTIME_DIR")) return {std::string(dir) + "/mailslog", true};
  return {"/tmp/mailslog-" + std::to_string(::geteuid()), true};
}

std::string slot_path(const slots_folder& base, const std::string& name) { return base.path + '/' + encoded(name); }

slot_folder::slot_folder(const std::string& name)
    : base_(slots_folder::choose()), folder_(encoded(name)), path_(slot_path(base_, name)) {}

int slot_folder::fd(bool& is_new, std::error_code& error) {
  is_new = false;
  if (slot_fd_ && removed(slot_fd_)) slot_fd_.reset();
  if (slot_fd_) return slot_fd_.get();

  is_new = true;
  if (base_fd_ && removed(base_fd_)) base_fd_.reset();
  std::error_code failed;
  if (!base_fd_) base_fd_ = platform::lasting_fd(open_base(base_, failed));
  if (base_fd_) slot_fd_ = platform::lasting_fd(open_slot(base_, base_fd_.get(), folder_, failed));
  if (failed != std::errc::no_such_file_or_directory) error = failed;
  return slot_fd_.get();
}

unique_fd make_slot(const slots_folder& base, const std::string& name) {
  const auto path = slot_path(base, name);
  const auto in_base = encoded(name);
  const auto fail = [&](std::error_code error, const std::string& on) {
    std::string hint;
    if (error == not_trusted()) {
      hint = base.is_private ? " (it must belong to this user, with mode 0700)"
                             : " (it must belong to this user or to root; where others may write, the sticky bit must be set)";
    } else if (error == std::errc::not_a_directory || error == std::errc::too_many_symbolic_link_levels) {
      hint = " (a symbolic link or a file stands where a folder must be)";
    }
    throw std::system_error(error, "cannot open slot \"" + name + "\": " + on + hint);
  };

  if (::mkdir(base.path.c_str(), 0700) != 0 && errno != EEXIST) fail(last_error(), base.path);
  std::error_code error;
  const unique_fd folder = open_base(base, error);
  if (error) fail(error, base.path);
  // As open to others as the folder it is in, whatever our umask; nothing to be done if it is not ours.
  struct ::stat s {};
  if (::mkdirat(folder.get(), in_base.c_str(), 0700) != 0) {
    if (errno != EEXIST) fail(last_error(), path);
  } else if (::fstat(folder.get(), &s) == 0) {
    ::fchmodat(folder.get(), in_base.c_str(), s.st_mode & 03777, 0);  // set-group-id: sockets belong to its group
  }
  unique_fd slot = open_slot(base, folder.get(), in_base, error);
  if (error) fail(error, path);
  return slot;
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
