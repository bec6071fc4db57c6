// A file that is written by writing into memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <system_error>

namespace mailslog::platform {

/// Grows as it is needed. What was written is in the file, also when the process ends without a word. Locked as long as it
/// is mapped, however that ends. A child made by `fork` has no part in it.
class mapped_file {
 public:
  virtual ~mapped_file() = default;
  /// So many bytes more, behind those that it has: zeroed, and theirs is the memory until the cut. Never is memory given that the disk
  /// has no room for. Null, and why, if there is none, or the file would be larger than the system allows.
  virtual std::uint8_t* extend(std::size_t size, std::error_code& error) noexcept = 0;
  /// Cuts it. Its memory must not be touched any more.
  virtual void cut(std::size_t size) noexcept = 0;
};

}  // namespace mailslog::platform
