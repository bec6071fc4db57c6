// emit --via spdlog: one logger, shared by all threads.
#include <spdlog/logger.h>

#include <mailslog/spdlog.hpp>

#include "poster.hpp"

namespace {

class spdlog_poster final : public poster {
 public:
  explicit spdlog_poster(const std::string& where)
      : sink_(std::make_shared<mailslog::slot_sink_mt>(where)), log_("emit", sink_) {}

  void post(const std::string& text) override { log_.info(text); }
  void flush(std::chrono::nanoseconds timeout) override { sink_->flush(timeout); }
  mailslog::writer_stats stats() const override { return sink_->stats(); }

 private:
  std::shared_ptr<mailslog::slot_sink_mt> sink_;
  spdlog::logger log_;
};

}  // namespace

std::unique_ptr<poster> post_via_spdlog(const std::string& where) { return std::make_unique<spdlog_poster>(where); }
