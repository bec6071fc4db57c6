#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include <mailslog/slot.hpp>

#include "platform/fork.hpp"
#include "platform/process.hpp"
#include "platform/thread.hpp"
#include "transport/open.hpp"
#include "wire/datagram.hpp"
#include "wire/frame.hpp"

namespace mailslog {
namespace {

using namespace std::chrono;

constexpr std::size_t network_overhead = wire::header_size + wire::message_frame_overhead;

struct way {
  std::unique_ptr<transport::datagram_sender> sender;
  bool stuck = false;  // the last message found no room in time
};

// What belongs to one process.
struct posting {
  std::mutex mutex;
  std::condition_variable free;
  bool busy = false;      // a thread is in `put`; it waits for readers without the mutex
  std::vector<way> ways;  // none: not yet opened
  wire::header head;
  std::vector<std::uint8_t> framed;
};

// With the mutex locked at its beginning and its end.
class turn {
 public:
  turn(bool& taken, std::condition_variable& free) noexcept : taken_(taken), free_(free) { taken_ = true; }
  turn(const turn&) = delete;
  turn& operator=(const turn&) = delete;
  ~turn() {
    taken_ = false;
    free_.notify_one();
  }

 private:
  bool& taken_;
  std::condition_variable& free_;
};

}  // namespace

struct MAILSLOG_HIDDEN slot_writer::impl final : private platform::fork_aware {
 public:
  explicit impl(const address& where) : to(where) {
    open();
    remember();
  }
  ~impl() override {
    enter();
    forget();
  }

  std::error_code put(byte_view message);

  const address to;
  std::size_t max_size = SIZE_MAX;

 private:
  bool hold(time_point deadline) noexcept override { return platform::lock_until(ours->mutex, deadline); }
  void release() noexcept override { ours->mutex.unlock(); }
  void begin_again(bool whole) noexcept override {
    if (whole) {
      ours->ways.clear();
      std::vector<std::uint8_t>().swap(ours->framed);
    }
    ours.renew();
  }

  void open();
  std::error_code send(std::unique_lock<std::mutex>& lock, way& by, byte_view datagram) const;

  platform::renewable<posting> ours;
};

void slot_writer::impl::open() {
  const auto& options = to.options();
  std::vector<way> ways;
  for (auto& s : open_senders(to, transport::result_mode::deferred)) {
    const auto wanted = options.limit != 0 ? options.limit : s->traits().lossy ? s->default_datagram() : s->max_datagram();
    const auto limit = std::min(wanted, s->max_datagram());
    if (ours->head.sender == 0) max_size = std::min(max_size, s->traits().framed ? limit - network_overhead : limit);
    ways.push_back({std::move(s)});
  }
  ours->head = {wire::slot_tag(to.name()), platform::random_id(), 0};
  ours->ways = std::move(ways);
}

std::error_code slot_writer::impl::put(byte_view message) {
  enter();
  if (message.size > max_size) return make_error_code(errc::message_too_large);
  std::unique_lock lock(ours->mutex);
  ours->free.wait(lock, [this] { return !ours->busy; });
  const turn ours_alone(ours->busy, ours->free);
  if (ours->ways.empty()) open();
  auto& framed = ours->framed;
  auto& head = ours->head;
  std::error_code error;
  for (auto& w : ours->ways) {
    auto datagram = message;
    if (w.sender->traits().framed) {
      framed.resize(message.size + network_overhead);
      wire::byte_writer out(framed.data());
      wire::encode(head, out);
      wire::encode_message(message, out);
      datagram = {framed.data(), static_cast<std::size_t>(out.position() - framed.data())};
    }
    if (const auto e = send(lock, w, datagram)) error = e;
  }
  ++head.number;
  return error;
}

std::error_code slot_writer::impl::send(std::unique_lock<std::mutex>& lock, way& by, byte_view datagram) const {
  auto& sender = *by.sender;
  const auto& options = to.options();
  const auto size = std::max<std::size_t>(datagram.size, 1);
  auto result = sender.send(datagram, size);
  // A reader that is there makes room soon: some systems keep no more than ten messages for it. One that has not taken the last
  // message either is not waited for.
  const auto end = platform::deadline(options.overflow == overflow_policy::block ? options.block_time : options.max_delay);
  while (result.status == transport::send_status::would_block && !by.stuck && steady_clock::now() < end) {
    lock.unlock();  // for a thread that forks
    sender.wait(std::min<nanoseconds>(end - steady_clock::now(), milliseconds(10)));
    lock.lock();
    result = sender.send(datagram, size);
  }
  by.stuck = result.status == transport::send_status::would_block;
  if (by.stuck) {
    sender.abandon();
    return result.error ? result.error : make_error_code(errc::queue_full);
  }
  if (result.error == std::errc::message_size) return make_error_code(errc::message_too_large);
  if (result.error == std::errc::resource_unavailable_try_again) return make_error_code(errc::queue_full);
  return result.error;
}

slot_writer::slot_writer(const address& where) : impl_(std::make_unique<impl>(where)) {}
slot_writer::slot_writer(slot_writer&&) noexcept = default;
slot_writer& slot_writer::operator=(slot_writer&&) noexcept = default;
slot_writer::~slot_writer() = default;

std::error_code slot_writer::put(std::string_view message) noexcept try {
  return impl_->put(byte_view(message));
} catch (const std::bad_alloc&) {
  return std::make_error_code(std::errc::not_enough_memory);
} catch (const std::system_error& e) {
  return e.code();
}

std::size_t slot_writer::max_message_size() const noexcept { return impl_->max_size; }

}  // namespace mailslog
