#include <exception>
#include <string>

#include "os/say.hpp"
#include "os/windows.hpp"

namespace slotcat {

void say(std::string_view text) noexcept try {
  std::string line = "slotcat: ";
  line.append(text) += '\n';
  DWORD written = 0;
  ::WriteFile(::GetStdHandle(STD_ERROR_HANDLE), line.data(), static_cast<DWORD>(line.size()), &written, nullptr);
} catch (const std::exception&) {  // no memory for the line
}

}  // namespace slotcat
