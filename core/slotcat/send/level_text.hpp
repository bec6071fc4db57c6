// Levels that are said in the text of a line.
#pragma once

#include <optional>
#include <string_view>

#include <mailslog/record.hpp>

namespace slotcat {

/// "<3>text", as the kernel and systemd-cat have it: syslog's priority, of which the facility is ignored. Takes it away from the
/// start of `line`.
std::optional<mailslog::level> take_level_prefix(std::string_view& line) noexcept;

/// The level of a line as programs write it: `level=warn`, JSON's `"level":"warn"` or `"level":40`, or the first of the usual words in
/// capital letters, in brackets or before a colon: "ERROR", "[error]", "error:".
std::optional<mailslog::level> detect_level(std::string_view line);

}  // namespace slotcat
