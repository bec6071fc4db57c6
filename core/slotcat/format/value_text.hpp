// Values of attributes as text.
#pragma once

#include <string_view>

#include <fmt/format.h>

#include <mailslog/record.hpp>

namespace slotcat {

using value_text = fmt::basic_memory_buffer<char, 64>;

/// The value as text: as it is, or written into `scratch`. What is no number is "nan", "inf" or "-inf".
std::string_view to_text(const mailslog::attribute_value& value, value_text& scratch);

}  // namespace slotcat
