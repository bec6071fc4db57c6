// What the Windows sources share. Never included by portable ones.
#pragma once

#include <string>
#include <string_view>
#include <system_error>

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0A00
#endif
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>

#include "platform/unique_handle.hpp"

namespace mailslog::platform {

/// Closes, and keeps the last error: we close on error paths, and report the error afterwards.
void close_keeping_error(HANDLE h) noexcept;

struct file_traits {
  using native = HANDLE;
  static native invalid() noexcept { return INVALID_HANDLE_VALUE; }
  static void close(native h) noexcept { close_keeping_error(h); }
};
using unique_file = unique_handle<file_traits>;

struct event_traits {
  using native = HANDLE;
  static native invalid() noexcept { return nullptr; }
  static void close(native h) noexcept { close_keeping_error(h); }
};
using unique_event = unique_handle<event_traits>;

/// One that stays set until it is reset; none if the system has no more.
unique_event make_event() noexcept;

inline std::error_code last_error() noexcept { return {static_cast<int>(::GetLastError()), std::system_category()}; }

/// Of Winsock. Not every standard library knows its numbers, so those that we compare are translated.
std::error_code last_socket_error() noexcept;

/// Wine keeps the promises of its Windows with what Linux has.
bool is_wine() noexcept;

/// UTF-8 to the system's UTF-16 and back. What is not valid becomes U+FFFD.
std::wstring wide(std::string_view text);
std::string utf8(std::wstring_view text);

}  // namespace mailslog::platform
