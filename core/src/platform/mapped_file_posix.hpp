// Mapped files where there are file descriptors.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <system_error>

#include "platform/mapped_file.hpp"
#include "platform/posix.hpp"

namespace mailslog::platform {

/// Maps a new, empty file of at most `most` bytes, and locks it. `path`: where it will be found again if the host closes descriptors that
/// it does not own. None, and why, if that cannot be done.
std::unique_ptr<mapped_file> map_new_file(unique_fd fd, std::string path, std::size_t most, std::error_code& error);

/// Does a process have the file of the open descriptor mapped, as `map_new_file` does?
bool is_held(int fd) noexcept;

}  // namespace mailslog::platform
