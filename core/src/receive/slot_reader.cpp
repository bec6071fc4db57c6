#include <mailslog/slot.hpp>

#include <algorithm>
#include <deque>
#include <new>
#include <utility>

#include "mixed.hpp"
#include "platform/process.hpp"
#include "platform/thread.hpp"
#include "receive/demux.hpp"
#include "receive/receive_pump.hpp"
#include "repeats.hpp"
#include "transport/open.hpp"
#include "transport/udp/udp.hpp"
#include "wire/datagram.hpp"
#include "wire/datagram_frames.hpp"

namespace mailslog {

using namespace std::chrono;

struct MAILSLOG_HIDDEN slot_reader::impl {
  explicit impl(const address& at)
      : options(at.options()),
        pump(open_receivers(at, options.max_message_size), options.max_memory / 4),
        kinds(wire::slot_tag(at.name())),
        relay(options.port) {}

  bool full() const noexcept { return waiting_bytes >= options.max_memory / 2; }
  bool take_load();
  void take_all();
  void take(const transport::receive_buffer::arrival& a);

  const slot_options options;
  receive_pump pump;
  const demux kinds;
  transport::loopback_relay relay;
  wire::datagram_frames frames;
  std::deque<message> waiting;
  std::size_t waiting_bytes = 0;
  std::uint64_t oversized = 0;
  std::uint64_t malformed = 0;
  std::uint64_t without_memory = 0;
  repeats numbers{1024};  // of datagrams: the network's messages come by several ways
  const std::uint64_t seed = platform::random_id();
};

void slot_reader::deleter::operator()(impl* i) const noexcept { discard(i); }

bool slot_reader::impl::take_load() {
  const auto* load = pump.next();
  if (load == nullptr) return false;
  for (const auto& a : load->buffer.arrivals()) {
    try {
      take(a);
    } catch (const std::bad_alloc&) {
      ++without_memory;
    }
  }
  return true;
}

// What was put before the user's call is there, unless it would take more memory than it may; then it is left where it is.
void slot_reader::impl::take_all() try {
  pump.flush_pending();
  // What is here, and then what it has left no room for. No more: it may arrive without end.
  for (int round = 0; round < 2; ++round) {
    steady_clock::time_point now;
    for (auto loads = pump.fetch(now); loads != 0; --loads) {
      if (full() || !take_load()) return;
    }
  }
} catch (const std::bad_alloc&) {
  // What has come is still there.
}

void slot_reader::impl::take(const transport::receive_buffer::arrival& a) {
  auto bytes = a.bytes;
  // What comes by a way without mailslog's header is a message as it is.
  const auto d = a.framed ? kinds.look_at(bytes) : demux::datagram{};
  if (d.kind == demux::kind::other_slot) {
    if (a.unicast) relay.send(d.header.slot_tag, bytes);
    ++malformed;
    return;
  }
  if (d.kind == demux::kind::ours) {
    // In this order: what is malformed uses up no number.
    if (!frames.read(bytes) || numbers.repeated(mixed(d.header.number, mixed(d.header.sender, seed)))) {
      ++malformed;
      return;
    }
    // A record writer's datagrams are messages as they are.
    if (frames.size() == 1 && frames[0].type == wire::frame_type::message) bytes = frames[0].message;
  }
  if (options.max_message_size != 0 && bytes.size > options.max_message_size) {
    ++oversized;
    return;
  }
  waiting.push_back({std::string(bytes.text()), a.from.text(), a.from.claimed_name.data()});
  waiting_bytes += bytes.size + sizeof(message);
}

slot_reader::slot_reader(const address& where) : impl_(new impl(where)) {}
slot_reader::slot_reader(slot_reader&&) noexcept = default;
slot_reader& slot_reader::operator=(slot_reader&&) noexcept = default;
slot_reader::~slot_reader() = default;

std::optional<message> slot_reader::get(nanoseconds timeout) {
  auto& i = *impl_;
  const auto end = platform::deadline(timeout);
  for (bool first = true;; first = false) {
    if (i.pump.closed()) return std::nullopt;
    if (i.waiting.empty() && first) i.take_all();
    if (i.waiting.empty()) i.take_load();
    if (!i.waiting.empty()) break;
    if (!first && steady_clock::now() >= end) return std::nullopt;
    i.pump.wait_until(end);
  }
  auto m = std::move(i.waiting.front());
  i.waiting.pop_front();
  i.waiting_bytes -= m.bytes.size() + sizeof m;
  return m;
}

std::optional<message> slot_reader::get() { return get(impl_->options.read_timeout); }

slot_info slot_reader::info() {
  auto& i = *impl_;
  if (i.pump.closed()) return {};
  i.take_all();
  slot_info info;
  info.max_message_size = i.options.max_message_size != 0 ? i.options.max_message_size : transport::receive_buffer::max_received;
  if (!i.waiting.empty()) info.next_size = i.waiting.front().bytes.size();
  info.count = i.waiting.size();
  info.read_timeout = i.options.read_timeout;
  const auto& in = i.pump.receivers();
  info.oversized = i.oversized + in.oversized();
  info.dropped = in.dropped() + i.without_memory;
  const auto other = in.not_for_us();
  info.malformed = i.malformed + other.malformed + other.other_slot + other.repeated;
  return info;
}

void slot_reader::close() noexcept { impl_->pump.close(); }

}  // namespace mailslog
