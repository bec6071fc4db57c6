#include "cli/key_value.hpp"

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
          fmt::format_to(std::back_inserter(scratch), "{}", v);
          return {scratch.data(), scratch.size()};
        }
      },
      value);
}

void append_key_value(std::string& out, const mailslog::attribute& attribute, neutral mode) {
  append_quoted(out, attribute.name, mode);
  out += '=';
  value_text scratch;
  append_quoted(out, to_text(attribute.value, scratch), mode);
}

}  // namespace slotcat
