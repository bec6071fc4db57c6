#include <mailslog/record_writer.hpp>

#include <utility>

#include "send/outbox.hpp"
#include "platform/process.hpp"
#include "transport/open.hpp"
#include "transport/fan_out.hpp"
#include "wire/datagram.hpp"

namespace mailslog {
namespace {

history::ring_scope ring_scope_of(slot_scope s) {
  switch (s) {
    case slot_scope::local: break;
    case slot_scope::lan: return history::ring_scope::lan;
    case slot_scope::host: return history::ring_scope::host;
    case slot_scope::classic: return history::ring_scope::classic;
  }
  return history::ring_scope::local;
}

outbox_config outbox_config_for(const address& to) {
  outbox_config c;
  c.slot_tag = wire::slot_tag(to.name());
  c.slot = to.name();
  c.scope = ring_scope_of(to.scope());
  c.host = platform::host_name();
  c.app = to.options().app.empty() ? platform::program_name() : to.options().app;
  c.options = to.options();
  c.others_have_room = to.scope() == slot_scope::local || to.scope() == slot_scope::lan;
  return c;
}

std::unique_ptr<transport::datagram_sender> open(const address& to) {
  return transport::fan_out(open_senders(to, transport::result_mode::awaited));
}

}  // namespace

struct MAILSLOG_HIDDEN record_writer::impl {
  explicit impl(const address& to) : box([to] { return open(to); }, outbox_config_for(to)) {}
  outbox box;
};

record_writer::record_writer(const address& where) : impl_(std::make_unique<impl>(where)) {}
record_writer::record_writer(record_writer&&) noexcept = default;
record_writer& record_writer::operator=(record_writer&&) noexcept = default;
record_writer::~record_writer() = default;

std::error_code record_writer::write(const record& r) noexcept { return impl_->box.write(r); }
void record_writer::flush() noexcept { impl_->box.flush(); }
bool record_writer::flush(std::chrono::nanoseconds timeout) noexcept { return impl_->box.flush(timeout); }
writer_stats record_writer::stats() const noexcept { return impl_->box.stats(); }

}  // namespace mailslog
