// The folders in which local slots live, and what they must look like to be trusted.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include <sys/stat.h>
#include <sys/types.h>

#include "platform/posix.hpp"

namespace mailslog::transport {

/// Where slots are.
struct slots_folder {
  std::string path;         ///< absolute: a program may change its working directory
  bool is_private = false;  ///< ours alone: mode 0700, other owners are refused
  const char* why = "";     ///< programs use this one

  /// `$MAILSLOG_DIR`, else /run/mailslog if there is one, else `$XDG_RUNTIME_DIR/mailslog`, else /run/user/UID/mailslog if the system
  /// has made /run/user/UID, for programs that nobody told of it, else /tmp/mailslog-UID.
  static slots_folder choose() { return candidates().front(); }
  /// All of those, and which a program would choose without the ones before.
  static std::vector<slots_folder> candidates();
};

/// Says what is wrong with a folder that must not be used, and the way out; empty if `error` says it all.
std::string folder_advice(const slots_folder& base, std::error_code error);

/// Path of a slot's folder. `name` is in lower case.
std::string slot_path(const slots_folder& base, const std::string& name);

/// A slot's folder as its writers see it: it may not be there, come, and go.
/// No symlink is followed, and no folder is entered that somebody else could have planted.
class slot_folder {
 public:
  explicit slot_folder(const std::string& name);

  /// The open folder, or -1 if there is none or it must not be used; `error` says why unless there is just none. Cheap when
  /// nothing has changed. A folder that was removed is let go at once, one that was renamed or mounted over, and one that the host
  /// has closed, within a second. `is_new` is set when it is not the one of the last call.
  int fd(bool& is_new, std::error_code& error);
  const std::string& path() const noexcept { return path_; }

 private:
  bool look(bool by_path, std::error_code& error);

  slots_folder base_;
  std::string folder_;  // in `base_`
  std::string path_;
  platform::lasting_fd base_fd_;
  platform::lasting_fd slot_fd_;
  // When something in `base_fd_` changed last, if the slot was not there afterwards: as long as that time stays, there is none.
  std::optional<std::chrono::nanoseconds> missing_since_;
  std::chrono::steady_clock::time_point looked_{};
};

/// Opens a slot's folder by its path. None if there is none or it must not be used, as `error` says.
platform::unique_fd open_slot_folder(const slots_folder& base, const std::string& name, std::error_code& error);

/// In it, the folder of what is remembered.
constexpr char rings_folder[] = ".rings";

/// Opens a slot's folder for a reader, and makes what is missing. It may be gone again before anything is in it: then once more, as
/// `made_in_vain` says. Throws `std::system_error`.
platform::unique_fd make_slot(const slots_folder& base, const std::string& name);

/// Removes a slot's folder in which nothing is, if it is this user's and as `make_slot` makes it.
void remove_if_empty(const slots_folder& base, const std::string& name) noexcept;

/// Counts attempts to make something in a slot's folder: is it to be tried again?
class made_in_vain {
 public:
  bool operator()(std::error_code error) noexcept { return error == std::errc::no_such_file_or_directory && ++attempts_ < most; }

 private:
  static constexpr int most = 100;  // others must end just then so often
  int attempts_ = 0;
};

/// Gives a socket in the slot its mode: whoever may write into the folder may write to the socket.
void open_to_writers(int slot_fd, const std::string& socket) noexcept;

}  // namespace mailslog::transport
