// Where the last run ended: `--cursor-file`.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include <mailslog/event.hpp>

namespace slotcat {

/// Of each sender, the last record that was shown. A line of the file is the sender's id in 16 hexadecimal digits, a space, and the number of
/// the next record that was sent; where some before it were kept back and have been shown, a `+` and how many.
class cursors {
 public:
  /// What is in the file, if there is one. Throws `std::runtime_error` if it cannot be read, or is something else.
  static cursors load(const std::string& file);
  /// In place of the file, or not at all. Throws `std::runtime_error`.
  void save(const std::string& file) const;

  bool is_new(const mailslog::received_record& record) {
    const auto known = next_.find(record.from->id);
    if (known == next_.end()) return true;
    auto& at = known->second;
    at.seen = true;
    if (record.number != at.number) return record.number > at.number;
    return record.kept_back == 0 || record.kept_back > at.kept_back;
  }
  void shown(const mailslog::received_record& record) {
    next_[record.from->id] = record.kept_back == 0 ? place{record.number + 1, 0, true} : place{record.number, record.kept_back, true};
  }
  /// Where there are thousands, those of which nothing was asked are taken to be remembered by nobody.
  void forget_others();

 private:
  struct place {
    std::uint64_t number = 0;
    std::uint64_t kept_back = 0;  // so many before it have been shown
    bool seen = false;
  };
  std::unordered_map<std::uint64_t, place> next_;
};

}  // namespace slotcat
