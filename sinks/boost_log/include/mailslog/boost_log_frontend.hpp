// What Boost.Log's frontends have in common, for the slot backend. Not for users; see boost_log.hpp.
#pragma once

#include <atomic>
#include <mutex>

#include <boost/log/core/record_view.hpp>
#include <boost/log/detail/fake_mutex.hpp>
#include <boost/log/sinks/basic_sink_frontend.hpp>
#include <boost/thread/exceptions.hpp>

namespace mailslog {

class slot_backend;

namespace detail {

/// A frontend that formats only if it was given a formatter, and posts the message if that fails. Boost.Log's own always formats:
/// without a formatter, it streams the message into a string first.
class slot_frontend : public boost::log::sinks::basic_formatting_sink_frontend<char> {
  using base = boost::log::sinks::basic_formatting_sink_frontend<char>;

 public:
  explicit slot_frontend(bool cross_thread) : base(cross_thread) {}

  template <class Formatter>
  void set_formatter(const Formatter& formatter) {
    base::set_formatter(formatter);
    formats_.store(true, std::memory_order_release);
  }

  void reset_formatter() {
    formats_.store(false, std::memory_order_release);
    base::reset_formatter();
  }

 protected:
  template <class Mutex, class Backend>
  void feed_record(const boost::log::record_view& record, Mutex& mutex, Backend& backend) {
    if (formats_.load(std::memory_order_acquire)) {
      try {
        return base::feed_record(record, mutex, backend);
      } catch (const boost::thread_interrupted&) {
        throw;
      } catch (...) {  // the user's formatter failed, and no exception handler took it
      }
    }
    const std::lock_guard<Mutex> lock(mutex);
    backend.consume(record);
  }

  template <class Mutex, class Backend>
  bool try_feed_record(const boost::log::record_view& record, Mutex& mutex, Backend& backend) {
    const std::unique_lock<Mutex> lock(mutex, std::try_to_lock);
    boost::log::aux::fake_mutex locked;
    if (lock) feed_record(record, locked, backend);
    return lock.owns_lock();
  }

 private:
  std::atomic<bool> formats_{false};
};

}  // namespace detail
}  // namespace mailslog

// The one place where Boost.Log chooses what its frontends derive from. It is not a documented one: tried with Boost 1.74. Should
// a later Boost have another, define the macro; then its frontends are used as they are, which costs time but changes nothing.
#ifndef MAILSLOG_BOOST_LOG_PLAIN_FRONTEND
template <>
struct boost::log::sinks::aux::make_sink_frontend_base<mailslog::slot_backend, true> {
  using type = mailslog::detail::slot_frontend;
};
#endif
