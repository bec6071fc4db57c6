#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>

#include "history/ring_files.hpp"
#include "history/ring_folder.hpp"
#include "platform/mapped_file_posix.hpp"
#include "platform/posix.hpp"
#include "transport/local/folder_posix.hpp"

namespace mailslog::history {
namespace {

using platform::last_error;
using platform::unique_fd;
using transport::rings_folder;
using transport::slots_folder;

constexpr auto longest_since_look = std::chrono::seconds(2);  // that is not too long ago

class new_ring final : public mapped_ring {
 public:
  new_ring(unique_fd folder, std::string unfinished, std::string name)
      : folder_(std::move(folder)), unfinished_(std::move(unfinished)), name_(std::move(name)) {}
  ~new_ring() override {
    if (!published_ && folder_.still_ours()) ::unlinkat(folder_.get(), unfinished_.c_str(), 0);
  }

  bool map(unique_fd fd, std::string path, const ring_info& info, std::error_code& error) {
    auto file = platform::map_new_file(std::move(fd), std::move(path), info.file_size(), error);
    return file && begin(std::move(file), info, error);
  }

  void publish(std::error_code& error) noexcept override {
    published_ = ::renameat(folder_.get(), unfinished_.c_str(), folder_.get(), name_.c_str()) == 0;
    if (!published_) error = last_error();
    if (published_) folder_.reset();
  }

 private:
  platform::lasting_fd folder_;
  std::string unfinished_;
  std::string name_;
  bool published_ = false;
};

class readable_ring final : public open_ring {
 public:
  explicit readable_ring(unique_fd fd) : fd_(std::move(fd)) {}

  std::size_t read(std::uint64_t offset, std::uint8_t* to, std::size_t size) noexcept override {
    std::size_t done = 0;
    while (done < size) {
      const auto n = ::pread(fd_.get(), to + done, size - done, static_cast<::off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      done += static_cast<std::size_t>(n);
    }
    return done;
  }
  bool held() noexcept override { return platform::is_held(fd_.get()); }

 private:
  unique_fd fd_;
};

class posix_ring_folder final : public ring_folder {
 public:
  explicit posix_ring_folder(const std::string& slot)
      : base_(slots_folder::choose()), slot_(slot), path_(transport::slot_path(base_, slot) + '/' + rings_folder) {}

  std::unique_ptr<ring_file> make(const ring_info& info, std::error_code& error) override;
  std::vector<std::string> names(std::size_t most, std::error_code& error) override;
  std::unique_ptr<open_ring> open(const std::string& name, std::error_code& error) override;
  void keep_orphans(std::vector<std::string>& names) override;
  void sweep(const ring_budget& budget) noexcept override;
  std::string path() const override { return path_; }
  std::string rights(const std::string& name) const override;
  timestamp unchanged_since() const override;

 private:
  class swept;

  unique_fd folder(std::error_code& error) const {
    const auto slot = transport::open_slot_folder(base_, slot_, error);
    if (!slot) {
      if (error == std::errc::no_such_file_or_directory) error.clear();
      return {};
    }
    return folder_in(slot.get(), error);
  }
  unique_fd make_folder(std::error_code& error) const;
  // None without an error where there is none.
  static unique_fd folder_in(int slot, std::error_code& error);

  slots_folder base_;
  std::string slot_;
  std::string path_;
};

unique_fd posix_ring_folder::folder_in(int slot, std::error_code& error) {
  unique_fd fd(::openat(slot, rings_folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) {
    if (errno != ENOENT) error = last_error();
    return {};
  }
  struct ::stat s {};
  struct ::stat in {};
  if (::fstat(fd.get(), &s) != 0 || ::fstat(slot, &in) != 0) {
    error = last_error();
    return {};
  }
  // As the slot's folder itself may be anybody's who was let in there.
  const bool trusted = s.st_uid == ::geteuid() || s.st_uid == 0 || s.st_uid == in.st_uid || (in.st_mode & S_ISVTX) != 0;
  if (!trusted) {
    error = std::make_error_code(std::errc::operation_not_permitted);
    return {};
  }
  return fd;
}

std::unique_ptr<ring_file> posix_ring_folder::make(const ring_info& info, std::error_code& error) try {
  const auto name = ring_name(info.sender);
  const auto unfinished = unfinished_ring_name(info.sender);
  unique_fd rings;
  unique_fd fd;
  transport::made_in_vain again;
  do {
    error.clear();
    rings = make_folder(error);
    if (!rings) continue;
    fd.reset(::openat(rings.get(), unfinished.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) error = last_error();
  } while (again(error));
  struct ::stat s {};
  if (!error && ::fstat(rings.get(), &s) != 0) error = last_error();
  if (error) return nullptr;
  // Whoever may open a reader there may read it.
  const ::mode_t mode = 0600 | ((s.st_mode & 0020) != 0 ? 0040 : 0) | ((s.st_mode & 0002) != 0 ? 0004 : 0);
  if (mode != 0600) ::fchmod(fd.get(), mode);
  auto ring = std::make_unique<new_ring>(std::move(rings), unfinished, name);
  if (!ring->map(std::move(fd), path_ + '/' + name, info, error)) return nullptr;
  return ring;
} catch (const std::system_error& e) {
  error = e.code();
  return nullptr;
}

unique_fd posix_ring_folder::make_folder(std::error_code& error) const {
  const auto slot = transport::make_slot(base_, slot_);
  auto rings = folder_in(slot.get(), error);
  if (rings || error) return rings;
  struct ::stat s {};
  if (::mkdirat(slot.get(), rings_folder, 0700) == 0) {
    if (::fstat(slot.get(), &s) == 0) ::fchmodat(slot.get(), rings_folder, s.st_mode & 03777, 0);
  } else if (errno != EEXIST) {
    error = last_error();
    return {};
  }
  rings = folder_in(slot.get(), error);
  if (!rings && !error) error = std::make_error_code(std::errc::no_such_file_or_directory);
  return rings;
}

struct closing {
  void operator()(::DIR* d) const noexcept { ::closedir(d); }
};

// Calls `f` with each name; until it has looked at `most` entries. Why it could not.
template <class F>
std::error_code scan(int folder, std::size_t most, F f) {
  unique_fd again(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!again) return last_error();
  const std::unique_ptr<::DIR, closing> dir(::fdopendir(again.get()));
  if (!dir) return last_error();
  again.release();
  while (const ::dirent* entry = ::readdir(dir.get())) {
    if (most-- == 0) break;
    f(entry->d_name);
  }
  return {};
}

std::vector<std::string> posix_ring_folder::names(std::size_t most, std::error_code& error) {
  std::vector<std::string> found;
  const auto rings = folder(error);
  if (!rings) return found;
  error = scan(rings.get(), most, [&](const char* name) {
    if (is_ring_name(name)) found.emplace_back(name);
  });
  return found;
}

std::unique_ptr<open_ring> posix_ring_folder::open(const std::string& name, std::error_code& error) {
  const auto rings = folder(error);
  if (!rings) return nullptr;
  unique_fd fd(::openat(rings.get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct ::stat s {};
  if (!fd || ::fstat(fd.get(), &s) != 0) {
    error = last_error();
    return nullptr;
  }
  if (!S_ISREG(s.st_mode)) {
    error = std::make_error_code(std::errc::invalid_argument);
    return nullptr;
  }
  return std::make_unique<readable_ring>(std::move(fd));
}

// There may be ten thousand, looked at all the time: nothing more is asked of each than that.
void posix_ring_folder::keep_orphans(std::vector<std::string>& names) {
  std::error_code error;
  const auto rings = folder(error);
  const auto lives = [&](const std::string& name) {
    const unique_fd fd(::openat(rings.get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    return fd && platform::is_held(fd.get());
  };
  names.erase(std::remove_if(names.begin(), names.end(), lives), names.end());
}

std::string name_of_user(::uid_t id) {
  char memory[4096];
  ::passwd entry{};
  ::passwd* found = nullptr;
  return ::getpwuid_r(id, &entry, memory, sizeof memory, &found) == 0 && found != nullptr ? found->pw_name : std::to_string(id);
}

std::string name_of_group(::gid_t id) {
  char memory[4096];
  ::group entry{};
  ::group* found = nullptr;
  return ::getgrgid_r(id, &entry, memory, sizeof memory, &found) == 0 && found != nullptr ? found->gr_name : std::to_string(id);
}

// Of what cannot be looked at: of the folder in which it is.
std::string posix_ring_folder::rights(const std::string& name) const {
  struct ::stat s {};
  for (auto path = name.empty() ? path_ : path_ + '/' + name; path.size() > 1; path.resize(path.rfind('/'))) {
    if (::lstat(path.c_str(), &s) != 0) continue;
    char mode[8];
    std::snprintf(mode, sizeof mode, "%04o", static_cast<unsigned>(s.st_mode & 07777));
    return path + " belongs to user " + name_of_user(s.st_uid) + " and group " + name_of_group(s.st_gid) + ", with mode " + mode;
  }
  return {};
}

timestamp posix_ring_folder::unchanged_since() const {
  struct ::stat s {};
  for (const auto& path : {path_, transport::slot_path(base_, slot_), base_.path}) {
    if (::lstat(path.c_str(), &s) == 0) return timestamp(std::chrono::seconds(s.st_mtime));
  }
  return {};
}

class posix_ring_folder::swept final : public swept_folder {
 public:
  swept(posix_ring_folder& folder, unique_fd rings) : folder_(folder), rings_(std::move(rings)) {}

  void each(std::size_t most, const std::function<void(const file&)>& f) override {
    scan(rings_.get(), most, [&](const char* name) {
      struct ::stat s {};
      if (is_ours(name, s)) f({name, static_cast<std::size_t>(s.st_blocks) * 512, platform::change_time(s)});
    });
  }
  std::unique_ptr<open_ring> open_ours(const std::string& name) override {
    std::error_code error;
    return folder_.open(name, error);
  }
  void remove(const std::string& name) noexcept override { ::unlinkat(rings_.get(), name.c_str(), 0); }

  bool looked_at_lately() override {
    struct ::stat s {};
    if (!is_ours(mark_.c_str(), s)) return false;
    const auto ago = std::chrono::system_clock::now().time_since_epoch() - platform::change_time(s);
    return ago >= std::chrono::seconds(0) && ago < longest_since_look;
  }
  void note_look() override {
    const unique_fd mark(::openat(rings_.get(), mark_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
    if (mark) ::futimens(mark.get(), nullptr);
  }

 private:
  bool is_ours(const char* name, struct ::stat& s) const noexcept {
    return ::fstatat(rings_.get(), name, &s, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(s.st_mode) && s.st_uid == ::geteuid();
  }

  posix_ring_folder& folder_;
  const unique_fd rings_;
  const std::string mark_ = ".swept." + std::to_string(::geteuid());
};

void posix_ring_folder::sweep(const ring_budget& budget) noexcept try {
  std::error_code error;
  if (auto rings = folder(error)) {
    swept all(*this, std::move(rings));
    history::sweep(all, budget);
  }
} catch (const std::bad_alloc&) {
  // The next time.
}

}  // namespace

std::vector<std::string> slots_of_this_machine(std::size_t most) {
  std::vector<std::string> all;
  const unique_fd base(::open(slots_folder::choose().path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!base) return all;
  scan(base.get(), most, [&](const char* entry) {
    struct ::stat s {};
    if (entry[0] == '.' || ::fstatat(base.get(), entry, &s, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(s.st_mode)) return;
    if (auto name = slot_of_folder(entry)) all.push_back(std::move(*name));
  });
  return all;
}

std::unique_ptr<ring_folder> ring_folder_of(const std::string& slot) { return std::make_unique<posix_ring_folder>(slot); }

}  // namespace mailslog::history
