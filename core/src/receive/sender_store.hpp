// All senders that a reader knows, what waits of them, how old they are, and how much memory they take.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include <mailslog/event.hpp>

#include "mixed.hpp"
#include "receive/datagram_order.hpp"
#include "receive/record_numbers.hpp"
#include "wire/reassembler.hpp"

namespace mailslog {

/// A sender's records in their order: what comes next, and what waits until it is whole or believed.
struct record_order {
  using time_point = std::chrono::steady_clock::time_point;

  /// A datagram whose record numbers are not believed yet, from that frame on; or one that goes on when that one is done with.
  struct doubted {
    std::uint64_t number = 0;    // of the record
    std::uint64_t datagram = 0;
    std::size_t frame = 0;
    std::vector<std::uint8_t> bytes;
    origin came;
  };

  record_numbers numbers;
  bool over = false;             // the sender has said goodbye
  std::optional<time_point> noticed;  // when it last said that it dropped some, if that is still to be told
  wire::reassembler partial;
  std::uint64_t kept_back = 0;   // of the next record, or of `partial`: what the frame before it said
  time_point continued{};        // when the last piece of `partial` came
  std::optional<doubted> doubt;
  std::optional<doubted> resume;
  std::optional<std::uint64_t> contradicted;  // the last datagram that was
  /// It has ended, and that is to be told.
  struct finish {
    std::uint64_t records = 0;
    bool well = false;
  };
  std::optional<finish> ends;
  std::uint64_t stood = UINT64_MAX;  // so far it was when we came, if nothing has come from it since

  /// After what waited is gone.
  void shrink() noexcept {
    if (!partial.active()) partial.release();
    numbers.shrink();
  }
  std::size_t memory() const noexcept {
    return partial.memory() + numbers.memory() + (doubt ? doubt->bytes.size() : 0) + (resume ? resume->bytes.size() : 0);
  }
};

struct sender {
  sender_info info;
  bool introduced = false;  // it has told its name
  datagram_order datagrams;
  record_order records;
  bool pressed = false;     // to give up what it waits for: memory is needed
  bool leaving = false;     // to be forgotten then

 private:
  friend class sender_store;
  bool on_probation = true;  // one datagram of it has come
  std::list<std::uint64_t>::iterator age;
  std::optional<std::chrono::steady_clock::time_point> due;
  std::size_t waiting = 0;   // bytes, as accounted
  std::size_t fixed = 0;
};

class sender_store {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// `seed`: strangers who choose their ids do not know it.
  sender_store(std::size_t max_senders, std::size_t max_memory, std::uint64_t seed)
      : max_senders_(max_senders), max_memory_(max_memory), senders_(0, id_hash{seed}) {}

  /// Null if it is not known. It is the youngest now.
  sender* find(std::uint64_t id);
  /// It is not known yet.
  sender& add(std::uint64_t id);
  void forget(sender& s);

  /// Who has to go, if there are too many: those that came once may have half of the places, and so may those who are known longer, among
  /// whom some are long gone. Otherwise null.
  sender* surplus();

  /// What waits of `s`, or is known of it, has changed.
  void account(sender& s);
  bool too_full() const noexcept { return waiting_ > max_memory_; }
  /// Those that hold most, as many as must give up what they hold so that some memory is free again.
  std::vector<sender*> fattest();

  /// `s` has something to do at this time; none: it has not.
  void schedule(sender& s, std::optional<time_point> due);
  /// The same, later than `now`; if it has a time before that, it may keep it: pieces that come all the time need not move it.
  void schedule_after(time_point now, sender& s, std::optional<time_point> due) {
    if (due && s.due && *s.due <= *due && *s.due > now) return;
    schedule(s, due);
  }
  std::optional<time_point> next_due() const;
  /// The one whose time has come longest ago, or null.
  sender* due(time_point now);

  template <class Action>
  void for_each(Action action) {
    for (auto& [id, s] : senders_) action(s);
  }

 private:
  struct id_hash {
    std::uint64_t seed = 0;
    std::size_t operator()(std::uint64_t id) const noexcept { return static_cast<std::size_t>(mixed(id, seed)); }
  };

  std::size_t max_senders_;
  std::size_t max_memory_;
  std::unordered_map<std::uint64_t, sender, id_hash> senders_;
  // Of senders, the one longest silent first. Those who came once have a list of their own: strangers may invent any number.
  std::list<std::uint64_t> ages_;
  std::list<std::uint64_t> on_probation_;
  std::set<std::pair<time_point, std::uint64_t>> dues_;
  std::size_t waiting_ = 0;  // bytes that wait to be put in order or together
  std::size_t fixed_ = 0;    // and what is known of the senders besides
};

}  // namespace mailslog
