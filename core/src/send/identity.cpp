#include "send/identity.hpp"

#include <algorithm>

#include "platform/process.hpp"

namespace mailslog {
namespace {

using namespace std::chrono;

std::uint64_t wall_clock_ns() {
  return static_cast<std::uint64_t>(duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count());
}

}  // namespace

identity::identity(const outbox_config& c)
    : id_(platform::random_id()), started_(wall_clock_ns()), started_at_(c.clock() + c.slept()) {}

wire::packer identity::packer(const outbox_config& c, std::size_t limit, std::size_t datagrams) const {
  wire::sender_frame who;
  who.started = started_;
  who.process = platform::process_id();
  who.host = c.host;
  who.app = c.app;
  return wire::packer(c.slot_tag, id_, who, limit, datagrams, c.options.checksum);
}

history::ring_info identity::ring(const outbox_config& c) const {
  history::ring_info i;
  i.slot_tag = c.slot_tag;
  i.scope = c.scope;
  i.sender = id_;
  i.started = started_;
  i.process = platform::process_id();
  i.host = c.host;
  i.app = c.app;
  i.slot = c.slot;
  return i;
}

std::uint32_t identity::age_ms(time_point now_with_sleep) const noexcept {
  const auto age = duration_cast<milliseconds>(now_with_sleep - started_at_).count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(age, 0, wire::max_age_ms));
}

}  // namespace mailslog
