#include <algorithm>
#include <atomic>
#include <cassert>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <random>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "platform/posix.hpp"
#include "platform/process.hpp"
#include "platform/wait.hpp"
#include "transport/local.hpp"
#include "transport/local_folder_posix.hpp"

namespace mailslog::transport {
namespace {

using platform::last_error;
using platform::make_socket;
using platform::set_option;
using platform::unique_fd;
using clock = std::chrono::steady_clock;

constexpr std::size_t largest_datagram = 64 * 1024;

// The name of a reader's socket tells writers what they must know: 16 random digits, then "-SIZE" where the reader takes no
// larger datagram, then ".lan" where it also hears the network.
struct socket_name {
  std::string text;
  std::size_t max_datagram = largest_datagram;
  bool lan = false;

  static socket_name make(const local_options& options) {
    char random[17];
    std::snprintf(random, sizeof random, "%016llx", static_cast<unsigned long long>(platform::random_id()));
    std::string text = random;
    if (options.max_datagram != 0) text += '-' + std::to_string(options.max_datagram);
    if (options.lan) text += ".lan";
    return parse(text);
  }
  static socket_name parse(const std::string& text) {
    socket_name n;
    n.text = text;
    const auto dash = text.find('-');
    if (dash != std::string::npos) {
      n.max_datagram = std::min<std::size_t>(std::strtoul(text.c_str() + dash + 1, nullptr, 10), largest_datagram);
    }
    n.lan = text.size() > 4 && text.compare(text.size() - 4, 4, ".lan") == 0;
    return n;
  }
};

std::optional<::sockaddr_un> socket_address(const std::string& path) {
  ::sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return std::nullopt;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

const ::sockaddr* generic(const ::sockaddr_un& address) { return reinterpret_cast<const ::sockaddr*>(&address); }

// Calls `f` with the name of each socket in the folder. False if the folder could not be read.
template <class F>
bool for_each_socket(int slot_fd, F f) {
  unique_fd again(::openat(slot_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!again) return false;
  ::DIR* raw = ::fdopendir(again.get());
  if (raw == nullptr) return false;
  again.release();
  const std::unique_ptr<::DIR, int (*)(::DIR*)> folder(raw, ::closedir);
  while (const ::dirent* entry = ::readdir(folder.get())) {
    struct ::stat s {};
    if (entry->d_type != DT_SOCK &&
        (entry->d_type != DT_UNKNOWN || ::fstatat(slot_fd, entry->d_name, &s, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISSOCK(s.st_mode))) {
      continue;
    }
    f(std::string(entry->d_name));
  }
  return true;
}

// Names are never used twice, so a socket that nobody listens to will stay that way. One that belongs to another user cannot be
// removed in a folder with the sticky bit; then it stays.
void remove_stale(int slot_fd, const std::string& name) noexcept { ::unlinkat(slot_fd, name.c_str(), 0); }

struct peer {
  socket_name name;
  unique_fd fd;
  std::size_t sent = 0;     // bytes of the datagrams now being sent
  bool waiting = false;     // has no room for the rest of them
  bool stalled = false;     // passed over until it takes something again
  bool gone = false;
};

class local_sender final : public datagram_sender {
 public:
  local_sender(const std::string& name, const local_options& options) : folder_(name), options_(options) {}

  send_result send(byte_view datagrams, std::size_t datagram_size) noexcept override;
  void abandon() noexcept override { sending_ = false; }
  void wait(std::chrono::nanoseconds timeout) noexcept override;

  std::size_t max_datagram() const noexcept override { return largest_datagram; }
  // Large ones, because a system call costs the same whatever it carries; but several must fit the socket's buffer.
  std::size_t default_datagram() const noexcept override { return largest_datagram / 2; }
  std::size_t datagrams_at_once(std::size_t datagram_size) const noexcept override {
    return std::max<std::size_t>(default_datagram() / datagram_size, 1);
  }

 private:
  void find_peers();
  void scan(int slot_fd);
  void add_peer(int slot_fd, const std::string& name);
  // True when the peer has got all, or will not.
  bool send_to(peer& p, byte_view datagrams, std::size_t datagram_size) noexcept;

  slot_folder folder_;
  local_options options_;

  ::timespec changed_{};    // of the folder, when it was read
  bool settled_ = false;    // no change since then can have gone unseen
  std::vector<peer> peers_;

  bool sending_ = false;
  clock::time_point held_up_since_{};
  send_result result_;
};

::timespec change_time(const struct ::stat& s) {
#ifdef __APPLE__
  return s.st_mtimespec;
#else
  return s.st_mtim;
#endif
}

bool same(const ::timespec& a, const ::timespec& b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; }

// Has it changed so long ago that a later change must show another time? Folders' times advance in steps of a clock tick,
// 10 ms at most.
bool long_ago(const ::timespec& t) {
  ::timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const auto ns = (now.tv_sec - t.tv_sec) * 1'000'000'000LL + (now.tv_nsec - t.tv_nsec);
  return ns > 30'000'000;
}

void local_sender::find_peers() {
  bool is_new = false;
  const int slot_fd = folder_.fd(is_new, result_.error);
  if (is_new) {
    peers_.clear();
    settled_ = false;
  }
  struct ::stat s {};
  if (slot_fd < 0 || ::fstat(slot_fd, &s) != 0) return;
  if (settled_ && same(change_time(s), changed_)) return;
  changed_ = change_time(s);
  settled_ = long_ago(changed_);
  scan(slot_fd);
}

void local_sender::scan(int slot_fd) {
  for (auto& p : peers_) p.gone = true;
  const bool complete = for_each_socket(slot_fd, [&](const std::string& name) {
    const auto known = std::find_if(peers_.begin(), peers_.end(), [&](const peer& p) { return p.name.text == name; });
    if (known != peers_.end()) {
      known->gone = false;
    } else {
      add_peer(slot_fd, name);
    }
  });
  if (!complete) {
    result_.error = last_error();
    settled_ = false;
    return;
  }
  peers_.erase(std::remove_if(peers_.begin(), peers_.end(), [](const peer& p) { return p.gone; }), peers_.end());
}

void local_sender::add_peer(int slot_fd, const std::string& name) {
  peer p;
  p.name = socket_name::parse(name);
  if (p.name.lan && options_.lan) return;
  const auto address = socket_address(folder_.path() + '/' + name);
  if (!address) return;
  p.fd = make_socket(AF_UNIX, SOCK_DGRAM);
  if (p.fd && ::connect(p.fd.get(), generic(*address), sizeof *address) == 0) {
    set_option(p.fd.get(), SOL_SOCKET, SO_SNDBUF, 4 * 1024 * 1024);
    peers_.push_back(std::move(p));
    return;
  }
  const auto error = last_error();
  if (error == std::errc::connection_refused) {
    remove_stale(slot_fd, name);
  } else if (error != std::errc::no_such_file_or_directory) {
    result_.error = error;
    // Out of descriptors, perhaps: look again. A lack of rights stays.
    if (error != std::errc::permission_denied) settled_ = false;
  }
}

bool local_sender::send_to(peer& p, byte_view datagrams, std::size_t datagram_size) noexcept {
  bool complete = true;
  while (p.sent < datagrams.size) {
    const auto datagram = datagrams.part(p.sent, std::min(datagram_size, datagrams.size - p.sent));
    if (datagram.size > p.name.max_datagram) {
      result_.error = std::make_error_code(std::errc::message_size);
      complete = false;
    } else if (::send(p.fd.get(), datagram.data, datagram.size, MSG_NOSIGNAL) < 0) {
      const auto error = last_error();
      if (error == std::errc::interrupted) continue;
      if (error == std::errc::resource_unavailable_try_again || error == std::errc::no_buffer_space) return false;
      if (error == std::errc::connection_refused || error == std::errc::not_connected ||
          error == std::errc::connection_reset || error == std::errc::broken_pipe) {
        p.gone = true;  // its reader ended: nobody is there, which is no error
        return true;
      }
      result_.error = error;
      complete = false;
    }
    p.sent += datagram.size;
  }
  if (complete) ++result_.taken;
  return true;
}

send_result local_sender::send(byte_view datagrams, std::size_t datagram_size) noexcept try {
  if (!sending_) {
    result_ = {};
    for (auto& p : peers_) p.sent = 0;
    find_peers();
  }
  bool any_done = false;
  bool any_waiting = false;
  for (auto& p : peers_) {
    p.waiting = p.sent < datagrams.size && !send_to(p, datagrams, datagram_size);
    if (p.waiting) {
      any_waiting = true;
    } else if (!p.gone) {
      p.stalled = false;
      any_done = true;
    }
  }

  const auto gone = std::partition(peers_.begin(), peers_.end(), [](const peer& p) { return !p.gone; });
  for (auto p = gone; p != peers_.end(); ++p) ::unlink((folder_.path() + '/' + p->name.text).c_str());
  peers_.erase(gone, peers_.end());

  if (any_waiting) {
    const auto now = clock::now();
    if (!sending_) held_up_since_ = now;
    // One reader that has stopped must not keep the others waiting; but the last one is waited for.
    const bool out_of_patience = any_done && now - held_up_since_ >= options_.patience;
    any_waiting = false;
    for (auto& p : peers_) {
      if (!p.waiting) continue;
      if (out_of_patience) p.stalled = true;
      if (p.stalled && any_done) {
        p.waiting = false;
        p.sent = datagrams.size;
        result_.error = std::make_error_code(std::errc::resource_unavailable_try_again);
      } else {
        any_waiting = true;
      }
    }
  }
  sending_ = any_waiting;
  if (sending_) {
    result_.status = send_status::again;
  } else {
    result_.status = result_.error ? send_status::refused : send_status::done;
  }
  return result_;
} catch (...) {  // no memory
  sending_ = false;
  return {send_status::refused, std::make_error_code(std::errc::not_enough_memory), 0};
}

void local_sender::wait(std::chrono::nanoseconds timeout) noexcept {
  int fds[16];
  std::size_t n = 0;
  for (const auto& p : peers_) {
    if (p.waiting && n < std::size(fds)) fds[n++] = p.fd.get();
  }
#ifdef __linux__
  platform::wait_writable(fds, n, timeout);
#else
  // Elsewhere a socket is writable though its peer's buffer is full.
  platform::wait_writable(nullptr, 0, std::min<std::chrono::nanoseconds>(timeout, std::chrono::milliseconds(1)));
#endif
}

class local_receiver final : public datagram_receiver {
 public:
  local_receiver(const std::string& name, const local_options& options) {
    const auto base = slots_folder::choose();
    slot_ = make_slot(base, name);
    clean_up(slot_path(base, name));

    fd_ = make_socket(AF_UNIX, SOCK_DGRAM);
    if (!fd_) platform::throw_last_error("cannot open slot \"" + name + "\": cannot make a socket");
#ifdef SO_PASSCRED
    set_option(fd_.get(), SOL_SOCKET, SO_PASSCRED, 1);
#endif
    name_ = socket_name::make(options);
    const auto path = slot_path(base, name) + '/' + name_.text;
    const auto address = socket_address(path);
    if (!address) {
      throw std::system_error(std::make_error_code(std::errc::filename_too_long),
                              "cannot open slot \"" + name + "\": " + path + " has " + std::to_string(path.size()) +
                                  " bytes, a socket's path at most " + std::to_string(sizeof ::sockaddr_un{}.sun_path - 1) +
                                  "; set MAILSLOG_DIR to a shorter folder");
    }
    if (::bind(fd_.get(), generic(*address), sizeof *address) != 0) {
      platform::throw_last_error("cannot open slot \"" + name + "\": " + path);
    }
    ::chmod(path.c_str(), socket_mode(slot_.get()));
  }

  ~local_receiver() override {
    // A child must not take the slot away from its parent.
    if (platform::process_id() == owner_) remove_stale(slot_.get(), name_.text);
  }

  void receive(receive_buffer& out) override;
  int handle() const noexcept override { return fd_.get(); }
  // The system drops nothing here: a full socket refuses the writer.
  std::uint64_t dropped() const noexcept override { return 0; }
  std::uint64_t refused() const noexcept override { return refused_; }

 private:
  // Readers that ended without removing their sockets.
  void clean_up(const std::string& folder) const {
    for_each_socket(slot_.get(), [&](const std::string& name) {
      const auto address = socket_address(folder + '/' + name);
      if (!address) return;
      const unique_fd probe = make_socket(AF_UNIX, SOCK_DGRAM);
      if (probe && ::connect(probe.get(), generic(*address), sizeof *address) != 0 && errno == ECONNREFUSED) {
        remove_stale(slot_.get(), name);
      }
    });
  }

  unique_fd slot_;
  unique_fd fd_;
  socket_name name_;
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

void local_receiver::receive(receive_buffer& out) {
  while (!out.full()) {
    ::iovec memory{out.free(), receive_buffer::max_received};
    alignas(::cmsghdr) char control[256];
    ::msghdr m{};
    m.msg_iov = &memory;
    m.msg_iovlen = 1;
    m.msg_control = control;
    m.msg_controllen = sizeof control;
    const auto n = ::recvmsg(fd_.get(), &m, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return;
    const auto size = static_cast<std::size_t>(n);
    if ((m.msg_flags & MSG_TRUNC) != 0 || size > name_.max_datagram) {
      ++refused_;
      continue;
    }
    out.add(size, std::max<std::size_t>(size, 1), sending_process(m), false);
  }
}

}  // namespace

std::unique_ptr<datagram_sender> open_local_sender(const std::string& name, const local_options& options) {
  return std::make_unique<local_sender>(name, options);
}

std::unique_ptr<datagram_receiver> open_local_receiver(const std::string& name, const local_options& options) {
  return std::make_unique<local_receiver>(name, options);
}

}  // namespace mailslog::transport
