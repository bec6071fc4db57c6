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

/// Opens a slot's folder, but no symlink and no folder that somebody else could have planted.
/// Nothing there: `std::errc::no_such_file_or_directory`. `blamed` is set to the path that an error is about.
platform::unique_fd open_slot(const slots_folder& base, const std::string& name, std::error_code& error, std::string& blamed);

/// The same, and makes what is missing. Throws `std::system_error`.
platform::unique_fd make_slot(const slots_folder& base, const std::string& name);

/// Mode for a socket in the slot: whoever may write into the folder may write to the socket.
::mode_t socket_mode(int slot_fd) noexcept;

}  // namespace mailslog::transport
