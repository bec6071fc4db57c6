// From datagrams to events: each sender's records in order and once, and word of those that will not come.
// Knows no clock and no operating system: datagrams and times are passed in.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <mailslog/event.hpp>
#include <mailslog/stats.hpp>

#include "platform/endpoint.hpp"
#include "receive/datagram_walk.hpp"
#include "receive/demux.hpp"
#include "receive/horizon.hpp"
#include "receive/record_source.hpp"
#include "receive/sender_store.hpp"
#include "receive/teller.hpp"

namespace mailslog {

struct inbox_config {
  using time_point = std::chrono::steady_clock::time_point;

  std::uint32_t slot_tag = 0;
  std::chrono::nanoseconds reorder_wait{};  ///< 0: nothing overtakes, what is missing is lost
  /// So long after its last piece an unfinished record is shown, and what a sender said it dropped is told.
  std::chrono::nanoseconds unfinished_wait = std::chrono::seconds(2);
  bool strangers = true;  ///< may post to the slot, and forge: then a far record number of one datagram is not believed at once
  std::size_t max_memory = std::size_t{24} * 1024 * 1024;  ///< for what waits to be put in order or together, in bytes
  std::size_t max_senders = 4096;
  time_point opened{};     ///< since when we listen
  std::chrono::nanoseconds slept{};  ///< how long the machine had slept until then
  std::string host;        ///< whose clock on the wall is ours
  std::uint64_t seed = 0;  ///< not to be foreseen by strangers
  record_source* memory = nullptr;  ///< is asked for what does not come; may be null
  bool from_history = false;        ///< what is put was remembered
};

/// Of a reader's `max_memory`: for what waits to be put in order or together, and as much again for what nobody has looked at yet. The
/// rest is for what is being looked at, and for the program.
constexpr std::size_t reader_memory_share(std::size_t max_memory) noexcept { return max_memory / 8 * 3; }

class inbox {
 public:
  using time_point = inbox_config::time_point;

  explicit inbox(inbox_config config);
  inbox(const inbox&) = delete;
  inbox& operator=(const inbox&) = delete;

  /// Takes a datagram that arrived `now` (`arrived` on the clock on the wall), when the machine had slept for at least `slept`. Only when `next` has returned null; the bytes must
  /// stay where they are until it does so again. Returns the tag of the slot that it is for, if that is another one. Where it throws
  /// `std::bad_alloc` it has taken nothing, and may be called again.
  std::optional<std::uint32_t> put(byte_view datagram, const platform::endpoint& from, time_point now, timestamp arrived,
                                   std::chrono::nanoseconds slept = {});

  /// The next event that is due, or null. Valid until the next call of any member. All that arrived until `now` has been put.
  const event* next(time_point now);

  /// When `next` will have something though nothing more arrives.
  std::optional<time_point> deadline() const { return senders_.next_due(); }

  /// The records of a sender of this machine before `next` are not for us, or have been given. `if_seen`: unless nothing came from it.
  /// `firm`: those from `next` on are; else those from the first on that comes, or if none does.
  void stand(const sender_info& who, std::uint64_t next, bool if_seen, bool firm);
  /// A sender of this machine has ended after so many records. Like `put`, only when `next` has returned null.
  void finish(const sender_info& who, std::uint64_t records, bool well, bool if_seen);

  /// Nothing more will arrive: what `next` gives until it returns null is all there is.
  void end();

  /// After `std::bad_alloc` from `put` or `next`, if it is not called again: what was being looked at is given up, and counted.
  void skip() noexcept;

  /// True if the datagram that `next` is going through has more frames.
  bool has_more() const noexcept { return current_ != nullptr && walk_.more(); }
  /// True unless `next` has returned null since the last `put`.
  bool busy() const noexcept { return current_ != nullptr || foreign_bytes_; }

  const reader_stats& stats() const noexcept { return stats_; }

 private:
  sender& find_sender(const wire::header& h, bool& whole);
  sender* sender_of_this_machine(const sender_info& who, bool if_seen);
  void introduce(sender& s, const wire::sender_frame& who);
  void press() noexcept;
  void count(byte_view datagram) noexcept;

  void look_into(sender& s) noexcept;
  bool resume(sender& s);
  bool go_on(time_point now, const event*& e);
  bool go_on_with(sender& s, time_point now, const event*& e);
  std::optional<time_point> due(const sender& s) const;
  datagram_order::patience patience(const sender& s) const;

  enum class outcome { done, again };  // again: the same frame must be looked at once more
  outcome show(wire::decoded_frame& f, const event*& e);
  const event* take_fragment(const wire::fragment_frame& f);
  bool may_catch_up(std::uint64_t number);
  void doubt(std::uint64_t number);
  void weigh(std::uint64_t number);
  void contradicted(sender& s, std::uint64_t datagram) noexcept;

  inbox_config config_;
  demux demux_;
  reader_stats stats_;
  sender_store senders_;
  horizon horizon_;
  teller tell_;
  datagram_walk walk_;
  sender* current_ = nullptr;  // whose datagram that is
  std::optional<byte_view> foreign_bytes_;
  bool ended_ = false;
  bool pressing_ = false;   // some are to give up what they hold
};

}  // namespace mailslog
