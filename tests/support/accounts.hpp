// Whether what a reader was told of each sender agrees with what that sender posted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <mailslog/record_reader.hpp>

namespace mailslog::test {

/// Makes records that can be known again, whole or in pieces: size and text follow from their number and the writer's seed.
class numbered_records {
 public:
  /// Texts of 1 to `max_size` bytes, each order of magnitude as likely as the others; all of `max_size` if `fixed`.
  explicit numbered_records(std::size_t max_size, bool fixed = false) : max_size_(max_size), fixed_(fixed) {}

  /// Valid until the next call.
  const record& make(std::uint64_t seed, std::uint64_t number);

  /// The option `app=` of that writer's address.
  static std::string app(std::uint64_t seed);
  /// False if it is no such writer's.
  static bool seed_of(const std::string& app, std::uint64_t& seed);

  std::size_t size_of(std::uint64_t seed, std::uint64_t number) const;
  /// True if what came of the text is where it belongs.
  bool agrees(std::uint64_t seed, const received_record& record) const;

 private:
  std::size_t max_size_;
  bool fixed_;
  std::string text_;
  record record_;
};

/// What a reader was told of one sender: records `first` to `next` - 1.
struct account {
  std::string app;
  std::uint64_t first = 0;
  std::uint64_t next = 0;
  std::uint64_t delivered = 0;
  std::uint64_t incomplete = 0;
  std::uint64_t lost = 0;
  std::uint64_t dropped = 0;
};

class accounts {
 public:
  explicit accounts(const numbered_records& records) : records_(records) {}

  void take(const event& e);

  std::uint64_t foreign() const noexcept { return foreign_; }
  /// By the sender's id.
  const std::map<std::uint64_t, account>& senders() const noexcept { return senders_; }
  /// What was wrong: numbers told twice or passed over, texts altered. The first few.
  const std::vector<std::string>& faults() const noexcept { return faults_; }

 private:
  account& tell(const sender_info& from, std::uint64_t first, std::uint64_t last);
  void fault(const std::string& what);

  numbered_records records_;
  std::map<std::uint64_t, account> senders_;
  std::vector<std::string> faults_;
  std::uint64_t foreign_ = 0;
};

}  // namespace mailslog::test
