#include "console.hpp"

#include <cstdio>
#include <cstdlib>
#include <memory>

#include <fcntl.h>
#include <io.h>

#include "windows.hpp"

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

bool terminal_has_colours() { return colours; }

}  // namespace slotcat
