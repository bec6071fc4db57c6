// Standard output, in large blocks.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>

#include "output/destination.hpp"

namespace slotcat {

inline constexpr int standard_output = 1;

/// How long a write may wait.
struct patience {
  std::chrono::nanoseconds wait;  ///< `mailslog::forever`: until a signal comes
  bool then_give_up = false;      ///< when nothing could be written for so long; otherwise it asks again
};

/// Collects text and writes it to a file descriptor when there is enough, or when told to.
class output final : public destination {
 public:
  /// Does not own `descriptor`. `patient` is asked before each wait, from within `flush`; on Windows, where nobody can ask whether
  /// a pipe has room, a write waits until there is some.
  output(int descriptor, std::function<patience()> patient);

  std::string& begin() override {
    start_ = buffer_.size();
    spilled_ = false;
    return buffer_;
  }
  void spill() override {
    flush();
    if (holding_) return;
    start_ = 0;
    spilled_ = true;
  }
  bool written() override {
    if (holding_) ++held_;
    if (buffer_.size() >= block_size || terminal_) flush();
    return true;
  }
  void take_back() noexcept override {
    if (start_ < buffer_.size()) buffer_.resize(start_);
    if (spilled_) buffer_ += '\n';
  }
  void flush() override;

  /// From now on nothing is written until `release`: text is kept.
  void hold() noexcept { holding_ = true; }
  void release();
  bool holding() const noexcept { return holding_; }
  std::uint64_t held_records() const noexcept { return held_; }
  std::size_t held_bytes() const noexcept { return buffer_.size(); }
  /// Writes `text` now, before what is held.
  void aside(std::string_view text);

  /// What the system answered when it refused to take more; everything after that is dropped.
  std::error_code error() const noexcept { return error_; }
  bool terminal() const noexcept { return terminal_; }
  /// Whether it is a file, which may be read on another day.
  bool file() const noexcept { return file_; }

 private:
  static constexpr std::size_t block_size = 64 * 1024;

  int descriptor_;
  bool terminal_;
  bool file_;
  std::function<patience()> patient_;
  std::string buffer_;
  std::size_t start_ = 0;  // in it, of the present record
  bool spilled_ = false;   // the present record's beginning is written
  bool holding_ = false;
  std::uint64_t held_ = 0;  // records
  std::error_code error_;
};

}  // namespace slotcat
