// Messages that are no records: who posted them, and what they say.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <mailslog/record_reader.hpp>

namespace slotcat {

/// "192.0.2.7:50123", with what the sender calls itself in front if that is known: "WINBOX@192.0.2.7:138". May be empty.
std::string origin_of(const mailslog::foreign_message& message);

/// The text in a string or bytes object that Python's `marshal` wrote, of any version; nothing if it is not just that. Python
/// programs on Windows post so: it is what the winsys package does unless it is told otherwise.
std::optional<std::string_view> marshalled_text(std::string_view bytes);

}  // namespace slotcat
