#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "platform/posix.hpp"
#include "platform/wait.hpp"
#include "transport/local/local.hpp"
#include "transport/local/folder_posix.hpp"
#include "transport/local/socket_posix.hpp"

namespace mailslog::transport {
namespace {

using platform::last_error;
using platform::make_socket;
using platform::set_option;
using clock = std::chrono::steady_clock;

struct peer {
  socket_name name;
  platform::lasting_fd fd;
  std::size_t sent = 0;     // of the datagrams now being sent
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

  std::size_t max_datagram() const noexcept override { return largest_local_datagram; }
  // Large ones, because a system call costs the same whatever it carries; but of Linux's buffer of 208 KiB, three must fit it.
  std::size_t default_datagram() const noexcept override { return usual_local_datagram; }
  std::size_t datagrams_at_once(std::size_t datagram_size) const noexcept override {
    return std::max<std::size_t>(default_datagram() / datagram_size, 1);
  }

 private:
  void find_peers();
  void scan(int slot_fd);
  void add_peer(int slot_fd, const std::string& name);
  // True when the peer has got all, or will not.
  bool send_to(peer& p) noexcept;
  byte_view next_for(const peer& p) const noexcept {
    const auto at = p.sent * datagram_size_;
    return datagrams_.part(at, std::min(datagram_size_, datagrams_.size - at));
  }
  // One at least: a message may be empty.
  std::size_t datagram_count() const noexcept {
    return std::max<std::size_t>((datagrams_.size + datagram_size_ - 1) / datagram_size_, 1);
  }

  slot_folder folder_;
  local_options options_;

  ::timespec changed_{};    // of the folder, when it was read
  bool settled_ = false;    // no change since then can have gone unseen
  std::vector<peer> peers_;

  byte_view datagrams_;  // now being sent; the caller's
  std::size_t datagram_size_ = 0;
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
    for (auto& p : peers_) p.gone = false;  // not known
    return;
  }
  peers_.erase(std::remove_if(peers_.begin(), peers_.end(), [](const peer& p) { return p.gone; }), peers_.end());
}

void local_sender::add_peer(int slot_fd, const std::string& name) {
  peer p;
  p.name = socket_name::parse(name);
  if (p.name.lan && options_.lan) return;
  const auto address = unix_address(folder_.path() + '/' + name);
  if (!address) return;
  p.fd = platform::lasting_fd(make_socket(AF_UNIX, SOCK_DGRAM));
  if (p.fd && ::connect(p.fd.get(), generic(*address), sizeof *address) == 0) {
    set_option(p.fd.get(), SOL_SOCKET, SO_SNDBUF, 4 * 1024 * 1024);
    ::fcntl(p.fd.get(), F_SETFL, 0);  // each call says whether it waits
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

bool local_sender::send_to(peer& p) noexcept {
  bool complete = true;
  while (p.sent < datagram_count()) {
    const auto datagram = next_for(p);
    if (datagram.size > p.name.max_datagram) {
      result_.error = std::make_error_code(std::errc::message_size);
      complete = false;
    } else if (::send(p.fd.get(), datagram.data, datagram.size, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
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
    ++p.sent;
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
  datagrams_ = datagrams;
  datagram_size_ = datagram_size;
  bool any_done = false;
  bool any_waiting = false;
  for (auto& p : peers_) {
    if (!sending_ || p.waiting) p.waiting = !send_to(p);
    if (p.waiting) {
      any_waiting = true;
    } else if (!p.gone) {
      p.stalled = false;
      any_done = true;
    }
  }

  const auto gone = std::partition(peers_.begin(), peers_.end(), [](const peer& p) { return !p.gone; });
  for (auto p = gone; p != peers_.end(); ++p) {
    bool is_new = false;
    std::error_code ignored;
    remove_stale(folder_.fd(is_new, ignored), p->name.text);
    settled_ = settled_ && !is_new;
  }
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
        p.sent = datagram_count();
        result_.error = std::make_error_code(std::errc::resource_unavailable_try_again);
      } else {
        any_waiting = true;
      }
    }
  }
  sending_ = any_waiting;
  result_.conclude(sending_);
  return result_;
} catch (...) {  // no memory
  sending_ = false;
  return {send_status::failed, std::make_error_code(std::errc::not_enough_memory), 0};
}

void local_sender::wait(std::chrono::nanoseconds timeout) noexcept {
#ifdef __linux__
  peer* first = nullptr;
  int fds[16];
  std::size_t n = 0;
  for (auto& p : peers_) {
    if (!p.waiting || n == std::size(fds)) continue;
    if (n == 0) first = &p;
    fds[n++] = p.fd.get();
  }
  if (n != 1) {
    platform::wait_writable(fds, n, timeout);
    return;
  }
  // A reader that takes a datagram wakes all writers that poll for its room, hundreds perhaps, and all but one in vain; but of
  // those that wait inside the call it wakes one.
  const auto us = std::max<std::int64_t>(std::chrono::ceil<std::chrono::microseconds>(timeout).count(), 1);  // 0: for ever
  const ::timeval longest{static_cast<::time_t>(us / 1'000'000), static_cast<::suseconds_t>(us % 1'000'000)};
  ::setsockopt(first->fd.get(), SOL_SOCKET, SO_SNDTIMEO, &longest, sizeof longest);
  const auto datagram = next_for(*first);
  if (::send(first->fd.get(), datagram.data, datagram.size, MSG_NOSIGNAL) >= 0) ++first->sent;
#else
  // Elsewhere a socket is writable though its peer's buffer is full.
  platform::wait_writable(nullptr, 0, std::min<std::chrono::nanoseconds>(timeout, std::chrono::milliseconds(1)));
#endif
}

}  // namespace

std::unique_ptr<datagram_sender> open_local_sender(const std::string& name, const local_options& options) {
  return std::make_unique<local_sender>(name, options);
}

std::unique_ptr<datagram_sender> open_system_remote_sender(const std::string&, const std::string&, result_mode,
                                                           std::function<std::unique_ptr<datagram_sender>()>) {
  return nullptr;
}

}  // namespace mailslog::transport
