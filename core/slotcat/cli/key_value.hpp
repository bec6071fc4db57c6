// Attributes as text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <mailslog/record.hpp>

#include "format/safe_text.hpp"

namespace slotcat {

using value_text = fmt::basic_memory_buffer<char, 64>;

/// The value as text: as it is, or written into `scratch`.
std::string_view to_text(const mailslog::attribute_value& value, value_text& scratch);

/// Appends "key=value", quoted where needed.
void append_key_value(std::string& out, const mailslog::attribute& attribute, neutral mode = neutral::yes);

}  // namespace slotcat
