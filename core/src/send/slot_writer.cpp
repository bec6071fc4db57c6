#include <algorithm>
#include <chrono>
#include <mutex>
#include <utility>
#include <vector>

#include <mailslog/slot.hpp>

#include "platform/process.hpp"
#include "platform/thread.hpp"
#include "transport/open.hpp"
#include "wire/datagram.hpp"
#include "wire/frame.hpp"

namespace mailslog {
namespace {

using namespace std::chrono;

constexpr std::size_t network_overhead = wire::header_size + wire::message_frame_overhead;

}  // namespace

struct MAILSLOG_HIDDEN slot_writer::impl {
  struct way {
    mailslog::route route;
    bool stuck = false;  // the last message found no room in time
  };

  explicit impl(const address& to) : options(to.options()) {
    head.slot_tag = wire::slot_tag(to.name());
    head.sender = platform::random_id();
    for (auto& r : open_senders(to, transport::result_mode::deferred)) {
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
  while (result.status == transport::send_status::would_block && !by.stuck && steady_clock::now() < end) {
    sender.wait(std::min<nanoseconds>(end - steady_clock::now(), milliseconds(10)));
    result = sender.send(datagram, std::max<std::size_t>(datagram.size, 1));
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
  const std::lock_guard lock(impl_->mutex);
  return impl_->put(byte_view(message));
} catch (const std::bad_alloc&) {
  return std::make_error_code(std::errc::not_enough_memory);
}

std::size_t slot_writer::max_message_size() const noexcept { return impl_->max_size; }

}  // namespace mailslog
