// Where the last run ended: `--cursor-file`.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

namespace slotcat {

/// Of each sender, the last record that was shown. A line of the file is the sender's id in 16 hexadecimal digits, a space, and the number
/// after that record's.
class cursors {
 public:
  /// What is in the file, if there is one. Throws `std::runtime_error` if it cannot be read, or is something else.
  static cursors load(const std::string& file);
  /// In place of the file, or not at all. Throws `std::runtime_error`.
  void save(const std::string& file) const;

  bool is_new(std::uint64_t sender, std::uint64_t number) const {
    const auto known = next_.find(sender);
    return known == next_.end() || number >= known->second;
  }
  void shown(std::uint64_t sender, std::uint64_t number) { next_[sender] = number + 1; }

 private:
  std::unordered_map<std::uint64_t, std::uint64_t> next_;
};

}  // namespace slotcat
