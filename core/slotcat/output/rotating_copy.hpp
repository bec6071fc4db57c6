// The copy that `--write` asks for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>

#include "os/log_file.hpp"
#include "output/destination.hpp"

namespace slotcat {

/// Appends lines to a file. When it would grow beyond `max_size` it is renamed, "x.log" to "x.1.log", and begun again; at most
/// `max_files` are kept, the current one included. Where the system refuses that, the file grows on: what was written stays.
class rotating_copy final : public destination {
 public:
  struct limits {
    std::uint64_t max_size;
    std::size_t max_files;
    /// A refused write throws `std::system_error`. Otherwise the lines are lost and counted, and the next ones are tried again.
    bool stop_on_error = false;
  };

  /// `path` is UTF-8. `tell` is told, once for each trouble, what could not be written and when it goes on. Throws
  /// `std::runtime_error` if the file cannot be opened, or another slotcat writes to it.
  rotating_copy(std::string path, const limits& bounds, std::function<void(std::string_view)> tell);
  ~rotating_copy() override;

  std::string& begin() override;
  void spill() override;
  bool written() override;
  void take_back() noexcept override;
  void flush() override;

 private:
  void put(std::string_view lines, std::uint64_t records);
  void lose(std::uint64_t records, std::error_code why);
  bool too_large() const { return bounds_.max_size < size_ + text_.size(); }
  bool rotate();
  template <class Words>
  void tell(Words words);

  std::string path_;
  limits bounds_;
  std::function<void(std::string_view)> tell_;
  log_file file_;
  std::uint64_t size_;              // of the file
  std::string text_;                // not yet written
  std::size_t start_ = 0;           // in it, of the present record
  std::uint64_t records_ = 0;       // whole ones in it
  bool cut_ = false;                // what was written last is no whole line
  bool spilled_ = false;            // the present record's beginning is written
  bool stopped_ = false;            // as `stop_on_error` says
  std::uint64_t lost_ = 0;          // records, since the last write that went well
  std::uint64_t next_rotation_ = 0; // size at which a rotation that was refused is tried again
};

}  // namespace slotcat
