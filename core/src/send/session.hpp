// One sender: its numbers, and all that is on its way under them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <mailslog/record.hpp>
#include <mailslog/stats.hpp>

#include "history/recorder.hpp"
#include "send/batch_queue.hpp"
#include "send/burst_end.hpp"
#include "send/drop_ledger.hpp"
#include "send/identity.hpp"
#include "send/outbox_config.hpp"
#include "send/pacer.hpp"
#include "transport/transport.hpp"
#include "wire/packer.hpp"

namespace mailslog {

/// Knows no threads: the outbox's mutex guards it. `sender` alone is used without the mutex, by one thread at a time. What belongs
/// to a process is here, so that a child gets a new one.
class session {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// `config` lives longer.
  session(std::unique_ptr<transport::datagram_sender> sender, const outbox_config& config);

  // ---- records come in

  bool has_room_for(const wire::content_size& content) const noexcept;
  void drop_oldest() noexcept;
  /// Numbers and packs the record. True if it began a batch. Throws `std::bad_alloc`, and then it has left no trace.
  bool add(const record& r, const wire::content_size& content);
  /// The same if the record has a place beside those that are packed, and nothing is to be sent or told before. False: it did nothing.
  bool join(const record& r, const wire::content_size& content) noexcept;
  /// Numbers the record, and will tell that it was dropped.
  void lose(wire::drop_reason why, std::uint64_t records = 1) noexcept;

  // ---- batches go out

  /// Nothing is packed.
  bool idle() const noexcept { return packing.packer.empty(); }
  /// Something is to be sent before what is packed.
  bool waiting() const noexcept { return !queue.empty(); }
  /// Nothing before record `number` is still here.
  bool has_left(std::uint64_t number) const noexcept;

  /// What is packed leaves next: now, or when all that is queued has left.
  void hurry() noexcept;
  /// The batch to be handed to `sender` now, numbered and complete; null if there is none that may leave.
  const outgoing* first(time_point now) noexcept;
  /// The same, after `sent` in the same go.
  const outgoing* next(time_point now) noexcept;
  /// What the system made of it. False: it has no room.
  bool sent(const transport::send_result& result, time_point now) noexcept;
  /// All that is here is dropped.
  void drop_all() noexcept;

  void tell_all_drops();
  void add_number(wire::frame_type type);

  /// When something is to be done: `max` if there is nothing; in the past or `min` if it is due.
  time_point due() const noexcept;
  /// Does what is due but for sending.
  void look_after(time_point now);

  std::unique_ptr<transport::datagram_sender> sender;
  const outbox_config& config;

 private:
  const identity who_;

 public:
  /// The batch that is packed.
  struct {
    wire::packer packer;
    std::uint64_t first_record = 0;
    std::uint64_t end_record = 0;
    time_point begun{};   // when its first record was written
    bool urgent = false;  // leaves as soon as nothing is queued before it
  } packing;
  batch_queue queue;
  drop_ledger drops;
  mailslog::pacer pacer;
  history::recorder recorder;
  writer_stats stats;

  std::uint64_t next_record = 0;
  std::uint64_t next_datagram = 0;
  time_point last_sent{};
  bool blocked = false;  // the transport has no room: wait for it before anything else is sent

 private:
  std::size_t limit() const noexcept;
  wire::packer make_packer(std::size_t most_bytes) const;
  void follow_limit();

  double filled() const noexcept;
  void tell(std::size_t from, std::size_t to);
  void tell_before(const outgoing& next) noexcept;
  void drop(const outgoing& o, wire::drop_reason why) noexcept;
  void count(const drop_ledger::range& r) noexcept;
  void landed() noexcept;

  /// What is told of drops in front of what is queued.
  struct {
    wire::packer packer;
    bool refused = false;  // in this go: what comes next leaves without them
    time_point again{};    // of drops alone, not before
  } notices_;
  burst_end end_;
};

}  // namespace mailslog
