#include <algorithm>
#include <atomic>
#include <iterator>
#include <new>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include <mailslog/error.hpp>

#include "platform/posix.hpp"
#include "platform/thread.hpp"
#include "platform/wait.hpp"
#include "transport/local/local.hpp"
#include "transport/local/folder_posix.hpp"
#include "transport/local/socket_posix.hpp"
#include "transport/resumable.hpp"

namespace mailslog::transport {
namespace {

using platform::last_error;
using platform::make_socket;
using platform::set_option;
using clock = std::chrono::steady_clock;

// Each reader that is connected to costs the host a descriptor. Further ones are sent to by their names.
constexpr std::size_t most_connected = 16;
// Anybody may put sockets into a shared folder. More readers than this are not looked for, of this user's and root's and of all others'
// each,
constexpr std::size_t most_peers = 256;
// and one call looks at so many entries of the folder and tries so many of the sockets of each; the next one goes on from there.
constexpr int entries_at_once = 256;
constexpr int tries_at_once = 32;
// What cannot be used now is tried again so often.
constexpr auto tried_again_every = std::chrono::milliseconds(500);
constexpr std::size_t most_remembered = 8192;
// Datagrams shrink to what the reader with the least room takes, though not below this: anybody may be that reader.
constexpr std::size_t least_datagram = 424;

struct peer : resumable_path {
  socket_name name;
  bool stranger = false;    // another user's
  platform::lasting_fd fd;  // none: sent to by its name
  bool seen = false;        // in the pass over the folder that is going on
  bool elsewhere = false;   // in a folder that was moved away; its reader may not have noticed yet
  bool gone = false;
};

class local_sender final : public datagram_sender {
 public:
  local_sender(const std::string& name, const local_options& options) : folder_(name), options_(options), sending_(options.patience) {
    try {
      find_peers();  // the size of datagrams is asked for before the first is sent
    } catch (const std::bad_alloc&) {
      // With the first datagram, then.
    }
  }

  transport_traits traits() const noexcept override { return local_traits; }
  send_result send(byte_view datagrams, std::size_t datagram_size) noexcept override;
  void abandon() noexcept override { sending_.abandon(); }
  void wait(std::chrono::nanoseconds timeout) noexcept override;

  std::size_t max_datagram() const noexcept override { return largest_local_datagram; }
  // Large ones, because a system call costs the same whatever it carries; but of Linux's buffer of 208 KiB, three must fit it.
  std::size_t default_datagram() const noexcept override { return default_datagram_; }
  std::size_t datagrams_at_once(std::size_t datagram_size) const noexcept override {
    return std::max<std::size_t>(usual_local_datagram / datagram_size, 1);
  }

 private:
  void find_peers();
  void go_on(int slot_fd);
  void end_pass();
  void add_peer(int slot_fd, const std::string& name, bool stranger);
  std::size_t peers_of(bool strangers) const noexcept {
    const auto n = std::count_if(peers_.begin(), peers_.end(), [strangers](const peer& p) { return p.stranger == strangers; });
    return static_cast<std::size_t>(n);
  }
  void forget_gone();
  progress send_to(peer& p) noexcept;
  std::error_code pass_to(const peer& p, byte_view datagram) noexcept;
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
  int slot_fd_ = -1;  // `folder_`'s

  std::chrono::nanoseconds changed_{};  // of the folder, when the last pass over it began
  bool settled_ = false;    // no change since then can have gone unseen
  bool in_pass_ = false;
  long place_ = 0;          // in the pass
  int looked_at_ = 0;       // sockets, in the pass
  bool left_out_ = false;   // some that may be readers, in the pass
  bool too_many_ = false;   // in the last pass: more readers than are looked for
  bool found_too_many_ = false;
  clock::time_point pass_at_{};
  clock::time_point step_at_{};
  std::vector<peer> peers_;
  std::unordered_set<std::string> useless_;  // sockets in the folder that are no readers to send to, and never will be
  std::unordered_set<std::string> for_now_;  // those that may yet be
  platform::lasting_fd unconnected_;         // to readers that have no socket of their own
  std::atomic<std::size_t> default_datagram_{usual_local_datagram};

  byte_view datagrams_;  // now being sent; the caller's
  std::size_t datagram_size_ = 0;
  resumable_send<peer> sending_;
};

using namespace std::chrono_literals;

enum class change { now, lately, long_ago };

// Has it changed so long ago that a later change must show another time? Folders' times advance in steps of a clock tick, 10 ms at most;
// some file systems have whole seconds, or two. And the clock may have been set back.
change when(std::chrono::nanoseconds t) {
  const auto age = std::chrono::system_clock::now().time_since_epoch() - t;
  if (age >= 0ns && age <= 30ms) return change::now;
  const bool coarse = t % 1s == 0ns;
  return age < 0ns || (coarse && age <= 3s) ? change::lately : change::long_ago;
}

void local_sender::find_peers() try {
  bool is_new = false;
  slot_fd_ = folder_.fd(is_new, sending_.result.error);
  if (is_new) {
    // Where a folder was moved away, its readers come to the new one, but not at the same moment.
    for (auto& p : peers_) {
      p.elsewhere = true;
      p.gone = !p.fd || !p.fd.still_ours();  // a host that closes descriptors which it does not own closes all of them
    }
    const auto lost = [this](const peer& p) { return p.gone || slot_fd_ < 0; };
    peers_.erase(std::remove_if(peers_.begin(), peers_.end(), lost), peers_.end());
    settled_ = in_pass_ = false;
    changed_ = {};
    useless_.clear();
    for_now_.clear();
  }
  struct ::stat s {};
  if (slot_fd_ < 0 || ::fstat(slot_fd_, &s) != 0) return;
  const auto changed = platform::change_time(s);
  if (settled_ && !in_pass_ && for_now_.empty() && changed == changed_) return;
  const auto now = platform::coarse_now();
  if (!in_pass_) {
    const auto age = when(changed);
    const bool due = now - pass_at_ >= tried_again_every;
    const bool wanted = changed != changed_ || (!settled_ && age != change::lately);
    // A folder that somebody keeps changing, and in which there is much, is not read with each call.
    if (!due && (!wanted || looked_at_ > tries_at_once)) return;
    if (due) for_now_.clear();
    if (useless_.size() > most_remembered) useless_.clear();
    for (auto& p : peers_) p.seen = p.elsewhere;
    in_pass_ = true;
    place_ = 0;
    looked_at_ = 0;
    left_out_ = found_too_many_ = false;
    pass_at_ = now;
    changed_ = changed;
    settled_ = age == change::long_ago;
  } else if (now - step_at_ < std::chrono::milliseconds(1)) {
    return;
  }
  step_at_ = now;
  go_on(slot_fd_);
} catch (...) {  // no memory, and the folder is read in part
  in_pass_ = settled_ = false;
  changed_ = {};
  looked_at_ = 0;
  throw;
}

bool is_strangers(int slot_fd, const std::string& name) noexcept {
  struct ::stat s {};
  return ::fstatat(slot_fd, name.c_str(), &s, AT_SYMLINK_NOFOLLOW) == 0 && s.st_uid != 0 && s.st_uid != ::geteuid();
}

void local_sender::go_on(int slot_fd) {
  int tries[] = {tries_at_once, tries_at_once};  // of ours, and of strangers'
  std::size_t room[] = {most_peers - std::min(peers_of(false), most_peers), most_peers - std::min(peers_of(true), most_peers)};
  const auto scan = scan_sockets(slot_fd, place_, entries_at_once, [&](const std::string& name) {
    ++looked_at_;
    const auto known = std::find_if(peers_.begin(), peers_.end(), [&](const peer& p) { return p.name.text == name; });
    if (known != peers_.end()) {
      known->seen = true;
      return true;
    }
    if (useless_.count(name) + for_now_.count(name) != 0) return true;
    const bool stranger = is_strangers(slot_fd, name);
    if (room[stranger] == 0) {
      found_too_many_ = true;
      return true;
    }
    if (tries[stranger] == 0) {
      if (!stranger) {
        --looked_at_;
        return false;
      }
      left_out_ = true;  // strangers' sockets, however many, keep nobody from the others
      return true;
    }
    --tries[stranger];
    const auto before = peers_.size();
    add_peer(slot_fd, name, stranger);
    room[stranger] -= peers_.size() - before;
    return true;
  });
  if (scan.error) {
    sending_.result.error = scan.error;
    in_pass_ = settled_ = false;
    changed_ = {};
    return;
  }
  if (scan.next) {
    place_ = *scan.next;
    return;
  }
  end_pass();
}

void local_sender::end_pass() {
  in_pass_ = false;
  too_many_ = found_too_many_;
  settled_ = settled_ && !left_out_;
  for (auto& p : peers_) p.gone = p.gone || !p.seen;
  peers_.erase(std::remove_if(peers_.begin(), peers_.end(), [](const peer& p) { return p.gone; }), peers_.end());
  std::size_t least = usual_local_datagram;
  for (const auto& p : peers_) least = std::min(least, p.name.max_datagram);
  default_datagram_ = std::max(least, least_datagram);
}

void local_sender::add_peer(int slot_fd, const std::string& name, bool stranger) {
  peer p;
  p.stranger = stranger;
  p.name = socket_name::parse(name);
  p.seen = true;
  if (p.name.lan && options_.lan) {
    useless_.insert(name);
    return;
  }
  const auto connected = std::count_if(peers_.begin(), peers_.end(), [](const peer& other) { return static_cast<bool>(other.fd); });
  platform::unique_fd fd = make_socket(AF_UNIX, SOCK_DGRAM);
  const auto error = fd ? connect_in(slot_fd, folder_.path(), name, fd.get()) : last_error();
  if (!error) {
    if (static_cast<std::size_t>(connected) < most_connected) {
      set_option(fd.get(), SOL_SOCKET, SO_SNDBUF, 4 * 1024 * 1024);
      ::fcntl(fd.get(), F_SETFL, 0);  // each call says whether it waits
      p.fd = platform::lasting_fd(std::move(fd));
    } else if (!unconnected_ || !unconnected_.still_ours()) {
      ::sockaddr_un nobody{};
      nobody.sun_family = AF_UNSPEC;
      ::connect(fd.get(), generic(nobody), sizeof nobody.sun_family);
      set_option(fd.get(), SOL_SOCKET, SO_SNDBUF, 4 * 1024 * 1024);
      unconnected_ = platform::lasting_fd(std::move(fd));
    }
    peers_.push_back(std::move(p));
  } else if (error == std::errc::connection_refused) {
    remove_stale(slot_fd, name);
    useless_.insert(name);  // unless it is another user's, it is gone
  } else if (error != std::errc::no_such_file_or_directory) {
    sending_.result.error = error;
    if (platform::out_of_means(error)) {
      changed_ = {};
      settled_ = false;
    } else {
      for_now_.insert(name);  // a reader, perhaps, that has not opened its socket to others yet
    }
  }
}

std::error_code local_sender::pass_to(const peer& p, byte_view datagram) noexcept {
  ::ssize_t n = 0;
  if (p.fd) {
    n = ::send(p.fd.get(), datagram.data, datagram.size, MSG_NOSIGNAL | MSG_DONTWAIT);
  } else {
    std::error_code error;
    const auto to = socket_address(slot_fd_, folder_.path(), p.name.text, error);
    if (!to) return error;
    n = ::sendto(unconnected_.get(), datagram.data, datagram.size, MSG_NOSIGNAL | MSG_DONTWAIT, generic(*to), sizeof *to);
  }
  return n < 0 ? last_error() : std::error_code();
}

progress local_sender::send_to(peer& p) noexcept {
  bool complete = true;
  while (p.sent < datagram_count()) {
    const auto datagram = next_for(p);
    if (datagram.size > p.name.max_datagram) {
      sending_.result.error = std::make_error_code(std::errc::message_size);
      complete = false;
    } else if (const auto error = pass_to(p, datagram)) {
      if (error == std::errc::interrupted) continue;
      if (should_wait(error)) return progress::no_room;
      if (error == std::errc::connection_refused || error == std::errc::not_connected || error == std::errc::connection_reset ||
          error == std::errc::broken_pipe || error == std::errc::no_such_file_or_directory) {
        p.gone = true;  // its reader ended: nobody is there, which is no error
        return progress::ended;
      }
      sending_.result.error = error;
      complete = false;
    }
    ++p.sent;
  }
  if (!complete) return progress::ended;
  ++sending_.result.taken;
  return progress::took_all;
}

void local_sender::forget_gone() {
  const auto gone = std::partition(peers_.begin(), peers_.end(), [](const peer& p) { return !p.gone; });
  for (auto p = gone; p != peers_.end(); ++p) {
    if (!p->elsewhere && slot_fd_ >= 0) remove_stale(slot_fd_, p->name.text);
  }
  peers_.erase(gone, peers_.end());
}

send_result local_sender::send(byte_view datagrams, std::size_t datagram_size) noexcept try {
  sending_.begin(peers_);
  find_peers();  // also while some have no room: who comes meanwhile gets what they wait for
  datagrams_ = datagrams;
  datagram_size_ = datagram_size;
  const auto result = sending_.run(peers_, [this](peer& p) { return send_to(p); });
  forget_gone();
  if (too_many_ && result.status == send_status::done && result.taken != 0) {
    return {send_status::failed, make_error_code(errc::too_many_readers), result.taken};
  }
  return result;
} catch (...) {  // no memory
  sending_.abandon();
  for (auto& p : peers_) p.waiting = false;  // `wait` has nothing to send
  return {send_status::failed, std::make_error_code(std::errc::not_enough_memory), 0};
}

void local_sender::wait(std::chrono::nanoseconds timeout) noexcept {
  using std::chrono::milliseconds;
#ifdef __linux__
  peer* first = nullptr;
  int fds[most_connected];
  std::size_t n = 0;
  bool others = false;
  for (auto& p : peers_) {
    if (!p.waiting) continue;
    others = others || !p.fd || n == std::size(fds);
    if (!p.fd || n == std::size(fds)) continue;
    if (n == 0) first = &p;
    fds[n++] = p.fd.get();
  }
  // An unconnected socket does not know whether the next reader has room.
  if (others) timeout = std::min<std::chrono::nanoseconds>(timeout, milliseconds(1));
  if (n != 1 || others) {
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
  platform::wait_writable(nullptr, 0, std::min<std::chrono::nanoseconds>(timeout, milliseconds(1)));
#endif
}

}  // namespace

std::unique_ptr<datagram_sender> open_local_sender(const std::string& name, const local_options& options) {
  return std::make_unique<local_sender>(name, options);
}

}  // namespace mailslog::transport
