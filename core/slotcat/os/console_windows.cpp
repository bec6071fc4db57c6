#include "os/console.hpp"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>

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

// Into the code page of this machine and back.
std::string native_path(const std::string& path) {
  const int size = static_cast<int>(path.size());
  std::wstring wide(path.size(), L'\0');
  wide.resize(static_cast<std::size_t>(::MultiByteToWideChar(CP_UTF8, 0, path.data(), size, wide.data(), size)));
  const int wide_size = static_cast<int>(wide.size());
  std::string native(4 * wide.size(), '\0');
  native.resize(static_cast<std::size_t>(::WideCharToMultiByte(CP_ACP, 0, wide.data(), wide_size, native.data(),
                                                               static_cast<int>(native.size()), nullptr, nullptr)));
  std::wstring back(native.size(), L'\0');
  back.resize(static_cast<std::size_t>(::MultiByteToWideChar(CP_ACP, 0, native.data(), static_cast<int>(native.size()), back.data(),
                                                             static_cast<int>(back.size()))));
  if (back != wide) throw std::runtime_error("cannot open \"" + path + "\": this system's code page has not all of its characters");
  return native;
}

bool terminal_has_colours() { return colours; }

}  // namespace slotcat
