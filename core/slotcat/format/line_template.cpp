#include "format/line_template.hpp"

#include <utility>

#include <fmt/format.h>

#include "cli/values.hpp"

namespace slotcat {

line_template::line_template(std::string_view text) {
  constexpr std::uint64_t widest = 1000;
  const auto whole = text;
  const auto refuse = [&](std::string_view why) {
    throw usage_error(fmt::format("\"{}\" is no template: {}; accepted is text such as '{{time}} {{level:8}} {{text}}'", whole, why));
  };
  piece next;
  while (!text.empty()) {
    const auto brace = text.find_first_of("{}");
    next.before += text.substr(0, brace);
    if (brace == std::string_view::npos) break;
    const char kind = text[brace];
    text.remove_prefix(brace + 1);
    if (!text.empty() && text.front() == kind) {
      next.before += kind;
      text.remove_prefix(1);
      continue;
    }
    if (kind == '}') refuse("there is a } without its {; for a brace write two");
    const auto end = text.find('}');
    if (end == std::string_view::npos) refuse("there is a { without its }; for a brace write two");
    auto name = text.substr(0, end);
    text.remove_prefix(end + 1);
    // Names of attributes may have colons, too.
    const auto colon = name.rfind(':');
    if (colon != std::string_view::npos && colon + 1 != name.size() && name.find_first_not_of("0123456789", colon + 1) == std::string_view::npos) {
      next.width = static_cast<std::size_t>(parse_number(name.substr(colon + 1), 1, widest));
      name = name.substr(0, colon);
    }
    next.name = parse_field(name);
    pieces_.push_back(std::exchange(next, {}));
  }
  if (pieces_.empty()) refuse("it names no field");
  next.ends = true;
  pieces_.push_back(std::move(next));
}

}  // namespace slotcat
