// From records to datagrams that have left: numbers, packs, queues, paces, counts what could not be sent, and says so.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <mailslog/options.hpp>
#include <mailslog/record_writer.hpp>

#include "platform/fork.hpp"
#include "transport/transport.hpp"
#include "wire/packer.hpp"

namespace mailslog {

struct outbox_config {
  std::uint32_t slot_tag = 0;
  std::string host;
  std::string app;
  slot_options options;
  /// The datagrams may be lost on the way: pace them, and say where a burst ended.
  bool lossy = false;
  /// Tests put the hands of this clock themselves, and call `service` instead of having a thread.
  std::chrono::steady_clock::time_point (*clock)() = std::chrono::steady_clock::now;
  bool own_thread = true;
};

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
  writer_stats stats() const noexcept;

  /// Does what is due: sends what has waited long enough or could not be sent before. Returns when to call again, if nothing is
  /// written in the meantime; nothing if there is nothing to do.
  std::optional<time_point> service();

 private:
  using lock = std::unique_lock<std::mutex>;

  void before_fork() noexcept override;
  void after_fork_in_parent() noexcept override;
  void after_fork_in_child() noexcept override;

  void start_session();
  bool add(const record& r, const wire::content_size& content);
  bool admit(lock& l, const wire::content_size& content);
  bool has_room(std::size_t more) const noexcept { return queued_bytes_ == 0 || queued_bytes_ + more <= config_.options.queue; }
  bool waiting() const noexcept { return !queue_.empty() || !in_flight_.empty(); }
  bool nothing_left() const noexcept { return (!packer_ || packer_->empty()) && !waiting(); }

  void provide_memory();
  void tell_drops(bool all);
  void tell_drops_before(const wire::batch& next);
  void hurry();
  void close_batch();
  void add_number(wire::frame_type type);
  void send_ready(lock& l, std::size_t most);
  void send_ready(lock& l, std::size_t most, time_point now);
  bool may_send(time_point now) noexcept;
  void finish(wire::batch& b, const transport::send_result& r);
  void drop(std::uint64_t first, std::uint64_t count, wire::drop_reason reason);
  void drop_batch(const wire::batch& b, wire::drop_reason reason);
  void take_back_notices(const wire::batch& b) noexcept;
  void remember_to_tell(const wire::dropped_frame& d);
  void recycle(std::list<wire::batch>& done);

  double pace() const noexcept;
  time_point next_send() const noexcept;
  std::optional<time_point> service(lock& l);
  /// Sees to it that our thread comes to what has been left to do.
  void ensure_thread();
  void run();
  void say_goodbye(lock& l);

  const open_sender open_;
  outbox_config config_;

  mutable std::mutex mutex_;
  // Replaced in a child: threads of the parent may wait on them there.
  struct conditions {
    std::condition_variable work;   // for our thread
    std::condition_variable space;  // the queue, or what is being sent, has become less
  };
  std::unique_ptr<conditions> conditions_ = std::make_unique<conditions>();

  std::unique_ptr<transport::datagram_sender> sender_;
  std::optional<wire::packer> packer_;
  std::optional<wire::packer> notices_;  // of drops, that go in front of what is queued
  std::uint64_t next_record_ = 0;
  std::uint64_t next_datagram_ = 0;
  time_point oldest_{};  // when the first record of the batch now being packed was written

  bool urgent_ = false;  // what is packed leaves as soon as nothing is queued before it

  std::list<wire::batch> queue_;
  std::list<wire::batch> in_flight_;  // none, or the one being sent
  std::size_t queued_bytes_ = 0;
  std::list<wire::batch> spare_;      // list nodes, so that warm queues allocate nothing
  std::vector<std::unique_ptr<std::uint8_t[]>> memory_;

  std::vector<wire::dropped_frame> drops_;  // not yet told
  time_point tell_at_{};  // not before
  std::uint64_t drops_counted_to_ = 0;
  writer_stats stats_;

  bool sending_ = false;   // some thread is inside `sender_`
  bool blocked_ = false;   // the transport has no room; our thread waits for it
  bool waiting_for_room_ = false;
  bool untold_end_ = false;  // datagrams left since the readers were told how far we are
  time_point last_sent_{};
  double burst_ = 0;       // bytes that may leave without a pause
  double full_pace_ = 600e6;  // bytes per second that a reader keeps up with; set by how large the records sent last were
  double buffer_pace_ = 0;    // bytes per second that the receivers' buffers bear
  double tokens_ = 0;      // bytes that may leave now
  time_point tokens_at_{};

  std::unique_ptr<std::thread> thread_;
  time_point thread_wakes_ = time_point::min();  // at the latest; min: it is awake
  bool stopping_ = false;
};

}  // namespace mailslog
