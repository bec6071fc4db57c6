#include "transport/fallback_sender.hpp"

#include <utility>

#include <mailslog/error.hpp>

namespace mailslog::transport {
namespace {

class fallback final : public datagram_sender {
 public:
  fallback(std::unique_ptr<datagram_sender> first, std::function<std::unique_ptr<datagram_sender>()> second)
      : first_(std::move(first)), open_second_(std::move(second)) {}

  send_result send(byte_view datagrams, std::size_t datagram_size) noexcept override try {
    if (!second_) {
      const auto r = first_->send(datagrams, datagram_size);
      if (r.error != errc::remote_mailslots_off) return r;
      second_ = open_second_();
    }
    auto r = second_->send(datagrams, datagram_size);
    if (r.status == send_status::done && !std::exchange(told_, true)) {
      r.error = make_error_code(errc::fell_back_to_udp);
      r.conclude(false);
    }
    return r;
  } catch (...) {
    return {send_status::failed, std::make_error_code(std::errc::not_enough_memory), 0};
  }
  void abandon() noexcept override { now().abandon(); }
  void wait(std::chrono::nanoseconds timeout) noexcept override { now().wait(timeout); }
  transport_traits traits() const noexcept override { return first_->traits(); }
  std::size_t max_datagram() const noexcept override { return first_->max_datagram(); }
  std::size_t default_datagram() const noexcept override { return first_->default_datagram(); }
  std::size_t datagrams_at_once(std::size_t datagram_size) const noexcept override { return first_->datagrams_at_once(datagram_size); }

 private:
  datagram_sender& now() noexcept { return second_ ? *second_ : *first_; }

  std::unique_ptr<datagram_sender> first_;
  std::function<std::unique_ptr<datagram_sender>()> open_second_;
  std::unique_ptr<datagram_sender> second_;
  bool told_ = false;
};

}  // namespace

std::unique_ptr<datagram_sender> fallback_sender(std::unique_ptr<datagram_sender> first,
                                               std::function<std::unique_ptr<datagram_sender>()> second) {
  return std::make_unique<fallback>(std::move(first), std::move(second));
}

}  // namespace mailslog::transport
