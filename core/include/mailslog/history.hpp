// What a reader wants of the records that were logged before it came: writers remember their last ones, on their own machine.
//
//   mailslog::history_request past;
//   past.last = 100;
//   mailslog::record_reader records("build-farm", past);
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <mailslog/record.hpp>

namespace mailslog {

/// As many as there are.
inline constexpr std::uint64_t all_of_history = UINT64_MAX;

/// Of all senders together, merged by the records' times.
struct history_request {
  std::uint64_t last = 0;                ///< at most so many, the last ones; 0: none
  timestamp since = (timestamp::min)();
  timestamp until = (timestamp::max)();
};

/// Where a reader looked for what is remembered, and what it could not read.
struct history_findings {
  std::string folder;
  /// When the reader came, nothing there had come or gone since: what was remembered before may be gone. The epoch: not known.
  timestamp unchanged_since{};
  /// What could not be read, or not all of it, and why: a sentence each; the first 16 of `reader_stats::rings_refused`.
  std::vector<std::string> problems;
};

}  // namespace mailslog
