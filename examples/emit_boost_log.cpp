// emit --via boost: one sink and one source, shared by all threads.
#include <boost/log/attributes/clock.hpp>
#include <boost/log/core.hpp>
#include <boost/log/sinks/unlocked_frontend.hpp>
#include <boost/log/sources/severity_channel_logger.hpp>
#include <boost/log/trivial.hpp>
#include <boost/make_shared.hpp>

#include <mailslog/boost_log.hpp>

#include "poster.hpp"

namespace logging = boost::log;

namespace {

class boost_log_poster final : public poster {
 public:
  explicit boost_log_poster(const std::string& where)
      : backend_(boost::make_shared<mailslog::slot_backend>(where)),
        sink_(boost::make_shared<logging::sinks::unlocked_sink<mailslog::slot_backend>>(backend_)),
        log_(logging::keywords::channel = "emit", logging::keywords::severity = logging::trivial::info) {
    logging::core::get()->add_global_attribute("TimeStamp", logging::attributes::utc_clock());
    logging::core::get()->add_sink(sink_);
  }
  ~boost_log_poster() override { logging::core::get()->remove_sink(sink_); }

  void post(const std::string& text) override { BOOST_LOG(log_) << text; }
  void flush(std::chrono::nanoseconds timeout) override { backend_->flush(timeout); }
  mailslog::writer_stats stats() const override { return backend_->stats(); }

 private:
  boost::shared_ptr<mailslog::slot_backend> backend_;
  boost::shared_ptr<logging::sinks::sink> sink_;
  logging::sources::severity_channel_logger_mt<logging::trivial::severity_level> log_;
};

}  // namespace

std::unique_ptr<poster> post_via_boost_log(const std::string& where) {
  return std::make_unique<boost_log_poster>(where);
}
