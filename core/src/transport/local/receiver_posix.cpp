#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <utility>

#include "platform/posix.hpp"
#include "platform/process.hpp"
#include "transport/local/local.hpp"
#include "transport/local/folder_posix.hpp"
#include "transport/local/socket_posix.hpp"

namespace mailslog::transport {
namespace {

using platform::last_error;
using platform::make_socket;
using platform::set_option;
using platform::unique_fd;
using clock = std::chrono::steady_clock;

constexpr auto looks_for_its_socket_every = std::chrono::milliseconds(500);
constexpr int most_cleaned = 4096;

class local_receiver final : public datagram_receiver {
 public:
  local_receiver(std::string slot, const local_options& options) : slot_name_(std::move(slot)), options_(options) { open(); }

  ~local_receiver() override {
    // A child must not take the slot away from its parent.
    if (platform::process_id() != owner_ || !slot_.still_ours()) return;
    remove_stale(slot_.get(), name_.text);
    remove_if_empty(base_, slot_name_);
  }

  transport_traits traits() const noexcept override { return local_traits; }
  void receive(receive_buffer& out) override;
  void refresh() noexcept override;
  // Not what the host has closed, and perhaps has its own under the number of: `refresh` opens another.
  void add_handles(std::vector<platform::wait_handle>& to) const override {
    if (fd_.still_ours()) to.push_back(fd_.get());
  }
  // The system drops nothing here: a full socket refuses the writer.
  std::uint64_t dropped() const noexcept override { return 0; }
  std::uint64_t oversized() const noexcept override { return refused_; }

 private:
  void open();
  // False if not all was taken.
  bool receive_from(int fd, receive_buffer& out);
  // Readers that ended without removing their sockets.
  void clean_up(const std::string& folder) const {
    scan_sockets(slot_.get(), 0, most_cleaned, [&](const std::string& name) {
      struct ::stat s {};
      if (::fstatat(slot_.get(), name.c_str(), &s, AT_SYMLINK_NOFOLLOW) != 0 || s.st_uid != ::geteuid()) return true;
      const unique_fd probe = make_socket(AF_UNIX, SOCK_DGRAM);
      if (probe && connect_in(slot_.get(), folder, name, probe.get()) == std::errc::connection_refused) {
        remove_stale(slot_.get(), name);
      }
      return true;
    });
  }
  bool is_found() const;

  const std::string slot_name_;
  const local_options options_;
  const slots_folder base_ = slots_folder::choose();
  platform::lasting_fd slot_;
  platform::lasting_fd fd_;
  platform::lasting_fd removed_fd_;  // of a socket that was removed; what is in it is still to be taken
  socket_name name_;
  clock::time_point looked_{};
  std::uint64_t owner_ = platform::process_id();
  std::atomic<std::uint64_t> refused_{0};
};

// The process that the kernel says has sent this; 0 if it does not say.
endpoint sending_process([[maybe_unused]] ::msghdr& m) noexcept {
  endpoint from;
  from.what = endpoint::kind::process;
#ifdef SCM_CREDENTIALS
  for (auto* c = CMSG_FIRSTHDR(&m); c != nullptr; c = CMSG_NXTHDR(&m, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS) continue;
    ::ucred who{};
    std::memcpy(&who, CMSG_DATA(c), sizeof who);
    from.number = static_cast<std::uint32_t>(who.pid);
  }
#endif
  return from;
}

void local_receiver::open() {
  const auto cannot = "cannot open slot \"" + slot_name_ + "\": ";
  const auto folder = slot_path(base_, slot_name_);
  if (slot_ && slot_.still_ours()) remove_stale(slot_.get(), name_.text);  // in a folder that was moved away
  unique_fd fd = make_socket(AF_UNIX, SOCK_DGRAM);
  if (!fd) platform::throw_last_error(cannot + "cannot make a socket");
#ifdef SO_PASSCRED
  set_option(fd.get(), SOL_SOCKET, SO_PASSCRED, 1);
#endif
  name_ = socket_name::make(options_);
  const auto path = folder + '/' + name_.text;
  std::error_code error;
  made_in_vain again;
  do {
    slot_ = platform::lasting_fd(make_slot(base_, slot_name_));
    error = bind_in(slot_.get(), folder, name_.text, fd.get());
  } while (again(error));
  if (error) {
    if (error != std::errc::filename_too_long) throw std::system_error(error, cannot + path);
    throw std::system_error(error, cannot + path + " has " + std::to_string(path.size()) + " bytes, a socket's path at most " +
                                       std::to_string(sizeof ::sockaddr_un{}.sun_path - 1) + "; set MAILSLOG_DIR to a shorter folder");
  }
  open_to_writers(slot_.get(), name_.text);
  clean_up(folder);
  if (!fd_ || !fd_.still_ours()) {
    fd_ = platform::lasting_fd(std::move(fd));
    return;
  }
  // Under its old number: another thread may be about to wait for it.
  removed_fd_ = platform::lasting_fd(unique_fd(::fcntl(fd_.get(), F_DUPFD_CLOEXEC, 0)));
  const int number = fd_.release();
  ::dup2(fd.get(), number);
  ::fcntl(number, F_SETFD, FD_CLOEXEC);
  fd_ = platform::lasting_fd(unique_fd(number));
}

// Do writers that come by the path find it?
bool local_receiver::is_found() const {
  std::error_code error;
  const auto now_there = open_slot_folder(base_, slot_name_, error);
  struct ::stat s {};
  if (error && error != std::errc::no_such_file_or_directory) return true;  // not to be mended by opening it again
  return now_there && ::fstat(now_there.get(), &s) == 0 && slot_.is(s) &&
         ::fstatat(slot_.get(), name_.text.c_str(), &s, AT_SYMLINK_NOFOLLOW) == 0;
}

// Without its socket in the folder a reader is deaf: whoever cleans up old files may have removed it, or moved the folder, or mounted
// another over it; and a host may have closed all descriptors.
void local_receiver::refresh() noexcept try {
  const auto now = clock::now();
  const bool lost = !fd_.still_ours();
  if (!lost && now - looked_ < looks_for_its_socket_every) return;
  looked_ = now;
  if (lost || (!removed_fd_ && (!slot_.still_ours() || !is_found()))) open();
} catch (const std::exception&) {
  // The next time, perhaps.
}

void local_receiver::receive(receive_buffer& out) {
  if (removed_fd_ && (!removed_fd_.still_ours() || receive_from(removed_fd_.get(), out))) removed_fd_.reset();
  if (fd_.still_ours()) receive_from(fd_.get(), out);
}

bool local_receiver::receive_from(int fd, receive_buffer& out) {
  for (int unwanted = 0; !out.full() && unwanted < most_unwanted;) {
    ::iovec memory{out.free(), receive_buffer::max_received};
    alignas(::cmsghdr) char control[256];
    ::msghdr m{};
    m.msg_iov = &memory;
    m.msg_iovlen = 1;
    m.msg_control = control;
    m.msg_controllen = sizeof control;
    const auto n = ::recvmsg(fd, &m, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return true;
    const auto size = static_cast<std::size_t>(n);
    if ((m.msg_flags & MSG_TRUNC) != 0 || size > name_.max_datagram) {
      ++refused_;
      ++unwanted;
      continue;
    }
    out.add(size, std::max<std::size_t>(size, 1), sending_process(m), false);
  }
  return false;
}

}  // namespace

std::unique_ptr<datagram_receiver> open_local_receiver(const std::string& name, const local_options& options) {
  return std::make_unique<local_receiver>(name, options);
}

}  // namespace mailslog::transport
