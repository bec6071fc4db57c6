#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace mailslog::platform {

#ifdef _WIN32
using wait_handle = void*;  // an event that is set while there is something
using socket_handle = std::uintptr_t;
#else
using wait_handle = int;  // a descriptor
using socket_handle = int;
#endif

/// Waits until one of the handles has something to read, for at most `timeout`. False if none has.
bool wait_readable(const wait_handle* handles, std::size_t count, std::chrono::nanoseconds timeout) noexcept;

/// Waits until one of the sockets has room for more; without any, for the whole of `timeout`.
bool wait_writable(const socket_handle* sockets, std::size_t count, std::chrono::nanoseconds timeout) noexcept;

}  // namespace mailslog::platform
