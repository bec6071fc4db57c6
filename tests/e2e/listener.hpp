// slotcat under test: what it hears, from a known moment on.
//
//   listener reader("x");                          // slotcat x --json
//   run({program("emit"), "--to", "x", "--count", "3"});
//   CHECK(reader.events().size() == 3);
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/process.hpp"

namespace mailslog::test {

/// One line of `slotcat --json`, as far as these tests look at it.
struct heard {
  bool gap = false;
  std::string app;
  std::string sender;
  std::string message;
  std::uint64_t first = 0;  ///< a record's number, or a gap's first
  std::uint64_t last = 0;   ///< a record's number, or a gap's last

  std::uint64_t count() const noexcept { return last - first + 1; }
};

/// A running slotcat. Once made, it gets all that is posted to the slot.
class listener {
 public:
  explicit listener(std::string address, std::vector<std::string> options = {"--json"});

  process& slotcat() noexcept { return slotcat_; }

  /// Sees so many records of programs under test arrive, or be reported as missing. For --json.
  bool wait_for_records(std::uint64_t count);

  /// Ends slotcat after what was posted before; its exit code.
  int end();

  /// Ends slotcat, and what it has printed of programs under test: for --json, and line by line for other forms.
  /// Throws if slotcat's exit code says anything but a good end, or a loss.
  std::vector<heard> events();
  std::vector<std::string> lines();

 private:
  std::vector<std::string> printed();

  std::string address_;
  std::string hello_;
  std::string goodbye_;
  process slotcat_;
};

/// The events of each sender, by its id, in the order of their arrival.
std::vector<std::vector<heard>> by_sender(const std::vector<heard>& events);

/// All is there: one event follows the other without a hole, nothing twice, from number 0 to `count` - 1.
bool complete_and_in_order(const std::vector<heard>& of_one_sender, std::uint64_t count);

}  // namespace mailslog::test
