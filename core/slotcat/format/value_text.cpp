#include "format/value_text.hpp"

#include <cmath>
#include <iterator>
#include <type_traits>
#include <variant>

namespace slotcat {

std::string_view to_text(const mailslog::attribute_value& value, value_text& scratch) {
  return std::visit(
      [&](const auto& v) -> std::string_view {
        if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::string_view>) {
          return v;
        } else {
          scratch.clear();
          if constexpr (std::is_same_v<std::decay_t<decltype(v)>, double>) {
            if (std::isnan(v)) return "nan";  // one form, whatever its sign
          }
          fmt::format_to(std::back_inserter(scratch), "{}", v);
          return {scratch.data(), scratch.size()};
        }
      },
      value);
}

}  // namespace slotcat
