// Mapped files where there are handles.
#pragma once

#include <cstddef>
#include <memory>
#include <system_error>

#include "platform/mapped_file.hpp"
#include "platform/windows.hpp"

namespace mailslog::platform {

/// With what a file is opened whose writer is to be known to live: as long as the handle is open, nobody else may write to the file or
/// remove it. The system closes it with the process.
constexpr DWORD writer_shares = FILE_SHARE_READ;

/// For a new, empty file of at most `most` bytes, opened to read and write with `writer_shares`. `file` stays open as long as it is mapped.
std::unique_ptr<mapped_file> map_new_file(HANDLE file, std::size_t most);

/// Does a process have the file open to write it?
bool is_held(HANDLE file) noexcept;

}  // namespace mailslog::platform
