// Where formatted text goes.
#pragma once

#include <string>

namespace slotcat {

/// Collects the text of records and passes it on in large blocks, or when told to.
class destination {
 public:
  virtual ~destination() = default;

  /// Append a record to the result, whole lines, then call `written`.
  virtual std::string& begin() = 0;

  /// Within a record, when it has become long: takes what there is of it.
  virtual void spill() = 0;

  /// False if a new file was begun before this record, and its text is to be appended again.
  virtual bool written() = 0;

  /// Instead of `written`: what was appended since `begin` is not the whole record. It is taken back; if some of it has gone already, its
  /// line ends there.
  virtual void take_back() noexcept = 0;

  virtual void flush() = 0;
};

}  // namespace slotcat
