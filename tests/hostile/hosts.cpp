#include "hosts.hpp"

#include <atomic>
#include <stdexcept>
#include <thread>

#ifdef HOSTILE_SPDLOG
#include <spdlog/async.h>
#include <spdlog/async_logger.h>

#include <mailslog/spdlog.hpp>
#endif

#ifdef HOSTILE_BOOST_LOG
#include <boost/log/core.hpp>
#include <boost/log/sinks/async_frontend.hpp>
#include <boost/log/sinks/sync_frontend.hpp>
#include <boost/log/sinks/unlocked_frontend.hpp>
#include <boost/log/sources/record_ostream.hpp>
#include <boost/log/sources/severity_logger.hpp>
#include <boost/log/trivial.hpp>
#include <boost/make_shared.hpp>

#include <mailslog/boost_log.hpp>
#endif

#include "support/wait_until.hpp"

namespace mailslog::test {
namespace {

#ifdef HOSTILE_SPDLOG
class spdlog_host : public host {
 public:
  explicit spdlog_host(const std::string& address, bool async) : sink_(std::make_shared<slot_sink_mt>(address)) {
    if (async) {
      pool_ = std::make_shared<spdlog::details::thread_pool>(8192, 1);
      logger_ = std::make_shared<spdlog::async_logger>("host", sink_, pool_);
    } else {
      logger_ = std::make_shared<spdlog::logger>("host", sink_);
    }
    logger_->set_error_handler([this](const std::string&) { ++complaints_; });
  }

  void log(const std::string& text) override try {
    logger_->info(text);
  } catch (...) {  // spdlog's asynchronous logger has no memory for its copy; later versions tell the error handler
    ++complaints_;
  }
  writer_stats stats() const override { return sink_->stats(); }
  bool flush(std::chrono::nanoseconds timeout) override { return sink_->flush(timeout); }
  std::uint64_t complaints() const override { return complaints_; }

 private:
  std::shared_ptr<slot_sink_mt> sink_;
  std::shared_ptr<spdlog::details::thread_pool> pool_;
  std::shared_ptr<spdlog::logger> logger_;
  std::atomic<std::uint64_t> complaints_{0};
};
#endif

#ifdef HOSTILE_BOOST_LOG
namespace sinks = boost::log::sinks;

void stop(sinks::asynchronous_sink<slot_backend>& frontend) {
  frontend.stop();
  frontend.flush();
}
template <class Frontend>
void stop(Frontend&) {}

template <class Frontend>
class boost_host : public host {
 public:
  explicit boost_host(const std::string& address)
      : backend_(boost::make_shared<slot_backend>(address)), frontend_(boost::make_shared<Frontend>(backend_)) {
    boost::log::core::get()->add_sink(frontend_);
  }
  ~boost_host() override {
    boost::log::core::get()->remove_sink(frontend_);
    stop(*frontend_);
  }

  void log(const std::string& text) override try {
    boost::log::sources::severity_logger<boost::log::trivial::severity_level> logger;
    BOOST_LOG_SEV(logger, boost::log::trivial::info) << text;
  } catch (...) {
    ++complaints_;
  }
  writer_stats stats() const override { return backend_->stats(); }
  bool flush(std::chrono::nanoseconds timeout) override { return backend_->flush(timeout); }
  std::uint64_t complaints() const override { return complaints_; }

 private:
  boost::shared_ptr<slot_backend> backend_;
  boost::shared_ptr<Frontend> frontend_;
  std::atomic<std::uint64_t> complaints_{0};
};
#endif

}  // namespace

const std::vector<std::string>& all_hosts() {
  static const std::vector<std::string> hosts = {
#ifdef HOSTILE_SPDLOG
      "spdlog", "spdlog async",
#endif
#ifdef HOSTILE_BOOST_LOG
      "boost", "boost async",
#endif
  };
  return hosts;
}

const std::vector<std::string>& unlocked_hosts() {
  static const std::vector<std::string> hosts = {
#ifdef HOSTILE_SPDLOG
      "spdlog",
#endif
#ifdef HOSTILE_BOOST_LOG
      "boost unlocked",
#endif
  };
  return hosts;
}

void load_libraries() {
  for (const auto& via : all_hosts()) make_host(via, "nobody")->log("for nobody");
}

std::unique_ptr<host> make_host(const std::string& via, const std::string& address) {
#ifdef HOSTILE_SPDLOG
  if (via == "spdlog" || via == "spdlog async") return std::make_unique<spdlog_host>(address, via != "spdlog");
#endif
#ifdef HOSTILE_BOOST_LOG
  if (via == "boost") return std::make_unique<boost_host<sinks::synchronous_sink<slot_backend>>>(address);
  if (via == "boost async") return std::make_unique<boost_host<sinks::asynchronous_sink<slot_backend>>>(address);
  if (via == "boost unlocked") return std::make_unique<boost_host<sinks::unlocked_sink<slot_backend>>>(address);
#endif
  throw std::invalid_argument(via);
}

void log_many(host& to, const std::string& text, int count, int threads) {
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t) {
    all.emplace_back([&to, &text, t, count, threads] {
      for (int i = t; i < count; i += threads) to.log(text + ' ' + std::to_string(i));
    });
  }
  for (auto& t : all) t.join();
}

bool settled(const host& of, std::uint64_t logged) {
  return wait_until([&] {
    const auto s = of.stats();
    return s.written + s.dropped_queue + s.dropped_too_large >= logged;
  });
}

}  // namespace mailslog::test
