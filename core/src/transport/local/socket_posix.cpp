#include "transport/local/socket_posix.hpp"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <unistd.h>

#include "platform/process.hpp"
#include "transport/local/folder_posix.hpp"

namespace mailslog::transport {

socket_name socket_name::make(const local_options& options) {
  char random[17];
  std::snprintf(random, sizeof random, "%016llx", static_cast<unsigned long long>(platform::random_id()));
  std::string text = random;
  if (options.max_datagram != 0) text += '-' + std::to_string(options.max_datagram);
  if (options.lan) text += ".lan";
  return parse(text);
}

socket_name socket_name::parse(const std::string& text) {
  socket_name n;
  n.text = text;
  const auto dash = text.find('-');
  if (dash != std::string::npos) {
    n.max_datagram = std::min<std::size_t>(std::strtoul(text.c_str() + dash + 1, nullptr, 10), largest_local_datagram);
  }
  n.lan = text.size() > 4 && text.compare(text.size() - 4, 4, ".lan") == 0;
  return n;
}

namespace {

// Does the path lead to the open folder now?
bool leads_to(const std::string& folder, int slot_fd) noexcept {
  struct ::stat by_path {};
  struct ::stat open {};
  return ::lstat(folder.c_str(), &by_path) == 0 && ::fstat(slot_fd, &open) == 0 && by_path.st_dev == open.st_dev &&
         by_path.st_ino == open.st_ino;
}

std::error_code moved_away() noexcept { return std::make_error_code(std::errc::no_such_file_or_directory); }

/// Of `socket`, made in the folder; by its open descriptor?
struct way_in {
  ::sockaddr_un address{};
  bool by_descriptor = false;
};

bool put(::sockaddr_un& address, const char* folder, const std::string& name) noexcept {
  address.sun_family = AF_UNIX;
  const auto n = std::snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", folder, name.c_str());
  return n > 0 && static_cast<std::size_t>(n) < sizeof address.sun_path;
}

// `fresh`: looks whether /proc is there; a program may change its root.
bool find_way(int slot_fd, const std::string& folder, const std::string& name, bool fresh, way_in& way, std::error_code& error) noexcept {
#ifdef __linux__
  static std::atomic<bool> has_proc{false};
  if (fresh) has_proc = ::access("/proc/self/fd/.", X_OK) == 0;
  if (has_proc) {
    char open_folder[32];
    std::snprintf(open_folder, sizeof open_folder, "/proc/self/fd/%d", slot_fd);
    way.by_descriptor = true;
    if (put(way.address, open_folder, name)) return true;
    error = std::make_error_code(std::errc::filename_too_long);
    return false;
  }
#else
  (void)fresh;
#endif
  way.by_descriptor = false;
  if (!leads_to(folder, slot_fd)) {
    error = moved_away();
  } else if (!put(way.address, folder.c_str(), name)) {
    error = std::make_error_code(std::errc::filename_too_long);
  }
  return !error;
}

}  // namespace

std::optional<::sockaddr_un> socket_address(int slot_fd, const std::string& folder, const std::string& name, std::error_code& error) noexcept {
  way_in way;
  if (!find_way(slot_fd, folder, name, false, way, error)) return std::nullopt;
  return way.address;
}

std::error_code bind_in(int slot_fd, const std::string& folder, const std::string& name, int socket) noexcept {
  std::error_code error;
  way_in way;
  if (!find_way(slot_fd, folder, name, true, way, error)) return error;
  if (::bind(socket, generic(way.address), sizeof way.address) != 0) return platform::last_error();
  struct ::stat s {};
  if (way.by_descriptor || ::fstatat(slot_fd, name.c_str(), &s, AT_SYMLINK_NOFOLLOW) == 0) return {};
  ::unlink(way.address.sun_path);
  return moved_away();
}

std::error_code connect_in(int slot_fd, const std::string& folder, const std::string& name, int socket) noexcept {
  std::error_code error;
  way_in way;
  if (!find_way(slot_fd, folder, name, true, way, error)) return error;
  if (::connect(socket, generic(way.address), sizeof way.address) != 0) return platform::last_error();
  if (way.by_descriptor || leads_to(folder, slot_fd)) return {};
  ::sockaddr_un nobody{};
  nobody.sun_family = AF_UNSPEC;
  ::connect(socket, generic(nobody), sizeof nobody.sun_family);
  return moved_away();
}

std::optional<std::size_t> local_readers(const std::string& name, std::error_code& error) {
  constexpr int most_sockets = 4096;
  const auto base = slots_folder::choose();
  const auto slot = open_slot_folder(base, name, error);
  if (!slot) return std::nullopt;
  std::size_t readers = 0;
  const auto scan = scan_sockets(slot.get(), 0, most_sockets, [&](const std::string& socket) {
    const auto probe = platform::make_socket(AF_UNIX, SOCK_DGRAM);
    if (probe && !connect_in(slot.get(), slot_path(base, name), socket, probe.get())) ++readers;
    return true;
  });
  error = scan.error;
  return readers;
}

}  // namespace mailslog::transport
