// Programs under test: what logs, as programs do, through each sink and each way to call it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <mailslog/record_writer.hpp>

namespace mailslog::test {

/// All members may be called from any thread.
class host {
 public:
  virtual ~host() = default;

  /// A log statement. Counts what it throws, and what the logging library complains about.
  virtual void log(const std::string& text) = 0;
  virtual writer_stats stats() const = 0;
  virtual bool flush(std::chrono::nanoseconds timeout) = 0;
  virtual std::uint64_t complaints() const = 0;
};

/// "spdlog", "spdlog async", "boost", "boost async": those that this build has.
const std::vector<std::string>& all_hosts();
/// Those whose log statements post before they return, without a lock in front of the sink.
const std::vector<std::string>& unlocked_hosts();

/// Makes the logging libraries' own static objects, so that they outlive those of a caller that are made afterwards.
void load_libraries();

std::unique_ptr<host> make_host(const std::string& via, const std::string& address);

/// Logs "`text` 0", "`text` 1", ... from so many threads at once.
void log_many(host& to, const std::string& text, int count, int threads = 2);

/// Has it posted or dropped all of `logged` records? Waits for that.
bool settled(const host& of, std::uint64_t logged);

}  // namespace mailslog::test
