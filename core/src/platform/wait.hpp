#pragma once

#include <chrono>
#include <cstddef>

namespace mailslog::platform {

/// Waits until one of the handles has something to read, for at most `timeout`. False if none has.
bool wait_readable(const int* handles, std::size_t count, std::chrono::nanoseconds timeout) noexcept;

/// The same for writing.
bool wait_writable(const int* handles, std::size_t count, std::chrono::nanoseconds timeout) noexcept;

}  // namespace mailslog::platform
