// What messages say that are no records, whatever wrote them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace slotcat {

/// The text of a message: of a string that Python's marshal wrote, of UTF-16 (as PowerShell and Windows programs write it, with or
/// without a byte order mark), without a mark of UTF-8, and without line ends and zero bytes at its end. Points into `bytes` or to
/// `scratch`.
std::string_view foreign_text(std::string_view bytes, std::string& scratch);

/// The text in a string or bytes object that Python's `marshal` wrote, of any version; nothing if it is not just that. Python
/// programs on Windows post so: it is what the winsys package does unless it is told otherwise.
std::optional<std::string_view> marshalled_text(std::string_view bytes);

}  // namespace slotcat
