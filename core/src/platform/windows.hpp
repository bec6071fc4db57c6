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

/// Of a call that has to do with files. Not every standard library knows the system's numbers, so those that are compared are translated.
std::error_code last_file_error() noexcept;

/// Of Winsock. Not every standard library knows its numbers, so those that we compare are translated.
std::error_code last_socket_error() noexcept;

/// Wine keeps the promises of its Windows with what Linux has.
bool is_wine() noexcept;

/// Of the user whom this process runs for, as a security identifier in text; empty if the system does not say.
std::wstring user_id();
/// A security descriptor (SDDL): this user and administrators. The list is closed to what a parent object would add.
std::wstring for_user_only();
/// Of a file.
bool belongs_to_user(HANDLE object);

/// Made from a security descriptor in text (SDDL), for a new object that no child inherits.
class security {
 public:
  explicit security(const std::wstring& text) noexcept;
  security(const security&) = delete;
  security& operator=(const security&) = delete;
  ~security();

  /// Null, and the last error, if the text was none.
  SECURITY_ATTRIBUTES* get() noexcept { return attributes_.lpSecurityDescriptor != nullptr ? &attributes_ : nullptr; }

 private:
  SECURITY_ATTRIBUTES attributes_{sizeof(SECURITY_ATTRIBUTES), nullptr, FALSE};
};

/// UTF-8 to the system's UTF-16 and back. What is not valid becomes U+FFFD.
std::wstring wide(std::string_view text);
std::string utf8(std::wstring_view text);

}  // namespace mailslog::platform
