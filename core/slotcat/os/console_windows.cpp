#include "os/console.hpp"

#include <cstdio>
#include <cstdlib>
#include <memory>

#include <fcntl.h>
#include <io.h>

#include "os/windows.hpp"

#include <shellapi.h>

namespace slotcat {
namespace {

bool colours = false;

bool understands_sequences(DWORD stream) noexcept {
  const HANDLE terminal = ::GetStdHandle(stream);
  DWORD mode = 0;
  return ::GetConsoleMode(terminal, &mode) != 0 && ::SetConsoleMode(terminal, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING) != 0;
}

bool window_of(int descriptor, CONSOLE_SCREEN_BUFFER_INFO& info) noexcept {
  return ::GetConsoleScreenBufferInfo(reinterpret_cast<HANDLE>(::_get_osfhandle(descriptor)), &info) != 0;
}

std::string utf8(const wchar_t* text) {
  const int size = ::WideCharToMultiByte(CP_UTF8, 0, text, -1, nullptr, 0, nullptr, nullptr);
  std::string result(static_cast<std::size_t>(size), '\0');  // with the zero at its end
  ::WideCharToMultiByte(CP_UTF8, 0, text, -1, result.data(), size, nullptr, nullptr);
  result.resize(result.size() - 1);
  return result;
}

}  // namespace

console::console() : before_(::GetConsoleOutputCP()) {
  for (auto* stream : {stdin, stdout, stderr}) ::_setmode(::_fileno(stream), _O_BINARY);
  ::SetConsoleOutputCP(CP_UTF8);
  understands_sequences(STD_ERROR_HANDLE);
  colours = understands_sequences(STD_OUTPUT_HANDLE);
}

// The terminal is the shell's again.
console::~console() {
  if (before_ != 0) ::SetConsoleOutputCP(before_);
}

// The C library's have passed through the code page, and `*/name` through its search for files.
std::vector<std::string> arguments(int, char**) {
  int count = 0;
  const std::unique_ptr<wchar_t*, decltype(&::LocalFree)> all(::CommandLineToArgvW(::GetCommandLineW(), &count), ::LocalFree);
  std::vector<std::string> result;
  for (int i = 1; i < count; ++i) result.push_back(utf8(all.get()[i]));
  return result;
}

bool is_terminal(int descriptor) { return ::_isatty(descriptor) != 0; }

std::size_t terminal_width(int descriptor) {
  CONSOLE_SCREEN_BUFFER_INFO info{};
  if (!window_of(descriptor, info)) return 80;
  return static_cast<std::size_t>(info.srWindow.Right - info.srWindow.Left + 1);
}

std::size_t terminal_height(int descriptor) {
  CONSOLE_SCREEN_BUFFER_INFO info{};
  if (!window_of(descriptor, info)) return 24;
  return static_cast<std::size_t>(info.srWindow.Bottom - info.srWindow.Top + 1);
}

bool announce_on(int descriptor) {
  const bool written = ::_write(descriptor, "\n", 1) == 1;
  if (descriptor > 2) ::_close(descriptor);
  return written;
}

bool terminal_has_colours() { return colours; }

}  // namespace slotcat
