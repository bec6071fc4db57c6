#include <mailslog/slot.hpp>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "platform/process.hpp"
#include "platform/thread.hpp"
#include "receive/receiver_group.hpp"
#include "transport/open.hpp"
#include "transport/udp/udp.hpp"
#include "wire/datagram_frames.hpp"
#include "wire/datagram.hpp"

namespace mailslog {

using namespace std::chrono;

struct MAILSLOG_HIDDEN slot_reader::impl {
  explicit impl(const address& at)
      : options(at.options()), slot_tag(wire::slot_tag(at.name())), in(open_receivers(at, options.max_message_size)),
        relay(options.port) {
    thread = platform::start_thread([this] { drain(); });
  }
  ~impl() {
    close();
    platform::join(thread, owner);
  }

  void close() noexcept {
    in.close();
    if (platform::process_id() != owner) return;  // our thread, not there after a fork, may have left the mutex locked
    const std::lock_guard lock(mutex);
    changed.notify_all();
  }

  void drain();
  void take_what_is_there();
  void take_all();
  void take(const transport::receive_buffer::arrival& a);
  bool repeated(const wire::header& h);
  bool full() const noexcept { return waiting_bytes >= options.max_memory; }

  const slot_options options;
  const std::uint32_t slot_tag;
  receiver_group in;
  transport::loopback_relay relay;
  const std::uint64_t owner = platform::process_id();

  std::mutex mutex;
  std::condition_variable changed;
  transport::receive_buffer buffer;
  wire::datagram_frames frames;
  std::deque<message> waiting;
  std::size_t waiting_bytes = 0;
  std::uint64_t oversized = 0;
  std::uint64_t malformed = 0;

  // The network's messages come by several ways. Which of the last ones came already:
  struct seen {
    std::uint64_t sender;
    std::uint64_t number;
  };
  std::deque<seen> last_seen;
  std::thread thread;
};

// Takes messages from the system while the program does something else: the system keeps only a few. What would take more
// memory than it may is left there.
void slot_reader::impl::drain() {
  while (!in.closed()) {
    in.wait(seconds(1));
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return in.closed() || !full(); });
    take_what_is_there();
    if (!waiting.empty()) changed.notify_all();
  }
}

void slot_reader::impl::take_what_is_there() {
  while (!full() && !in.closed()) {
    buffer.clear();
    in.receive(buffer);
    if (buffer.arrivals().empty()) return;
    for (const auto& a : buffer.arrivals()) take(a);
  }
}

// Not left to the thread: what was put before the user's call is there.
void slot_reader::impl::take_all() {
  in.flush_pending();
  take_what_is_there();
}

bool slot_reader::impl::repeated(const wire::header& h) {
  constexpr std::size_t remembered = 1024;
  const bool known = std::any_of(last_seen.rbegin(), last_seen.rend(),
                                 [&](const seen& s) { return s.sender == h.sender && s.number == h.number; });
  if (known) return true;
  if (last_seen.size() == remembered) last_seen.pop_front();
  last_seen.push_back({h.sender, h.number});
  return false;
}

void slot_reader::impl::take(const transport::receive_buffer::arrival& a) {
  auto bytes = a.bytes;
  wire::header head;
  if (a.from.what != platform::endpoint::kind::process && wire::decode(bytes, head) == wire::header_error::none) {
    if (head.slot_tag != slot_tag && a.unicast) relay.send(head.slot_tag, bytes);
    // A record writer's datagrams are messages as they are.
    if (head.slot_tag != slot_tag || repeated(head) || !frames.read(bytes)) {
      ++malformed;
      return;
    }
    if (frames.size() == 1 && frames[0].type == wire::frame_type::message) bytes = frames[0].message;
  }
  if (options.max_message_size != 0 && bytes.size > options.max_message_size) {
    ++oversized;
    return;
  }
  waiting.push_back({std::string(bytes.text()), a.from.text(), a.from.claimed_name.data()});
  waiting_bytes += bytes.size + sizeof(message);
}

slot_reader::slot_reader(const address& where) : impl_(std::make_unique<impl>(where)) {}
slot_reader::slot_reader(slot_reader&&) noexcept = default;
slot_reader& slot_reader::operator=(slot_reader&&) noexcept = default;
slot_reader::~slot_reader() = default;

std::optional<message> slot_reader::get(nanoseconds timeout) {
  auto& i = *impl_;
  if (i.in.closed()) return std::nullopt;
  std::unique_lock lock(i.mutex);
  if (i.waiting.empty()) i.take_all();
  i.changed.wait_until(lock, platform::deadline(timeout), [&] { return i.in.closed() || !i.waiting.empty(); });
  if (i.in.closed() || i.waiting.empty()) return std::nullopt;
  auto m = std::move(i.waiting.front());
  i.waiting.pop_front();
  i.waiting_bytes -= m.bytes.size() + sizeof m;
  i.changed.notify_all();
  return m;
}

std::optional<message> slot_reader::get() { return get(impl_->options.read_timeout); }

slot_info slot_reader::info() {
  auto& i = *impl_;
  if (i.in.closed()) return {};
  const std::lock_guard lock(i.mutex);
  i.take_all();
  slot_info info;
  info.max_message_size = i.options.max_message_size != 0 ? i.options.max_message_size : transport::receive_buffer::max_received;
  if (!i.waiting.empty()) info.next_size = i.waiting.front().bytes.size();
  info.count = i.waiting.size();
  info.read_timeout = i.options.read_timeout;
  info.oversized = i.oversized + i.in.oversized();
  info.dropped = i.in.dropped();
  const auto other = i.in.not_for_us();
  info.malformed = i.malformed + other.malformed + other.other_slot + other.repeated;
  return info;
}

void slot_reader::close() noexcept { impl_->close(); }

}  // namespace mailslog
