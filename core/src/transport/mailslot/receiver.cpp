#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <new>
#include <thread>
#include <utility>
#include <vector>

#include "platform/process.hpp"
#include "platform/thread.hpp"
#include "platform/waker.hpp"
#include "transport/mailslot/mailslot.hpp"

namespace mailslog::transport {
namespace {

using namespace std::chrono;
using lock = std::unique_lock<std::mutex>;

// Messages to ourselves: they wake our thread, and when one arrives, all that was posted before it has arrived.
class marks {
 public:
  static constexpr std::size_t size = 24;

  std::vector<std::uint8_t> make(std::uint64_t number) const {
    std::vector<std::uint8_t> m(size);
    const std::uint64_t parts[] = {secret_[0], secret_[1], number};
    std::memcpy(m.data(), parts, size);
    return m;
  }
  /// The number; 0 if it is none.
  std::uint64_t read(const std::uint8_t* message, std::size_t n) const noexcept {
    std::uint64_t parts[3];
    if (n != size) return 0;
    std::memcpy(parts, message, size);
    return parts[0] == secret_[0] && parts[1] == secret_[1] ? parts[2] : 0;
  }

 private:
  std::uint64_t secret_[2] = {platform::random_id(), platform::random_id()};
};

// A mailslot cannot be waited for together with anything else, and a read that waits on it cannot be ended everywhere. So a thread
// reads, for at most so long at a time:
constexpr auto longest_read = seconds(1);
constexpr std::size_t most_waiting = std::size_t{1024} * 1024;  // bytes; the rest waits in the system

class mailslot_receiver final : public datagram_receiver {
 public:
  mailslot_receiver(mailslot_system& system, const std::string& path, std::unique_ptr<mailslot_system::server> slot,
                    std::unique_ptr<mailslot_system::server> hears_network, std::size_t max_datagram)
      : system_(system), path_(path), slot_(std::move(slot)), hears_network_(std::move(hears_network)), max_datagram_(max_datagram) {
    thread_ = platform::start_thread([this] { run(); });
  }
  ~mailslot_receiver() override {
    {
      const lock l(mutex_);
      closing_ = true;
      changed_.notify_all();
    }
    post(++last_mark_);
    thread_.join();
  }

  transport_traits traits() const noexcept override { return local_traits; }
  void receive(receive_buffer& out) override;
  void add_handles(std::vector<platform::wait_handle>& to) const override { to.push_back(arrived_.handle()); }
  void flush_pending() noexcept override;
  std::uint64_t dropped() const noexcept override { return 0; }
  std::uint64_t oversized() const noexcept override { return refused_; }

 private:
  void run();
  void keep(const std::uint8_t* message, std::size_t size);
  bool full() const noexcept { return waiting_.size() - taken_ >= most_waiting; }
  bool post(std::uint64_t mark) noexcept;

  mailslot_system& system_;
  const std::string path_;
  const std::unique_ptr<mailslot_system::server> slot_;
  const std::unique_ptr<mailslot_system::server> hears_network_;
  const std::size_t max_datagram_;
  const marks marks_;
  platform::waker arrived_;
  std::atomic<std::uint64_t> refused_{0};

  std::mutex mutex_;
  std::condition_variable changed_;
  bool closing_ = false;
  std::vector<std::uint8_t> waiting_;  // messages, one after another, those that were taken included
  std::deque<std::size_t> sizes_;      // of those that were not taken yet
  std::size_t taken_ = 0;              // bytes at the front of `waiting_`
  std::uint64_t last_mark_ = 0;
  std::uint64_t mark_seen_ = 0;
  std::thread thread_;
};

void mailslot_receiver::run() {
  std::vector<std::uint8_t> memory(receive_buffer::max_received + 1);
  for (;;) {
    std::size_t size = 0;
    const auto s = slot_->read(memory.data(), memory.size(), size);
    lock l(mutex_);
    if (closing_) return;
    try {
      if (s == mailslot_error::none) {
        keep(memory.data(), size);
      } else if (s == mailslot_error::insufficient_buffer) {
        memory.resize(std::max(memory.size(), slot_->next_size()));  // to be rid of it
      } else if (s != mailslot_error::timed_out) {
        changed_.wait_for(l, milliseconds(100), [this] { return closing_; });  // no error is known; not in a hot loop, then
      }
    } catch (const std::bad_alloc&) {
      ++refused_;
    }
    changed_.wait(l, [this] { return closing_ || !full(); });
    if (closing_) return;
  }
}

void mailslot_receiver::keep(const std::uint8_t* message, std::size_t size) {
  if (const auto mark = marks_.read(message, size)) {
    mark_seen_ = mark;
    changed_.notify_all();
  } else if (size > max_datagram_) {
    ++refused_;
  } else {
    if (taken_ > waiting_.size() / 2) {
      waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(taken_));
      taken_ = 0;
    }
    waiting_.insert(waiting_.end(), message, message + size);
    sizes_.push_back(size);
    arrived_.wake();
    if (full()) changed_.notify_all();
  }
}

void mailslot_receiver::receive(receive_buffer& out) {
  const lock l(mutex_);
  while (!sizes_.empty() && !out.full()) {
    const auto size = sizes_.front();
    if (size != 0) std::memcpy(out.free(), waiting_.data() + taken_, size);
    // Who posted it is not known: it may have come from another machine.
    out.add(size, std::max<std::size_t>(size, 1), {}, false);
    taken_ += size;
    sizes_.pop_front();
  }
  changed_.notify_all();
  if (!sizes_.empty()) return;
  waiting_.clear();
  taken_ = 0;
  arrived_.reset();
}

bool mailslot_receiver::post(std::uint64_t mark) noexcept try {
  const auto message = marks_.make(mark);
  std::unique_ptr<mailslot_system::client> self;
  if (system_.open(path_, self) != mailslot_error::none) return false;
  if (self->write({message.data(), message.size()}) == mailslot_error::pending) {
    self->wait(longest_read);
    self->cancel();
  }
  return true;
} catch (const std::bad_alloc&) {
  return false;
}

void mailslot_receiver::flush_pending() noexcept {
  lock l(mutex_);
  const auto settled = [this, mark = ++last_mark_] { return closing_ || full() || mark_seen_ >= mark; };
  const auto mark = last_mark_;
  l.unlock();
  const bool posted = post(mark);
  l.lock();
  if (posted) changed_.wait_for(l, longest_read, settled);
}

[[noreturn]] void fail(mailslot_system& system, mailslot_system::status s, const std::string& name, const std::string& path) {
  std::string what = "cannot open slot \"" + name + "\": " + path;
  if (s == mailslot_error::already_exists) what += ": another program is reading it, and a mailslot has one reader";
  throw std::system_error(system.error(s), what);
}

}  // namespace

std::string hears_network(const std::string& name) { return name + "%network"; }  // no slot's name has a '%'

std::unique_ptr<datagram_receiver> open_mailslot_receiver(mailslot_system& system, const std::string& name,
                                                          const local_options& options) {
  const auto max_datagram = options.max_datagram != 0 ? std::min(options.max_datagram, receive_buffer::max_received)
                                                      : receive_buffer::max_received;
  const auto open = [&](const std::string& path, std::unique_ptr<mailslot_system::server>& out) {
    return system.create(path, std::max(max_datagram, marks::size), longest_read, options.security, out);
  };
  const auto path = mailslot_path(name);
  std::unique_ptr<mailslot_system::server> slot;
  std::unique_ptr<mailslot_system::server> hears;
  const auto s = open(path, slot);
  if (s == mailslot_error::already_exists && options.lan) return nullptr;
  if (s != mailslot_error::none) fail(system, s, name, path);
  // Without it our reader gets twice what is posted to the network, and drops it as repeated.
  if (options.lan) open(mailslot_path(hears_network(name)), hears);
  return std::make_unique<mailslot_receiver>(system, path, std::move(slot), std::move(hears), max_datagram);
}

}  // namespace mailslog::transport
