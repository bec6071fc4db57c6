// What a reader is told of a sender's records: those that came, those that are remembered, and that others will not come.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <mailslog/event.hpp>
#include <mailslog/stats.hpp>

#include "receive/record_source.hpp"
#include "receive/sender_store.hpp"

namespace mailslog {

/// Makes one event at a time; each is valid until the next call of any member. Counts what it tells.
class teller {
 public:
  /// `memory` is asked for what does not come; may be null. `from_history`: what comes was remembered. The others stay the caller's.
  teller(reader_stats& stats, sender_store& senders, record_source* memory, bool from_history)
      : stats_(stats), senders_(senders), memory_(memory), from_history_(from_history) {}

  /// The last event is no longer needed.
  void release() {
    if (partial_of_ != nullptr) release_partial();
  }

  /// A whole record is next, and told where it is.
  void record(sender& s, received_record& r) {
    r.kept_back = std::exchange(s.records.kept_back, 0);
    if (r.kept_back == 0) s.records.numbers.took(r.number);
    s.records.over = false;
    r.from = &s.info;
    r.from_history = from_history_;
    ++stats_.delivered;
  }
  /// What must be told before record `number`, as this datagram says, if anything.
  const event* catch_up(sender& s, std::uint64_t number, std::uint64_t datagram);
  /// The unfinished record as far as it came; null if it contradicts the format.
  const event* partial(sender& s);
  /// The sender said that it dropped records, and after that no record came.
  const event* dropped(sender& s);
  /// The sender has ended, after what must be told before.
  const event* end(sender& s, std::uint64_t datagram);
  const event* foreign(byte_view bytes, const origin& came);

 private:
  void release_partial();
  const event* recall(sender& s, const record_numbers::absence& a);
  const event* report(sender& s, const record_numbers::absence& a);

  reader_stats& stats_;
  sender_store& senders_;
  record_source* const memory_;
  const bool from_history_;
  event what_;
  sender* partial_of_ = nullptr;  // the event's strings live in its `partial`
  std::string from_;
};

}  // namespace mailslog
