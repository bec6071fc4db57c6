// Where records may be found that did not come.
#pragma once

#include <cstdint>

#include <mailslog/event.hpp>

namespace mailslog {

class record_source {
 public:
  virtual ~record_source() = default;

  /// The first whole record of the sender with a number from `from` to `end - 1`; null if there is none. Its strings are valid until the next
  /// call; its `from` is not to be used. Throws `std::bad_alloc`.
  virtual const received_record* find(std::uint64_t sender, std::uint64_t from, std::uint64_t end) = 0;
};

}  // namespace mailslog
