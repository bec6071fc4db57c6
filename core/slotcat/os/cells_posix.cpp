#include <clocale>
#include <cwchar>

#include <locale.h>
#include <wchar.h>
#ifdef __APPLE__
#include <xlocale.h>
#endif

#include "os/cells.hpp"

namespace slotcat {
namespace {

// The C library's tables, which its maintainers keep up with Unicode, whatever locale the user has.
locale_t utf8() noexcept {
  static const locale_t locale = [] {
    for (const char* name : {"C.UTF-8", "en_US.UTF-8", "UTF-8"}) {
      if (const auto found = ::newlocale(LC_CTYPE_MASK, name, locale_t{})) return found;
    }
    return locale_t{};
  }();
  return locale;
}

}  // namespace

std::size_t cells(std::string_view text) noexcept {
  const auto before = utf8() != locale_t{} ? ::uselocale(utf8()) : locale_t{};
  std::mbstate_t state{};
  std::size_t width = 0;
  while (!text.empty()) {
    wchar_t c = 0;
    auto length = std::mbrtowc(&c, text.data(), text.size(), &state);
    int columns = 1;
    if (length == static_cast<std::size_t>(-1) || length == static_cast<std::size_t>(-2)) {
      state = {};
      length = 1;
    } else {
      if (length == 0) length = 1;
      columns = ::wcwidth(c);
    }
    width += static_cast<std::size_t>(columns < 0 ? 1 : columns);
    text.remove_prefix(length);
  }
  if (before != locale_t{}) ::uselocale(before);
  return width;
}

}  // namespace slotcat
