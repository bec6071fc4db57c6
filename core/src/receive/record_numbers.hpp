// The numbers of one sender's records: which comes next, what its datagrams say of those that do not come, and how much of that is believed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <mailslog/event.hpp>
#include <mailslog/stats.hpp>

#include "wire/frame.hpp"

namespace mailslog {

/// Further ahead than this, a number is believed only when a second datagram confirms it, or none contradicts it for a while.
constexpr std::uint64_t believed_records = 4096;

class record_numbers {
 public:
  struct losses {
    std::uint64_t missing = 0;
    std::uint64_t dropped_queue = 0;
    std::uint64_t dropped_socket = 0;
    std::uint64_t dropped_too_large = 0;

    losses& operator+=(const losses& more) noexcept;
    void add_to(reader_stats& stats) const noexcept;
    void take_from(reader_stats& stats) const noexcept;
  };
  /// What is taken back of what one datagram said.
  struct retraction {
    std::uint64_t datagram = 0;
    losses told;
  };
  /// Records that do not come, according to one datagram.
  struct absence {
    std::uint64_t first = 0;
    std::uint64_t end = 0;
    std::uint64_t datagram = 0;
  };

  bool known() const noexcept { return known_; }
  std::uint64_t next() const noexcept { return next_; }
  /// The numbers rest on what one datagram said, until `weigh` has seen another.
  bool in_question() const noexcept { return leap_.has_value(); }

  /// A datagram is looked at; they come in the order of their numbers.
  void looking_at(std::uint64_t datagram) noexcept { latest_ = datagram; }
  /// This is the first number, for certain.
  void begin_at(std::uint64_t number) noexcept;
  /// The same, as one datagram says.
  void begin_at(std::uint64_t number, std::uint64_t datagram) noexcept;
  /// What the numbers rest on is known otherwise, too.
  void be_certain() noexcept { leap_.reset(); }
  /// This record is done with.
  void took(std::uint64_t number) noexcept { next_ = number + 1; }

  bool believes(std::uint64_t number, std::uint64_t datagram) const;
  /// Numbers up to this one need no confirmation.
  void believe(std::uint64_t number) noexcept { believed_ = number; }
  /// What another datagram said before is confirmed by this one, or contradicted: a sender's numbers never fall. Then it is taken back, and
  /// returned.
  std::optional<retraction> weigh(std::uint64_t number, std::uint64_t datagram);
  /// What had been told because of one datagram.
  losses told() const noexcept { return leap_ ? leap_->told : losses{}; }

  /// Goes on behind what does not come. Fills `out` but for the sender.
  losses skip(const absence& a, gap& out);

  /// The sender says that it dropped some. False if they are behind us.
  bool note(const wire::dropped_frame& dropped, std::uint64_t datagram);
  /// What it said so of and no record has followed, if it is believed.
  std::optional<absence> dropped_last() const;

  void shrink() noexcept;
  std::size_t memory() const noexcept { return dropped_.capacity() * sizeof(notice); }

 private:
  struct notice {
    wire::dropped_frame dropped;
    std::uint64_t datagram = 0;  // in which it came

    std::uint64_t end() const noexcept { return dropped.first + dropped.count; }
  };
  struct leap {
    std::uint64_t datagram = 0;
    bool known = false;      // before it
    std::uint64_t from = 0;  // `next_` before it
    losses told;
  };

  bool known_ = false;
  std::uint64_t next_ = 0;
  std::uint64_t believed_ = 0;
  std::uint64_t latest_ = 0;     // datagram
  std::vector<notice> dropped_;  // from `next_` on
  std::optional<leap> leap_;     // what only one datagram said
};

}  // namespace mailslog
