// The copy that `--write` asks for.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace slotcat {

/// Appends lines to a file. When it would grow beyond `max_size` it is renamed, "x.log" to "x.1.log", and begun again; at most
/// `max_files` are kept, the current one included.
class rotating_copy {
 public:
  /// Throws `std::runtime_error`, here and when the file cannot be written.
  rotating_copy(const std::string& file, std::size_t max_size, std::size_t max_files);
  ~rotating_copy();

  void write(std::string_view lines);
  void flush();

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace slotcat
