// The folders in which local slots live, and what they must look like to be trusted.
#pragma once

#include <string>
#include <system_error>

#include <sys/types.h>

#include "platform/posix.hpp"

namespace mailslog::transport {

/// `$MAILSLOG_DIR`, else /run/mailslog if there is one, else `$XDG_RUNTIME_DIR/mailslog`, else /tmp/mailslog-UID.
struct slots_folder {
  std::string path;
  bool is_private = false;  ///< ours alone: mode 0700, other owners are refused

  static slots_folder choose();
};

/// Path of a slot's folder. `name` is in lower case.
std::string slot_path(const slots_folder& base, const std::string& name);

/// A slot's folder as its writers see it: it may not be there, come, and go.
/// No symlink is followed, and no folder is entered that somebody else could have planted.
class slot_folder {
 public:
  explicit slot_folder(const std::string& name);

  /// The open folder, or -1 if there is none or it must not be used; `error` says why unless there is just none. Cheap when
  /// nothing has changed. A folder that was removed is let go; `is_new` is set when it is not the one of the last call.
  int fd(bool& is_new, std::error_code& error);
  const std::string& path() const noexcept { return path_; }

 private:
  slots_folder base_;
  std::string folder_;  // in `base_`
  std::string path_;
  platform::lasting_fd base_fd_;
  platform::lasting_fd slot_fd_;
};

/// Opens a slot's folder for a reader, and makes what is missing. Throws `std::system_error`.
platform::unique_fd make_slot(const slots_folder& base, const std::string& name);

/// Gives a socket in the slot its mode: whoever may write into the folder may write to the socket.
void open_to_writers(int slot_fd, const std::string& socket) noexcept;

}  // namespace mailslog::transport
