// A spdlog sink that posts to a slot.
//
//   auto log = mailslog::slot_logger_mt("compiler", "*/build-farm");
//   log->warn("unused variable {}", name);
//
//   logger->sinks().push_back(std::make_shared<mailslog::slot_sink_mt>("*/build-farm"));      // beside other sinks
//   auto log = mailslog::slot_logger_mt<spdlog::async_factory>("compiler", "*/build-farm");  // from spdlog's thread
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <spdlog/details/null_mutex.h>
#include <spdlog/details/synchronous_factory.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/sink.h>

#include <mailslog/record_writer.hpp>
#include <mailslog/spdlog_context.hpp>

namespace mailslog {

/// What a record's text is.
enum class text_form {
  plain,      ///< the message alone; everything else travels as fields, and the reader formats it
  formatted,  ///< what the sink's pattern or formatter makes of it
};

/// Posts each record to one slot: level, logger name, thread, time, source location and text as fields, and spdlog's mapped
/// diagnostic context (MDC), where this spdlog has one, as attributes. One line end at the end of a text is not sent.
///
/// Threads: `log`, `flush` and `stats` may be called from any. No lock is held around the posting; `Mutex` guards the formatter
/// alone, so with `text_form::formatted` a `slot_sink_st` is for one thread.
///
/// `log` and `flush` never throw and never wait, but for `overflow_policy::block`. What could not be posted is counted in
/// `stats()` and told to the readers.
///
/// `set_pattern` and `set_formatter` have an effect with `text_form::formatted` only: a logger's pattern is meant for files.
///
/// The MDC belongs to the calling thread. An asynchronous logger calls its sinks from another thread, where it cannot be seen:
/// put this sink, which does not wait, in front of such a logger with `slot_in_front_of`.
template <class Mutex>
class slot_sink final : public spdlog::sinks::sink {
 public:
  /// Throws `spdlog::spdlog_ex` if the address or an option makes no sense, and for nothing else: a slot that nobody reads, an
  /// unknown host and a network that is down are no errors. Options in the address override those in `options`.
  /// Where spdlog is built without exceptions, a bad address ends the program, as spdlog's own errors do.
  explicit slot_sink(std::string_view where, const slot_options& options = {}, text_form text = text_form::plain)
      : slot_sink(open(where, options), text) {}

  /// The same for an address that was checked before. (A template, so that "name" means the one above.)
  template <class Address, class = std::enable_if_t<std::is_same_v<Address, address>>>
  explicit slot_sink(const Address& where, text_form text = text_form::plain) : slot_sink(record_writer(where), text) {}

  void log(const spdlog::details::log_msg& msg) noexcept override {
    if (text_ == text_form::plain) return write(msg, view(msg.payload));
    SPDLOG_TRY {
      spdlog::memory_buf_t formatted;
      {
        const std::lock_guard<Mutex> lock(mutex_);
        formatter_->format(msg, formatted);
      }
      return write(msg, {formatted.data(), formatted.size()});
    }
#ifndef SPDLOG_NO_EXCEPTIONS
    catch (...) {  // the user's formatter failed
      write(msg, view(msg.payload));
    }
#endif
  }

  /// Hands what was logged to the system, as far as it takes it now. See `record_writer::flush`.
  void flush() noexcept override { writer_.flush(); }

  /// The same, and waits for at most `timeout` until the system has taken everything logged before. True if it has.
  bool flush(std::chrono::nanoseconds timeout) noexcept { return writer_.flush(timeout); }

  void set_pattern(const std::string& pattern) override {
    set_formatter(std::make_unique<spdlog::pattern_formatter>(pattern));
  }

  void set_formatter(std::unique_ptr<spdlog::formatter> formatter) override {
    const std::lock_guard<Mutex> lock(mutex_);
    formatter_ = std::move(formatter);
  }

  writer_stats stats() const noexcept { return writer_.stats(); }

 private:
  slot_sink(record_writer&& writer, text_form text)
      : writer_(std::move(writer)), text_(text), formatter_(std::make_unique<spdlog::pattern_formatter>()) {}

  static record_writer open(std::string_view where, const slot_options& options) {
#ifdef SPDLOG_NO_EXCEPTIONS
    return record_writer(where, options);
#else
    try {
      return record_writer(where, options);
    } catch (const address_error& e) {
      throw spdlog::spdlog_ex(e.what());
    }
#endif
  }

  static std::string_view view(spdlog::string_view_t text) noexcept { return {text.data(), text.size()}; }

  static mailslog::level to_level(spdlog::level::level_enum level) noexcept {
    switch (level) {
      case spdlog::level::trace: return level::trace;
      case spdlog::level::debug: return level::debug;
      case spdlog::level::info: return level::info;
      case spdlog::level::warn: return level::warning;
      case spdlog::level::err: return level::error;
      default: return level::critical;
    }
  }

  static std::string_view without_line_end(std::string_view text) noexcept {
    if (text.empty() || text.back() != '\n') return text;
    text.remove_suffix(1);
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    return text;
  }

  void write(const spdlog::details::log_msg& msg, std::string_view text) noexcept {
    record out;
    out.time = msg.time;
    out.level = to_level(msg.level);
    out.thread = msg.thread_id;
    out.logger = view(msg.logger_name);
    out.text = without_line_end(text);
    if (msg.source.filename != nullptr) out.source.file = msg.source.filename;
    if (msg.source.line > 0) out.source.line = static_cast<std::uint32_t>(msg.source.line);
    if (msg.source.funcname != nullptr) out.source.function = msg.source.funcname;
    detail::with_spdlog_context(out, [&] { (void)writer_.write(out); });  // counted in stats()
  }

  record_writer writer_;
  const text_form text_;
  Mutex mutex_;
  std::unique_ptr<spdlog::formatter> formatter_;
};

using slot_sink_mt = slot_sink<std::mutex>;
using slot_sink_st = slot_sink<spdlog::details::null_mutex>;

/// Makes a logger with one `slot_sink` and registers it with spdlog. Throws `spdlog::spdlog_ex` as the sink does, and if there
/// is a logger of that name. `Factory` as in spdlog: `slot_logger_mt<spdlog::async_factory>(...)`.
template <class Factory = spdlog::synchronous_factory>
std::shared_ptr<spdlog::logger> slot_logger_mt(const std::string& logger_name, std::string_view where,
                                               const slot_options& options = {}, text_form text = text_form::plain) {
  return Factory::template create<slot_sink_mt>(logger_name, where, options, text);
}

/// The same for one thread.
template <class Factory = spdlog::synchronous_factory>
std::shared_ptr<spdlog::logger> slot_logger_st(const std::string& logger_name, std::string_view where,
                                               const slot_options& options = {}, text_form text = text_form::plain) {
  return Factory::template create<slot_sink_st>(logger_name, where, options, text);
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
