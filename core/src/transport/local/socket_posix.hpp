// Readers' sockets in a slot's folder.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

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

/// Nothing if the path is too long.
std::optional<::sockaddr_un> unix_address(const std::string& path);

inline const ::sockaddr* generic(const ::sockaddr_un& address) { return reinterpret_cast<const ::sockaddr*>(&address); }

/// Removes a socket of ours that nobody listens to. Names are never used twice, so it will stay that way. Those of other users are
/// theirs to remove, whatever we may do.
inline void remove_stale(int slot_fd, const std::string& name) noexcept {
  struct ::stat s {};
  if (::fstatat(slot_fd, name.c_str(), &s, AT_SYMLINK_NOFOLLOW) == 0 && s.st_uid == ::geteuid()) ::unlinkat(slot_fd, name.c_str(), 0);
}

/// Calls `f` with the name of each socket in the folder. False if the folder could not be read.
template <class F>
bool for_each_socket(int slot_fd, F f) {
  platform::unique_fd again(::openat(slot_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
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

}  // namespace mailslog::transport
