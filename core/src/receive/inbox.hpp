// From datagrams to events: each sender's records in order and once, and word of those that will not come.
// Knows no clock and no operating system: datagrams and times are passed in.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <mailslog/event.hpp>
#include <mailslog/stats.hpp>

#include "platform/endpoint.hpp"
#include "wire/datagram_frames.hpp"
#include "wire/datagram.hpp"
#include "wire/reassembler.hpp"

namespace mailslog {

struct inbox_config {
  std::uint32_t slot_tag = 0;
  std::chrono::nanoseconds reorder_wait{};
  std::size_t max_memory = std::size_t{32} * 1024 * 1024;  ///< for what waits to be put in order or together, in bytes
  std::size_t max_senders = 4096;
  timestamp opened{};  ///< since when we listen
  std::string host;    ///< whose clock is ours
};

class inbox {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit inbox(inbox_config config) : config_(std::move(config)), known_since_(config_.opened) {}

  /// Takes a datagram that arrived `now` (`arrived` on the clock on the wall). Only when `next` has returned null; the bytes must
  /// stay where they are until it does so again. Returns the tag of the slot that it is for, if that is another one.
  std::optional<std::uint32_t> put(byte_view datagram, const platform::endpoint& from, time_point now, timestamp arrived);

  /// The next event that is due, or null. Valid until the next call of any member.
  const event* next(time_point now);

  /// When `next` will have something though nothing more arrives.
  std::optional<time_point> deadline() const;

  const reader_stats& stats() const noexcept { return stats_; }

 private:
  struct held {
    std::vector<std::uint8_t> bytes;
    time_point arrived;
  };
  struct range {
    std::uint64_t first = 0;
    std::uint64_t end = 0;
  };
  struct sender {
    sender_info info;
    bool introduced = false;           // it has told its name
    bool numbered = false;             // `next_record` is known
    std::uint64_t next_datagram = 0;
    std::uint64_t next_record = 0;
    std::map<std::uint64_t, held> waiting;    // datagrams that overtook others
    std::size_t waiting_bytes = 0;
    std::vector<range> given_up;       // datagrams, the last few
    std::vector<wire::dropped_frame> dropped;
    wire::reassembler partial;
    bool on_probation = true;              // one datagram of it has come
    std::list<std::uint64_t>::iterator age;
  };

  sender& find_sender(std::uint64_t id, std::uint64_t first_datagram, bool& is_new);
  void renew(sender& s);
  void forget(std::unordered_map<std::uint64_t, sender>::iterator s);
  void make_room();
  void introduce(sender& s, const wire::sender_frame& who);
  bool began_after_us(const wire::sender_frame& who) const;
  void hold(sender& s, std::uint64_t number, byte_view datagram, time_point now);
  void evict(const sender& current);
  void count_unwanted(const sender& s, std::uint64_t number);

  void open(sender& s);
  bool open_waiting(time_point now);
  const event* show(wire::decoded_frame& i, bool& done);
  const event* catch_up(std::uint64_t number);
  const event* take_fragment(const wire::fragment_frame& f);
  const event* give_partial();
  const event* report_gap(std::uint64_t first, std::uint64_t end);
  void note_dropped(const wire::dropped_frame& d);
  const event* foreign(byte_view bytes);

  time_point patience_ends(const sender& s) const { return s.waiting.begin()->second.arrived + config_.reorder_wait; }
  void watch(sender& s);
  void unwatch(sender& s);
  std::size_t memory_of(const sender& s) const { return s.waiting_bytes + s.partial.memory(); }

  inbox_config config_;
  reader_stats stats_;
  timestamp known_since_;  ///< of whoever began later, we know all that arrived
  std::unordered_map<std::uint64_t, sender> senders_;
  // Of senders, the one longest silent first. Those who came once have a list of their own: strangers may invent any number.
  std::list<std::uint64_t> ages_;
  std::list<std::uint64_t> on_probation_;
  std::set<std::pair<time_point, std::uint64_t>> incomplete_;   // senders with a hole, by when it is given up
  std::size_t memory_ = 0;

  // What `next` is going through.
  sender* current_ = nullptr;
  wire::datagram_frames frames_;
  std::size_t at_ = 0;
  std::vector<std::uint8_t> opened_bytes_;  // of `frames_`, if it had to wait
  std::optional<byte_view> foreign_bytes_;
  platform::endpoint from_;
  timestamp arrived_{};

  // What it gave last, unless that lives in `frames_`.
  event made_;
  bool partial_given_ = false;  // its strings live in `current_->partial`
  std::string from_text_;
};

}  // namespace mailslog
