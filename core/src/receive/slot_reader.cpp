#include <mailslog/slot.hpp>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "receive/receiver_group.hpp"
#include "platform/process.hpp"
#include "platform/thread.hpp"
#include "transport/open.hpp"
#include "transport/udp/udp.hpp"
#include "wire/contents.hpp"
#include "wire/datagram.hpp"
#include "wire/frame.hpp"

namespace mailslog {
namespace {

using namespace std::chrono;

constexpr std::size_t network_overhead = wire::header_size + wire::message_frame_overhead;

}  // namespace

// ---- writing

struct MAILSLOG_HIDDEN slot_writer::impl {
  struct way {
    mailslog::route route;
    bool stuck = false;  // the last message found no room in time
  };

  explicit impl(const address& to) : options(to.options()) {
    head.slot_tag = wire::slot_tag(to.name());
    head.sender = platform::random_id();
    for (auto& r : open_routes(to, transport::answers::at_once)) {
      const auto& s = *r.sender;
      const auto wanted = options.limit != 0 ? options.limit : r.network ? s.default_datagram() : s.max_datagram();
      const auto limit = std::min(wanted, s.max_datagram());
      max_size = std::min(max_size, r.framed ? limit - network_overhead : limit);
      ways.push_back({std::move(r)});
    }
  }

  std::error_code put(byte_view message);
  std::error_code send(way& by, byte_view datagram) const;

  slot_options options;
  std::mutex mutex;
  std::vector<way> ways;
  wire::header head;
  std::size_t max_size = SIZE_MAX;
  std::vector<std::uint8_t> framed;
};

std::error_code slot_writer::impl::put(byte_view message) {
  if (message.size > max_size) return make_error_code(errc::message_too_large);
  std::error_code error;
  for (auto& w : ways) {
    auto datagram = message;
    if (w.route.framed) {
      framed.resize(message.size + network_overhead);
      wire::byte_writer out(framed.data());
      wire::encode(head, out);
      wire::encode_message(message, out);
      datagram = {framed.data(), static_cast<std::size_t>(out.position() - framed.data())};
    }
    if (const auto e = send(w, datagram)) error = e;
  }
  ++head.number;
  return error;
}

std::error_code slot_writer::impl::send(way& by, byte_view datagram) const {
  auto& sender = *by.route.sender;
  // A reader that is there makes room soon. One that has not taken the last message either is not waited for.
  const auto patience = options.overflow == overflow_policy::block ? options.block_time : options.max_delay;
  const auto end = platform::deadline(patience);
  auto result = sender.send(datagram, std::max<std::size_t>(datagram.size, 1));
  while (result.status == transport::send_status::again && !by.stuck && steady_clock::now() < end) {
    sender.wait(std::min<nanoseconds>(end - steady_clock::now(), milliseconds(10)));
    result = sender.send(datagram, std::max<std::size_t>(datagram.size, 1));
  }
  by.stuck = result.status == transport::send_status::again;
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
  const std::lock_guard lock(impl_->mutex);
  return impl_->put(byte_view(message));
} catch (const std::bad_alloc&) {
  return std::make_error_code(std::errc::not_enough_memory);
}

std::size_t slot_writer::max_message_size() const noexcept { return impl_->max_size; }

// ---- reading

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
  intake in;
  transport::loopback_relay relay;
  const std::uint64_t owner = platform::process_id();

  std::mutex mutex;
  std::condition_variable changed;
  transport::receive_buffer buffer;
  wire::contents contents;
  std::deque<message> waiting;
  std::size_t waiting_bytes = 0;
  std::uint64_t refused = 0;
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
  in.settle();
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
    if (head.slot_tag != slot_tag || repeated(head) || !contents.read(bytes)) {
      ++malformed;
      return;
    }
    if (contents.size() == 1 && contents[0].type == wire::frame_type::message) bytes = contents[0].message;
  }
  if (options.max_message_size != 0 && bytes.size > options.max_message_size) {
    ++refused;
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
  info.refused = i.refused + i.in.refused();
  info.dropped = i.in.dropped();
  const auto other = i.in.not_for_us();
  info.malformed = i.malformed + other.malformed + other.other_slot + other.repeated;
  return info;
}

void slot_reader::close() noexcept { impl_->close(); }

}  // namespace mailslog
