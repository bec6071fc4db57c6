// A file that one slotcat appends to. Answered by log_file_posix.cpp and log_file_windows.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace slotcat {

/// Open for appending, and locked against others who would write to it so. Movable, not copyable.
class log_file {
 public:
  /// `path` is UTF-8. Makes the file if there is none. Throws `std::runtime_error`, which names it: it cannot be opened, or another
  /// program writes to it.
  explicit log_file(const std::string& path);
  log_file(log_file&& other) noexcept;
  log_file& operator=(log_file&& other) noexcept;
  ~log_file();

  /// Bytes in it; 0 of what is no regular file.
  std::uint64_t size() const noexcept;
  bool regular() const noexcept;

  /// Appends `text`, or what the system takes of it: `taken` bytes. Does not wait, but once for a pipe whose reader does not keep up.
  std::error_code append(std::string_view text, std::size_t& taken) noexcept;

  /// Throws away what is behind the first `size` bytes, as far as the system lets us.
  void truncate(std::uint64_t size) noexcept;

 private:
#ifdef _WIN32
  void* handle_;
#else
  int descriptor_;
  bool stalled_ = false;  // has taken nothing since it was waited for
#endif
};

}  // namespace slotcat
