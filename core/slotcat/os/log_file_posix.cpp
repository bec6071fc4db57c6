#include "os/log_file.hpp"

#include <cerrno>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace slotcat {
namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw std::runtime_error("cannot write to \"" + path + "\": " + why);
}

bool same_file(const std::string& path, int descriptor) {
  struct stat named {}, opened {};
  return ::stat(path.c_str(), &named) == 0 && ::fstat(descriptor, &opened) == 0 && named.st_dev == opened.st_dev &&
         named.st_ino == opened.st_ino;
}

}  // namespace

log_file::log_file(const std::string& path) : descriptor_(-1) {
  constexpr int tries = 10;
  for (int i = 0; i < tries; ++i) {
    constexpr int flags = O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    descriptor_ = ::open(path.c_str(), O_WRONLY | flags, 0666);
    if (descriptor_ < 0 && errno == ENXIO) descriptor_ = ::open(path.c_str(), O_RDWR | flags, 0666);  // a pipe that nobody reads yet
    if (descriptor_ < 0) refuse(path, std::generic_category().message(errno));
    if (!regular()) return;
    const bool busy = ::flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;  // some file systems know no locks
    // Another slotcat may have set it aside between our two calls.
    const bool ours = busy || same_file(path, descriptor_);
    if (!busy && ours) return;
    ::close(std::exchange(descriptor_, -1));
    if (busy) refuse(path, "another slotcat writes to it");
  }
  refuse(path, "it is set aside again and again");
}

log_file::log_file(log_file&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)), stalled_(other.stalled_) {}

log_file& log_file::operator=(log_file&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(stalled_, other.stalled_);
  return *this;
}

log_file::~log_file() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool log_file::regular() const noexcept {
  struct stat info {};
  return ::fstat(descriptor_, &info) == 0 && S_ISREG(info.st_mode);
}

std::uint64_t log_file::size() const noexcept {
  struct stat info {};
  return ::fstat(descriptor_, &info) == 0 && S_ISREG(info.st_mode) ? static_cast<std::uint64_t>(info.st_size) : 0;
}

std::error_code log_file::append(std::string_view text, std::size_t& taken) noexcept {
  taken = 0;
  while (taken < text.size()) {
    const auto count = ::write(descriptor_, text.data() + taken, text.size() - taken);
    if (count > 0) {
      taken += static_cast<std::size_t>(count);
      stalled_ = false;
      continue;
    }
    if (count == 0 || errno == EINTR) continue;
    const std::error_code error(errno, std::generic_category());
    // A pipe whose reader stands still is waited for once.
    constexpr int patience_ms = 200;
    pollfd room{descriptor_, POLLOUT, 0};
    if (error == std::errc::resource_unavailable_try_again && !stalled_ && ::poll(&room, 1, patience_ms) == 1) continue;
    stalled_ = error == std::errc::resource_unavailable_try_again;
    return error;
  }
  return {};
}

void log_file::truncate(std::uint64_t size) noexcept { (void)!::ftruncate(descriptor_, static_cast<off_t>(size)); }

}  // namespace slotcat
