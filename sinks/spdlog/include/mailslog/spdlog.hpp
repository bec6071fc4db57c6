// A spdlog sink that posts to a slot.
//
//   auto log = mailslog::slot_logger_mt("compiler", "*/build-farm");
//   log->warn("unused variable {}", name);
//
//   logger->sinks().push_back(std::make_shared<mailslog::slot_sink_mt>("*/build-farm"));
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include <spdlog/details/log_msg.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/details/synchronous_factory.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/sink.h>
#if __has_include(<spdlog/mdc.h>) && !defined(SPDLOG_NO_TLS)
#include <spdlog/mdc.h>
#define MAILSLOG_SPDLOG_HAS_MDC
#endif

#include <mailslog/address.hpp>
#include <mailslog/record_writer.hpp>

namespace mailslog {

/// What a record's text is.
enum class text_form {
  plain,      ///< the message; everything else travels as fields, and the reader formats it
  formatted,  ///< what the sink's formatter or pattern makes of it, without the line end
};

namespace detail {

inline level to_level(spdlog::level::level_enum from) noexcept {
  switch (from) {
    case spdlog::level::trace: return level::trace;
    case spdlog::level::debug: return level::debug;
    case spdlog::level::info: return level::info;
    case spdlog::level::warn: return level::warning;
    case spdlog::level::err: return level::error;
    default: return level::critical;
  }
}

inline std::string_view without_line_end(std::string_view text) noexcept {
  if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  return text;
}

// spdlog's own kind of exception, or, where it was built without any, its way to end.
inline address checked_address(const std::string& where, const slot_options& options) {
#ifdef SPDLOG_NO_EXCEPTIONS
  return address(where, options);
#else
  try {
    return address(where, options);
  } catch (const address_error& e) {
    throw spdlog::spdlog_ex(e.what());
  }
#endif
}

}  // namespace detail

/// Posts each record to one slot: level, logger, thread, time, source location and text as fields, and the mapped diagnostic
/// context (MDC), where this spdlog has one, as string attributes.
///
/// Threads: `log` and `flush` may be called from any. No lock is held around the posting; `Mutex` guards the formatter alone.
/// `log` never throws and never waits, but for `overflow_policy::block`. What could not be posted is counted in `stats()` and
/// told to the readers.
///
/// `set_pattern` and `set_formatter` have an effect only with `text_form::formatted`: they are usually meant for files.
///
/// The MDC belongs to the calling thread. An asynchronous logger calls its sinks from another thread, where it cannot be seen:
/// put this sink, which does not wait, in front of such a logger with `slot_in_front_of`.
template <class Mutex>
class slot_sink final : public spdlog::sinks::sink {
 public:
  /// Throws `spdlog::spdlog_ex` if the address makes no sense, and for nothing else: a slot that nobody reads, an unknown host
  /// and a network that is down are no errors. Options in the address override those in `options`.
  explicit slot_sink(const std::string& where, const slot_options& options = {}, text_form text = text_form::plain)
      : writer_(detail::checked_address(where, options)), text_(text), formatter_(new spdlog::pattern_formatter) {}

  void log(const spdlog::details::log_msg& msg) override {
    record r;
    r.time = std::chrono::time_point_cast<std::chrono::nanoseconds>(msg.time);
    r.level = detail::to_level(msg.level);
    r.thread = msg.thread_id;
    r.logger = {msg.logger_name.data(), msg.logger_name.size()};
    if (msg.source.filename != nullptr) r.source.file = msg.source.filename;
    if (msg.source.line > 0) r.source.line = static_cast<std::uint32_t>(msg.source.line);
    if (msg.source.funcname != nullptr) r.source.function = msg.source.funcname;
#ifdef MAILSLOG_SPDLOG_HAS_MDC
    for (const auto& [key, value] : spdlog::mdc::get_context()) r.attributes.push_back({key, std::string_view(value)});
#endif
    if (text_ == text_form::plain) {
      r.text = detail::without_line_end({msg.payload.data(), msg.payload.size()});
      writer_.write(r);
    } else {
      spdlog::memory_buf_t formatted;
      {
        const std::lock_guard<Mutex> lock(mutex_);
        formatter_->format(msg, formatted);
      }
      r.text = detail::without_line_end({formatted.data(), formatted.size()});
      writer_.write(r);
    }
  }

  /// Hands what was logged to the system, as far as it takes it now. See `record_writer::flush`.
  void flush() override { writer_.flush(); }

  void set_pattern(const std::string& pattern) override {
    set_formatter(std::unique_ptr<spdlog::formatter>(new spdlog::pattern_formatter(pattern)));
  }

  void set_formatter(std::unique_ptr<spdlog::formatter> formatter) override {
    const std::lock_guard<Mutex> lock(mutex_);
    formatter_ = std::move(formatter);
  }

  writer_stats stats() const noexcept { return writer_.stats(); }
  std::uint64_t dropped() const noexcept { return writer_.dropped(); }

 private:
  record_writer writer_;
  const text_form text_;
  Mutex mutex_;
  std::unique_ptr<spdlog::formatter> formatter_;
};

using slot_sink_mt = slot_sink<std::mutex>;
using slot_sink_st = slot_sink<spdlog::details::null_mutex>;

/// Makes a logger with one `slot_sink` and registers it with spdlog. Throws `spdlog::spdlog_ex` as the sink does, and if there is
/// a logger of that name. `Factory` as in spdlog: `slot_logger_mt<spdlog::async_factory>(…)`.
template <class Factory = spdlog::synchronous_factory>
std::shared_ptr<spdlog::logger> slot_logger_mt(const std::string& logger_name, const std::string& where,
                                               const slot_options& options = {}) {
  return Factory::template create<slot_sink_mt>(logger_name, where, options);
}

/// The same for one thread.
template <class Factory = spdlog::synchronous_factory>
std::shared_ptr<spdlog::logger> slot_logger_st(const std::string& logger_name, const std::string& where,
                                               const slot_options& options = {}) {
  return Factory::template create<slot_sink_st>(logger_name, where, options);
}

namespace detail {

class forwarding_sink final : public spdlog::sinks::sink {
 public:
  explicit forwarding_sink(std::shared_ptr<spdlog::logger> to) : to_(std::move(to)) {}

  void log(const spdlog::details::log_msg& msg) override { to_->log(msg.time, msg.source, msg.level, msg.payload); }
  void flush() override { to_->flush(); }
  void set_pattern(const std::string& pattern) override { to_->set_pattern(pattern); }
  void set_formatter(std::unique_ptr<spdlog::formatter> formatter) override { to_->set_formatter(std::move(formatter)); }

 private:
  std::shared_ptr<spdlog::logger> to_;
};

}  // namespace detail

/// A logger that posts to `slot` from the calling thread, where the MDC can be seen, and then passes the record on to `logger`,
/// which may be asynchronous. It has `logger`'s name and level, and is not registered; `logger` keeps its own sinks and level.
inline std::shared_ptr<spdlog::logger> slot_in_front_of(std::shared_ptr<spdlog::logger> logger, spdlog::sink_ptr slot) {
  const auto level = logger->level();
  const std::string name = logger->name();
  auto front = std::make_shared<spdlog::logger>(
      name, spdlog::sinks_init_list{std::move(slot), std::make_shared<detail::forwarding_sink>(std::move(logger))});
  front->set_level(level);
  return front;
}

}  // namespace mailslog
