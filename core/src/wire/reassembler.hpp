// Puts a record together again from its fragments, which come in rising order, with holes where some were lost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <mailslog/event.hpp>

#include "wire/frame.hpp"

namespace mailslog::wire {

/// One record of one sender. Memory grows with the bytes that came.
class reassembler {
 public:
  enum class outcome { taken, complete, contradiction };

  /// What comes after more holes than this is one more hole: what is noted of them takes memory, too.
  static constexpr std::size_t max_holes = 4096;

  /// Takes the next fragment: the first of a record, or one that continues the record begun. A contradiction changes nothing, nor
  /// does `std::bad_alloc`.
  outcome add(const fragment_frame& f);

  bool active() const noexcept { return !bytes_.empty(); }
  std::uint64_t number() const noexcept { return first_.number; }
  std::size_t memory() const noexcept { return bytes_.capacity() + holes_.capacity() * sizeof(missing_range); }

  /// What has come, as a record whose strings live in here until `clear` or the next `add`. Fills in all but `out.from`.
  /// False if it contradicts the format.
  bool get(received_record& out) const;

  void clear();
  /// The same, and keeps no memory for the next record.
  void release() noexcept;

 private:
  void reserve(std::size_t size);

  fragment_frame first_;
  std::vector<std::uint8_t> bytes_;     // what came, without the holes
  std::uint64_t reached_ = 0;           // end of the last fragment, in the content
  std::vector<missing_range> holes_;    // in the content
};

}  // namespace mailslog::wire
