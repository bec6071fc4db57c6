// Readers' sockets in a slot's folder.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "platform/posix.hpp"
#include "transport/local/local.hpp"

namespace mailslog::transport {

constexpr std::size_t largest_local_datagram = 64 * 1024;
constexpr std::size_t usual_local_datagram = 60 * 1024;

/// The name of a reader's socket tells writers what they must know: 16 random digits, then "-SIZE" where the reader takes no
/// larger datagram, then ".lan" where it also hears the network.
struct socket_name {
  std::string text;
  std::size_t max_datagram = largest_local_datagram;
  bool lan = false;

  static socket_name make(const local_options& options);
  static socket_name parse(const std::string& text);
};

inline const ::sockaddr* generic(const ::sockaddr_un& address) { return reinterpret_cast<const ::sockaddr*>(&address); }

/// The address of a socket in the open folder, whatever stands at the folder's path by now. Where the system has no such addresses: by
/// the path, if that leads to the folder. `error` says why there is none.
std::optional<::sockaddr_un> socket_address(int slot_fd, const std::string& folder, const std::string& name, std::error_code& error) noexcept;

/// Binds, and leaves no socket behind where the path has come to lead to another folder meanwhile.
std::error_code bind_in(int slot_fd, const std::string& folder, const std::string& name, int socket) noexcept;
/// Connects, and lets go again where the path has come to lead to another folder meanwhile.
std::error_code connect_in(int slot_fd, const std::string& folder, const std::string& name, int socket) noexcept;

/// Removes a socket of ours that nobody listens to. Names are never used twice, so it will stay that way. Those of other users are
/// theirs to remove, whatever we may do.
inline void remove_stale(int slot_fd, const std::string& name) noexcept {
  struct ::stat s {};
  if (::fstatat(slot_fd, name.c_str(), &s, AT_SYMLINK_NOFOLLOW) == 0 && s.st_uid == ::geteuid()) ::unlinkat(slot_fd, name.c_str(), 0);
}

/// Calls `f` with the names of sockets in the folder, from the place `from` (0: the first) until it has looked at `most` entries or `f` returns
/// false. Where to go on, or nothing if that was the last. An error, and the place it was at, if the folder could not be read.
struct socket_scan {
  std::optional<long> next;
  std::error_code error;
};
template <class F>
socket_scan scan_sockets(int slot_fd, long from, int most, F f) {
  platform::unique_fd again(::openat(slot_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!again) return {from, platform::last_error()};
  ::DIR* raw = ::fdopendir(again.get());
  if (raw == nullptr) return {from, platform::last_error()};
  again.release();
  const std::unique_ptr<::DIR, int (*)(::DIR*)> folder(raw, ::closedir);
  if (from != 0) ::seekdir(raw, from);
  while (const ::dirent* entry = ::readdir(folder.get())) {
    struct ::stat s {};
    if (most-- == 0) return {from, {}};
    const auto next = ::telldir(raw);
    if (entry->d_name[0] == '.') {
      from = next;
      continue;
    }
    if (entry->d_type != DT_SOCK &&
        (entry->d_type != DT_UNKNOWN || ::fstatat(slot_fd, entry->d_name, &s, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISSOCK(s.st_mode))) {
      from = next;
      continue;
    }
    if (!f(std::string(entry->d_name))) return {from, {}};
    from = next;
  }
  return {};
}

}  // namespace mailslog::transport
