#include "platform/mapped_file_posix.hpp"

#include <utility>

#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#ifdef __APPLE__
#include <mach/vm_inherit.h>
#endif

#include "platform/process.hpp"

namespace mailslog::platform {
namespace {

#ifdef __APPLE__
int allocate(int fd, std::size_t from, std::size_t size) noexcept {
  ::fstore_t store{F_ALLOCATEALL, F_PEOFPOSMODE, 0, static_cast<::off_t>(size), 0};
  if (::fcntl(fd, F_PREALLOCATE, &store) != 0) return errno;
  return ::ftruncate(fd, static_cast<::off_t>(from + size)) != 0 ? errno : 0;
}

void keep_from_children(void* memory, std::size_t size) noexcept { ::minherit(memory, size, VM_INHERIT_NONE); }
#else
int allocate(int fd, std::size_t from, std::size_t size) noexcept {
  int error = 0;
  do {
    error = ::posix_fallocate(fd, static_cast<::off_t>(from), static_cast<::off_t>(size));
  } while (error == EINTR);
  return error;
}

void keep_from_children(void* memory, std::size_t size) noexcept {
#ifdef MADV_DONTFORK
  ::madvise(memory, size, MADV_DONTFORK);
#else
  (void)memory, (void)size;
#endif
}
#endif

// A larger file is not refused: the process gets a signal that ends it.
bool allowed(std::size_t size) noexcept {
  ::rlimit limit{};
  return ::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || size <= limit.rlim_cur;
}

class mapped final : public mapped_file {
 public:
  mapped(unique_fd fd, std::string path, std::uint8_t* memory, std::size_t most)
      : path_(std::move(path)), memory_(memory), most_(most) {
    ::fstat(fd.get(), &file_);
    fd_ = lasting_fd(std::move(fd));
  }
  ~mapped() override {
    // In a child it is not mapped, and something else may be there.
    if (process_id() == owner_) ::munmap(memory_, most_);
  }

  std::uint8_t* extend(std::size_t more, std::error_code& error) noexcept override {
    const auto size = size_ + more;
    if (size > most_ || !allowed(size)) {
      error = std::make_error_code(std::errc::file_too_large);
      return nullptr;
    }
    if (!fd_.still_ours() && !open_again()) {
      error = std::make_error_code(std::errc::bad_file_descriptor);
      return nullptr;
    }
    if (const int failed = allocate(fd_.get(), size_, more)) {
      error = {failed, std::system_category()};
      return nullptr;
    }
    return memory_ + std::exchange(size_, size);
  }

  void cut(std::size_t size) noexcept override {
    if (size < size_ && fd_.still_ours() && ::ftruncate(fd_.get(), static_cast<::off_t>(size)) == 0) size_ = size;
  }

 private:
  bool open_again() noexcept {
    fd_.reset();
    unique_fd fd(::open(path_.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    struct ::stat s {};
    if (!fd || ::fstat(fd.get(), &s) != 0 || s.st_dev != file_.st_dev || s.st_ino != file_.st_ino) return false;
    ::flock(fd.get(), LOCK_EX | LOCK_NB);
    fd_ = lasting_fd(std::move(fd));
    return true;
  }

  const std::string path_;
  struct ::stat file_ {};
  lasting_fd fd_;
  std::uint8_t* const memory_;
  const std::size_t most_;
  std::size_t size_ = 0;
  const std::uint64_t owner_ = process_id();
};

}  // namespace

std::unique_ptr<mapped_file> map_new_file(unique_fd fd, std::string path, std::size_t most, std::error_code& error) {
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    error = last_error();
    return nullptr;
  }
  void* const memory = ::mmap(nullptr, most, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (memory == MAP_FAILED) {
    error = last_error();
    return nullptr;
  }
  keep_from_children(memory, most);
  try {
    return std::make_unique<mapped>(std::move(fd), std::move(path), static_cast<std::uint8_t*>(memory), most);
  } catch (...) {
    ::munmap(memory, most);
    throw;
  }
}

bool is_held(int fd) noexcept {
  if (::flock(fd, LOCK_SH | LOCK_NB) != 0) return errno == EWOULDBLOCK;
  ::flock(fd, LOCK_UN);
  return false;
}

}  // namespace mailslog::platform
