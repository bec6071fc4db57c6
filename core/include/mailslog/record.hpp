// A log record: what happened, when, where, and how bad it is.
//
//   mailslog::record record;
//   record.level = mailslog::level::warning;
//   record.logger = "net.http";
//   record.text = "request took too long";
//   record.attributes = {{"path", "/x"}, {"ms", std::int64_t{812}}};
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include <mailslog/export.hpp>

namespace mailslog {

/// Nanoseconds since the Unix epoch.
using timestamp = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;

/// One scale for all hosts, in rising order. Values are part of the wire format; a value beyond `critical` counts as `critical`.
enum class level : std::uint8_t { trace, debug, info, notice, warning, error, critical };

/// "trace", "debug", "info", "notice", "warning", "error" or "critical".
MAILSLOG_EXPORT std::string_view to_string(level value) noexcept;

/// Reads a level in any case: the names above, spdlog's "warn" and "err", Boost.Log's and syslog's "fatal", "emerg",
/// "alert", "crit", and the first letters T, D, I, N, W, E, C (and F). Nothing for any other text.
MAILSLOG_EXPORT std::optional<level> parse_level(std::string_view text) noexcept;

using attribute_value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

struct attribute {
  std::string_view name;
  attribute_value value;
};

struct source_location {
  std::string_view file;      ///< empty: no location
  std::uint32_t line = 0;     ///< 0: unknown
  std::string_view function;  ///< may be empty
};

/// Does not own its strings. A writer reads them during `write` and keeps nothing; what a reader fills in is valid until
/// the reader is asked for the next record.
struct record {
  timestamp time{};
  mailslog::level level = mailslog::level::info;
  std::uint64_t thread = 0;  ///< the host's thread id; 0: unknown
  std::string_view logger;   ///< spdlog's logger name, Boost.Log's channel; may be empty
  std::string_view text;     ///< any bytes; UTF-8 by convention
  source_location source;
  std::vector<attribute> attributes;  ///< in the order given; names may repeat
};

/// Largest record in bytes: all its strings, with a few bytes for each attribute. A record also has at most 4096 attributes.
inline constexpr std::size_t max_record_size = std::size_t{16} * 1024 * 1024;

}  // namespace mailslog
