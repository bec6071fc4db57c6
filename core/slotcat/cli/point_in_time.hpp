// Times as people write them: `--since` and `--until`.
#pragma once

#include <string_view>

#include <mailslog/record.hpp>

#include "format/time_text.hpp"

namespace slotcat {

/// "10 min ago", "1 hour 30 min ago" (or "1h30m", "-1h30m"), "+1h", "now", "today", "tomorrow", "yesterday 18:00", "12:30", "12:30:05.5" (today), "2026-11-24", "2026-11-24 10:41",
/// "2026-11-24T10:41:07.123Z", "...+01:00", "@1790000000.5". Days and times of day are of the zone, unless they say their own. Throws `usage_error`.
mailslog::timestamp parse_point_in_time(std::string_view text, mailslog::timestamp now, zone where);

}  // namespace slotcat
