#include "os/keys.hpp"

#include <conio.h>

namespace slotcat {

// The console has a queue of keys, whatever its mode: nothing is taken that would have to be given back.
keys::keys() = default;
keys::~keys() = default;

std::optional<char> keys::next() {
  if (::_kbhit() == 0) return std::nullopt;
  const int key = ::_getch();
  if (key == 0 || key == 0xe0) {  // of a key without a character the second half
    ::_getch();
    return std::nullopt;
  }
  return key == '\r' ? '\n' : static_cast<char>(key);
}

void give_terminal_back() noexcept {}

}  // namespace slotcat
