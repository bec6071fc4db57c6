// A file that is written by writing into memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <system_error>

namespace mailslog::platform {

/// Grows as its blocks are needed. What was written is in the file, also when the process ends without a word. Locked as long as it
/// is mapped, however that ends. A child made by `fork` has no part in it.
class mapped_file {
 public:
  virtual ~mapped_file() = default;
  /// Sees to it that the first `size` bytes are there and can be written: never is memory given that the disk has no room for. Only
  /// grows. False, and why, if there is no room, or the file would be larger than the system allows.
  virtual bool reserve(std::size_t size, std::error_code& error) noexcept = 0;
  /// At least as many bytes as were reserved, zeroed in the beginning.
  virtual std::uint8_t* memory() noexcept = 0;
  /// Cuts it. What is behind must not be touched any more.
  virtual void cut(std::size_t size) noexcept = 0;
};

}  // namespace mailslog::platform
