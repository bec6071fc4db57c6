#include <mailslog/slot.hpp>

#include <algorithm>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

#include "intake.hpp"
#include "platform/process.hpp"
#include "routes.hpp"
#include "wire/contents.hpp"
#include "wire/datagram.hpp"
#include "wire/frame.hpp"

namespace mailslog {
namespace {

using namespace std::chrono;

constexpr std::size_t network_overhead = wire::header_size + wire::message_frame_overhead;

}  // namespace

// ---- writing

struct slot_writer::impl {
  explicit impl(const address& to) : options(to.options()), ways(open_routes(to)) {
    head.slot_tag = wire::slot_tag(to.name());
    head.sender = platform::random_id();
    for (const auto& w : ways) {
      const auto wanted = options.limit != 0 ? options.limit : w.network ? w.sender->default_datagram() : w.sender->max_datagram();
      const auto limit = std::min(wanted, w.sender->max_datagram());
      max_size = std::min(max_size, w.network ? limit - network_overhead : limit);
    }
  }

  std::error_code put(byte_view message);
  std::error_code send(transport::datagram_sender& by, byte_view datagram) const;

  slot_options options;
  std::mutex mutex;
  std::vector<route> ways;
  wire::header head;
  std::size_t max_size = SIZE_MAX;
  std::vector<std::uint8_t> framed;
};

std::error_code slot_writer::impl::put(byte_view message) {
  if (message.size > max_size) return make_error_code(errc::message_too_large);
  std::error_code error;
  for (auto& w : ways) {
    auto datagram = message;
    if (w.network) {
      framed.resize(message.size + network_overhead);
      wire::byte_writer out(framed.data());
      wire::encode(head, out);
      wire::encode_message(message, out);
      datagram = {framed.data(), static_cast<std::size_t>(out.position() - framed.data())};
    }
    if (const auto e = send(*w.sender, datagram)) error = e;
  }
  ++head.number;
  return error;
}

std::error_code slot_writer::impl::send(transport::datagram_sender& by, byte_view datagram) const {
  const auto started = steady_clock::now();
  auto result = by.send(datagram, std::max<std::size_t>(datagram.size, 1));
  while (result.status == transport::send_status::again && options.overflow == overflow_policy::block &&
         steady_clock::now() - started < options.block_time) {
    by.wait(std::min<nanoseconds>(options.block_time, milliseconds(10)));
    result = by.send(datagram, datagram.size);
  }
  if (result.status == transport::send_status::again) {
    by.abandon();
    if (!result.error) return make_error_code(errc::queue_full);
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

struct slot_reader::impl {
  explicit impl(const address& at)
      : options(at.options()), slot_tag(wire::slot_tag(at.name())), in(open_receivers(at, options.max_message_size)) {}

  void take_what_is_there();
  void take(const transport::receive_buffer::arrival& a);
  bool repeated(const wire::header& h);

  slot_options options;
  std::uint32_t slot_tag;
  intake in;
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
};

// Leaves with the system what would take more memory than it may.
void slot_reader::impl::take_what_is_there() {
  while (waiting_bytes < options.max_memory && !in.closed()) {
    buffer.clear();
    in.receive(buffer);
    if (buffer.arrivals().empty()) return;
    for (const auto& a : buffer.arrivals()) take(a);
  }
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
    // From the network. A record writer's datagrams are messages as they are.
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
  waiting.push_back({std::string(bytes.text()), a.from.text()});
  waiting_bytes += bytes.size + sizeof(message);
}

slot_reader::slot_reader(const address& where) : impl_(std::make_unique<impl>(where)) {}
slot_reader::slot_reader(slot_reader&&) noexcept = default;
slot_reader& slot_reader::operator=(slot_reader&&) noexcept = default;
slot_reader::~slot_reader() = default;

std::optional<message> slot_reader::get(nanoseconds timeout) {
  auto& i = *impl_;
  const auto end = timeout > hours(24 * 365) ? steady_clock::time_point::max() : steady_clock::now() + timeout;
  for (;;) {
    if (i.in.closed()) return std::nullopt;
    if (i.waiting.empty()) i.take_what_is_there();
    if (!i.waiting.empty()) {
      auto m = std::move(i.waiting.front());
      i.waiting.pop_front();
      i.waiting_bytes -= m.bytes.size() + sizeof m;
      return m;
    }
    const auto now = steady_clock::now();
    if (now >= end) return std::nullopt;
    i.in.wait(std::min<nanoseconds>(end - now, seconds(1)));
  }
}

std::optional<message> slot_reader::get() { return get(impl_->options.read_timeout); }

slot_info slot_reader::info() {
  auto& i = *impl_;
  i.take_what_is_there();
  slot_info info;
  info.max_message_size = i.options.max_message_size != 0 ? i.options.max_message_size : transport::receive_buffer::max_received;
  if (!i.waiting.empty()) info.next_size = i.waiting.front().bytes.size();
  info.count = i.waiting.size();
  info.read_timeout = i.options.read_timeout;
  info.refused = i.refused + i.in.refused();
  info.dropped = i.in.dropped();
  info.malformed = i.malformed;
  return info;
}

void slot_reader::close() noexcept { impl_->in.close(); }

}  // namespace mailslog
