// One sender's datagrams in the order of their numbers, each once. Knows no clock.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <mailslog/record.hpp>

#include "byte_view.hpp"
#include "platform/endpoint.hpp"

namespace mailslog {

/// Numbers that are further ahead than this are believed only when a second datagram confirms them (as RFC 3550 A.1 has it), or when
/// nothing else comes for a while: one forged datagram must not mute a sender. What only one datagram said is taken back when the numbers
/// before it go on.
constexpr std::uint64_t believed_datagrams = 64;
/// So long a second datagram is waited for.
constexpr std::chrono::nanoseconds confirmation_wait = std::chrono::seconds(1);

/// Whence and when a datagram came.
struct origin {
  platform::endpoint from;
  std::chrono::steady_clock::time_point at{};
  timestamp on_the_wall{};  // the same on that clock
  std::chrono::steady_clock::time_point with_sleep{};  // and on one that goes on while the machine sleeps
};

class datagram_order {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  enum class verdict {
    next,      ///< it is the next one: use it as it is
    held,      ///< copied; `take` gives it when its turn has come
    repeated,  ///< came before
    late,      ///< was given up
  };
  struct held {
    std::uint64_t number = 0;
    origin came;
    std::vector<std::uint8_t> bytes;
  };
  /// How long to wait, and for how much.
  struct patience {
    std::chrono::nanoseconds wait{};
    std::size_t max_bytes = 0;
    bool over = false;  ///< waits for nothing any more
  };

  /// A datagram arrives. `whole`: none of the sender can have passed us by, so that the first number is 0.
  verdict put(std::uint64_t number, byte_view datagram, const origin& came, const patience& p, bool whole);

  /// The datagram that is due, if one is. Adds to `unconfirmed` what was thrown away.
  std::optional<held> take(time_point now, const patience& p, std::uint64_t& unconfirmed);

  /// When `take` will have something, or throw something away.
  std::optional<time_point> due(const patience& p) const;

  /// The numbers go on with this one before what only one datagram said: that may have been somebody else's.
  bool contradicts(std::uint64_t number) const noexcept;
  /// The one that was taken last; there is one if `contradicts`.
  std::uint64_t last() const noexcept { return *next_ - 1; }
  /// Then: goes back to before that one. False if nothing was taken before it.
  bool take_back() noexcept;

  /// Needs no more memory than for what waits. Then late datagrams count as repeated.
  void shrink() noexcept;

  bool empty() const noexcept { return waiting_.empty(); }
  std::size_t memory() const noexcept { return bytes_ + given_up_.capacity() * sizeof(range); }

 private:
  struct waiting_datagram {
    std::vector<std::uint8_t> bytes;
    origin came;
  };
  struct range {
    std::uint64_t first = 0;
    std::uint64_t end = 0;
  };
  using waiting_map = std::map<std::uint64_t, waiting_datagram>;

  bool is_confirmed(waiting_map::const_iterator first) const;
  void step_to(std::uint64_t number);
  time_point patience_ends(const patience& p) const;
  waiting_datagram remove_first();
  void give_up_to(std::uint64_t number);

  std::optional<std::uint64_t> next_;  // none: nothing is known yet
  enum class basis { none, one, more } basis_ = basis::none;  // how many of those that were taken say so
  std::optional<std::uint64_t> back_;  // `next_` before the one
  std::uint64_t latest_ = 0;           // that came
  waiting_map waiting_;                // what overtook others
  std::size_t bytes_ = 0;              // of them, with what it costs to keep them
  time_point first_arrival_{};         // of the sender
  std::vector<range> given_up_;        // the last few
};

}  // namespace mailslog
