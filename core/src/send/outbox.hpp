// From records to datagrams that have left: the mutex, the threads and the waiting around a `session`.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>

#include <mailslog/record_writer.hpp>

#include "platform/fork.hpp"
#include "send/session.hpp"
#include "send/worker.hpp"
#include "transport/transport.hpp"

namespace mailslog {

/// Thread-safe.
class outbox final : private platform::fork_aware {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  using open_sender = std::function<std::unique_ptr<transport::datagram_sender>()>;

  /// `open` is called now, and again in a child after `fork`.
  outbox(open_sender open, outbox_config config);
  ~outbox() override;

  std::error_code write(const record& r) noexcept;
  void flush() noexcept;
  bool flush(std::chrono::nanoseconds timeout) noexcept;
  writer_stats stats() noexcept;

  /// Does what is due: sends what has waited long enough or could not be sent before. Returns when to call again, if nothing is
  /// written in the meantime; nothing if there is nothing to do.
  std::optional<time_point> service();

 private:
  using lock = std::unique_lock<std::mutex>;

  // What belongs to one process.
  struct process_state {
    std::mutex mutex;
    std::condition_variable space;  // something has left
    worker ours;
    std::optional<mailslog::session> session;  // none in a child, until the first record
    std::uint64_t lost_before = 0;  // records, for want of memory for a session
    bool sending = false;           // some thread is inside `session::sender`
    bool waiting_for_room = false;  // the same, in its `wait`
  };

  bool hold(time_point deadline) noexcept override;
  void release() noexcept override;
  void begin_again(bool whole) noexcept override;

  session& opened();
  bool make_room(lock& l, session& s, const wire::content_size& content);
  std::error_code lose(lock& l, session& s, wire::drop_reason why) noexcept;
  void flush(lock& l, session& s) noexcept;
  /// At most so many batches, besides what they tell of drops.
  void send(lock& l, session& s, std::size_t most) noexcept;
  void send(lock& l, session& s, std::size_t most, time_point now) noexcept;
  /// What is there now, and not what others write meanwhile.
  void send_waiting(lock& l, session& s) noexcept { send(l, s, s.queue.batches() + 1); }
  /// Sees to it that our thread comes to what has been left to do.
  void wake(lock& l, session& s) noexcept;
  template <class Condition>
  bool wait_for(lock& l, session& s, std::chrono::nanoseconds timeout, Condition met) noexcept;
  /// Waits for the transport to have room for at most so long.
  time_point service(lock& l, session& s, std::chrono::nanoseconds longest) noexcept;
  void say_goodbye(lock& l, session& s) noexcept;

  const open_sender open_;
  outbox_config config_;
  const worker::work work_;
  platform::renewable<process_state> own_;
};

}  // namespace mailslog
