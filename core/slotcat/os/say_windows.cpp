#include <exception>
#include <string>

#include "os/say.hpp"
#include "os/windows.hpp"

namespace slotcat {

namespace {

void write_error(std::string_view text) noexcept {
  DWORD written = 0;
  ::WriteFile(::GetStdHandle(STD_ERROR_HANDLE), text.data(), static_cast<DWORD>(text.size()), &written, nullptr);
}

}  // namespace

void say(std::string_view text) noexcept {
  constexpr std::string_view before = "slotcat: ";
  try {
    std::string line(before);
    line.append(text) += '\n';
    write_error(line);
  } catch (const std::exception&) {  // no memory for the line: others may write between its parts
    for (const auto part : {before, text, std::string_view("\n")}) write_error(part);
  }
}

}  // namespace slotcat
