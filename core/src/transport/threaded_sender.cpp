#include "transport/threaded_sender.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "platform/thread.hpp"

namespace mailslog::transport {
namespace {

using namespace std::chrono;
using lock = std::unique_lock<std::mutex>;

constexpr std::size_t most_queued = std::size_t{64} * 1024;  // bytes
constexpr auto tried_every = seconds(1);
constexpr auto longest_end = seconds(1);

struct batch {
  std::vector<std::uint8_t> bytes;
  std::size_t datagram_size;

  std::size_t cost() const noexcept { return std::max<std::size_t>(bytes.size(), 1); }  // an empty one is one, too
};

// Shared with the thread, which may be left behind in a call of the system's.
struct work {
  std::unique_ptr<datagram_sender> sender;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<batch> queue;
  std::size_t queued = 0;  // bytes, the batch now being sent included
  bool stopping = false;   // when nothing is left to send
  std::atomic<bool> given_up{false};
  send_result last;        // of the last batch; its error until it is told
};

void run(work& w) {
  lock l(w.mutex);
  for (;;) {
    w.changed.wait(l, [&w] { return w.stopping || !w.queue.empty(); });
    if (w.queue.empty()) return;
    const auto next = std::move(w.queue.front());
    w.queue.pop_front();
    l.unlock();
    const byte_view datagrams(next.bytes.data(), next.bytes.size());
    auto result = w.sender->send(datagrams, next.datagram_size);
    for (; result.status == send_status::would_block && !w.given_up; result = w.sender->send(datagrams, next.datagram_size)) {
      w.sender->wait(milliseconds(100));
    }
    l.lock();
    if (!result.error && result.taken != 0) result.error = w.last.error;  // of one before it, and not told yet
    w.last = result;
    w.queued -= next.cost();
    w.changed.notify_all();
  }
}

class threaded final : public datagram_sender {
 public:
  threaded(std::unique_ptr<datagram_sender> sender, result_mode how)
      : exact_(how == result_mode::awaited),
        traits_(sender->traits()),
        max_(sender->max_datagram()),
        usual_(sender->default_datagram()),
        at_once_(sender->datagrams_at_once(usual_)) {
    work_->sender = std::move(sender);
  }
  ~threaded() override {
    lock l(work_->mutex);
    work_->stopping = true;
    work_->changed.notify_all();
    const bool ended = work_->changed.wait_for(l, longest_end, [this] { return work_->queued == 0; });
    work_->queue.clear();
    work_->given_up = true;
    l.unlock();
    if (!thread_.joinable()) return;
    if (ended) {
      thread_.join();
    } else {
      platform::leave(std::move(thread_));
    }
  }

  send_result send(byte_view datagrams, std::size_t datagram_size) noexcept override try {
    const lock l(work_->mutex);
    if (std::min(datagram_size, datagrams.size) > max_) return {send_status::failed, std::make_error_code(std::errc::message_size), 0};
    return exact_ ? send_exact(datagrams, datagram_size) : send_at_once(datagrams, datagram_size);
  } catch (const std::system_error& e) {  // no thread to be had
    return {send_status::failed, e.code(), 0};
  } catch (...) {
    return {send_status::failed, std::make_error_code(std::errc::not_enough_memory), 0};
  }
  // What was handed over is sent all the same.
  void abandon() noexcept override { handed_over_ = false; }
  void wait(nanoseconds timeout) noexcept override {
    lock l(work_->mutex);
    work_->changed.wait_for(l, timeout, [this] { return work_->queued == 0; });
  }
  transport_traits traits() const noexcept override { return traits_; }
  std::size_t max_datagram() const noexcept override { return max_; }
  std::size_t default_datagram() const noexcept override { return usual_; }
  std::size_t datagrams_at_once(std::size_t) const noexcept override { return at_once_; }

 private:
  send_result send_exact(byte_view datagrams, std::size_t datagram_size) {
    if (work_->queued != 0) return {send_status::would_block, {}, 0};
    if (!std::exchange(handed_over_, false)) {
      hand_over(datagrams, datagram_size);
      handed_over_ = true;
      return {send_status::would_block, {}, 0};
    }
    return work_->last;
  }
  send_result send_at_once(byte_view datagrams, std::size_t datagram_size) {
    auto& last = work_->last;
    if (last.status == send_status::failed && last.taken == 0) {
      const auto now = steady_clock::now();
      if (now - tried_ < tried_every) return last;
      tried_ = now;
      last = {};
    }
    if (work_->queued != 0 && work_->queued + datagrams.size > most_queued) return {send_status::would_block, {}, 0};
    hand_over(datagrams, datagram_size);
    send_result result;
    result.error = std::exchange(last.error, {});
    result.taken = 1;
    result.conclude(false);
    return result;
  }
  void hand_over(byte_view datagrams, std::size_t datagram_size) {
    if (!thread_.joinable()) thread_ = platform::start_thread([shared = work_] { run(*shared); });
    work_->queue.push_back({{datagrams.data, datagrams.data + datagrams.size}, datagram_size});
    work_->queued += work_->queue.back().cost();
    work_->changed.notify_all();
  }

  const bool exact_;
  const transport_traits traits_;
  const std::size_t max_;
  const std::size_t usual_;
  const std::size_t at_once_;
  std::shared_ptr<work> work_ = std::make_shared<work>();
  bool handed_over_ = false;
  steady_clock::time_point tried_{};
  std::thread thread_;
};

}  // namespace

std::unique_ptr<datagram_sender> threaded_sender(std::unique_ptr<datagram_sender> sender, result_mode how) {
  return std::make_unique<threaded>(std::move(sender), how);
}

}  // namespace mailslog::transport
