// Standard output, in large blocks.
#pragma once

#include <functional>
#include <string>
#include <system_error>

namespace slotcat {

inline constexpr int standard_output = 1;

/// Collects text and writes it to a file descriptor when there is enough, or when told to.
class output {
 public:
  /// Does not own `descriptor`. Once `stopped()` is true, no write waits for more than a second; on Windows, where nobody can ask
  /// whether a pipe has room, it waits until there is some.
  output(int descriptor, std::function<bool()> stopped);

  /// Append whole lines here, then call `written`.
  std::string& buffer() noexcept { return buffer_; }

  void written() {
    if (buffer_.size() >= block_size || terminal_) flush();
  }
  void flush();

  /// What the system answered when it refused to take more; everything after that is dropped.
  std::error_code error() const noexcept { return error_; }
  bool terminal() const noexcept { return terminal_; }

 private:
  static constexpr std::size_t block_size = 64 * 1024;

  bool takes_more() const;  // within a second

  int descriptor_;
  bool terminal_;
  std::function<bool()> stopped_;
  std::string buffer_;
  std::error_code error_;
};

}  // namespace slotcat
