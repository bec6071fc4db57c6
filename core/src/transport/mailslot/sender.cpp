#include <algorithm>
#include <utility>
#include <vector>

#include <mailslog/error.hpp>

#include "transport/mailslot/mailslot.hpp"

namespace mailslog::transport {
namespace {

using status = mailslot_system::status;

struct sizes {
  std::size_t most;
  std::size_t usual;
  std::size_t at_once;  // bytes
};

class mailslot_sender final : public datagram_sender {
 public:
  /// `other`: while that mailslot is there, its reader hears us by another way.
  mailslot_sender(mailslot_system& system, std::string path, std::string other, bool remote, sizes s)
      : system_(system), path_(std::move(path)), other_(std::move(other)), remote_(remote), sizes_(s) {}

  // From machine to machine it is the classic protocol that carries them.
  transport_traits traits() const noexcept override { return {remote_, !remote_, false}; }
  send_result send(byte_view datagrams, std::size_t datagram_size) noexcept override;
  void abandon() noexcept override {
    if (pending_) client_->cancel();
    pending_ = false;
    sending_ = false;
  }
  void wait(std::chrono::nanoseconds timeout) noexcept override {
    if (pending_) client_->wait(timeout);
  }

  std::size_t max_datagram() const noexcept override { return sizes_.most; }
  std::size_t default_datagram() const noexcept override { return sizes_.usual; }
  std::size_t datagrams_at_once(std::size_t datagram_size) const noexcept override {
    return std::max<std::size_t>(sizes_.at_once / datagram_size, 1);
  }

 private:
  bool reader_has_other_way() const;
  status write(byte_view datagram);
  status go_on(byte_view datagram);
  std::error_code error_of(status s) const noexcept;

  mailslot_system& system_;
  const std::string path_;
  const std::string other_;
  const bool remote_;
  const sizes sizes_;

  std::vector<std::uint8_t> in_flight_;  // the system's as long as it is pending; the caller's may move
  std::unique_ptr<mailslot_system::client> client_;
  bool fresh_ = false;    // opened during this call of `send`
  bool pending_ = false;  // the system has a datagram that it has no room for yet
  bool sending_ = false;
  bool complete_ = false;  // the reader has got all so far
  std::size_t sent_ = 0;
  send_result result_;
};

bool mailslot_sender::reader_has_other_way() const {
  std::unique_ptr<mailslot_system::client> probe;
  return !other_.empty() && system_.open(other_, probe) == mailslot_error::none;
}

// A reader that has ended may have been followed by another one, so what fails on an old handle is tried on a new one. Which errors
// tell that the reader is gone is nowhere written.
status mailslot_sender::write(byte_view datagram) {
  for (;;) {
    if (!client_) {
      if (const auto s = system_.open(path_, client_)) return s;
      fresh_ = true;
    }
    in_flight_.assign(datagram.data, datagram.data + datagram.size);
    const auto s = client_->write({in_flight_.data(), in_flight_.size()});
    if (s == mailslot_error::none || s == mailslot_error::pending || fresh_) return s;
    client_.reset();
  }
}

// With what is pending.
status mailslot_sender::go_on(byte_view datagram) {
  auto s = client_->result();
  // In Wine, only who opens the mailslot again learns that its reader is gone.
  if (s == mailslot_error::pending && system_.writers_keep_slots()) s = client_->cancel();
  if (s == mailslot_error::none || s == mailslot_error::pending) return s;
  // The reader has gone, or the thread that began has ended, and the system has cancelled what it had begun.
  client_.reset();
  return write(datagram);
}

std::error_code mailslot_sender::error_of(status s) const noexcept {
  const bool off = s == mailslot_error::remote_mailslots_off || s == mailslot_error::bad_network_path ||
                   s == mailslot_error::bad_network_name || s == mailslot_error::path_not_found || s == mailslot_error::file_not_found;
  return remote_ && off ? make_error_code(errc::remote_mailslots_off) : system_.error(s);
}

send_result mailslot_sender::send(byte_view datagrams, std::size_t datagram_size) noexcept try {
  if (!sending_) {
    result_ = {};
    sent_ = 0;
    complete_ = true;
    fresh_ = false;
    if (reader_has_other_way()) return result_;
  }
  sending_ = true;
  do {  // once also for a message of no bytes
    const auto datagram = datagrams.part(sent_, std::min(datagram_size, datagrams.size - sent_));
    if (datagram.size > sizes_.most) {
      result_.error = std::make_error_code(std::errc::message_size);
      complete_ = false;
      sent_ += datagram.size;
      continue;
    }
    const auto s = pending_ ? go_on(datagram) : write(datagram);
    pending_ = s == mailslot_error::pending;
    if (pending_) {
      result_.conclude(true);
      return result_;
    }
    if (!remote_ && !client_ && (s == mailslot_error::file_not_found || s == mailslot_error::path_not_found)) {
      complete_ = false;  // nobody reads, which is no error
      break;
    }
    if (s != mailslot_error::none) {
      result_.error = error_of(s);
      complete_ = false;
      if (!client_) break;
    }
    sent_ += datagram.size;
  } while (sent_ < datagrams.size);
  sending_ = false;
  if (system_.writers_keep_slots()) client_.reset();
  if (complete_) result_.taken = 1;
  result_.conclude(false);
  return result_;
} catch (...) {  // no memory
  abandon();
  return {send_status::failed, std::make_error_code(std::errc::not_enough_memory), 0};
}

}  // namespace

std::string mailslot_path(const std::string& name, const std::string& host) {
  auto path = R"(\\)" + host + R"(\mailslot\)" + name;
  std::replace(path.begin(), path.end(), '/', '\\');
  return path;
}

std::size_t max_remote_message(const std::string& name) noexcept {
  constexpr std::size_t room = 432;  // 512 for the whole SMB message, less its header and the fixed part of the name
  const auto name_size = (name.size() + 3) / 4 * 4;
  return std::min<std::size_t>(424, room - name_size);
}

std::unique_ptr<datagram_sender> open_mailslot_sender(mailslot_system& system, const std::string& name, const local_options& options) {
  constexpr std::size_t most = receive_buffer::max_received;
  return std::make_unique<mailslot_sender>(system, mailslot_path(name), options.lan ? mailslot_path(hears_network(name)) : "", false,
                                           sizes{most, most / 2, most / 2});
}

std::unique_ptr<datagram_sender> open_remote_mailslot_sender(mailslot_system& system, const std::string& host, const std::string& name) {
  const auto most = max_remote_message(name);
  return std::make_unique<mailslot_sender>(system, mailslot_path(name, host), "", true, sizes{most, most, 8 * most});
}

}  // namespace mailslog::transport
