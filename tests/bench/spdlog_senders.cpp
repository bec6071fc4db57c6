// spdlog with its own sinks and with ours, and the writer below ours without spdlog.
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/sinks/tcp_sink.h>
#include <spdlog/sinks/udp_sink.h>
#include <spdlog/spdlog.h>

#include <mailslog/record_writer.hpp>
#ifdef BENCH_SPDLOG_SINK
#include <mailslog/spdlog.hpp>
#endif

#include "sender.hpp"

namespace bench {
namespace {

void log_to(std::shared_ptr<spdlog::sinks::sink> sink, const sender_options& o, measurement& m) {
  spdlog::logger logger("net.http", std::move(sink));
  const std::string text(o.size, 'x');
  if (o.size != 0) {
    m.drive(o, [&](std::uint64_t) { logger.info("{}", text); });
  } else {
    m.drive(o, [&](std::uint64_t i) {
      const line l(i);
      logger.info(line_format, l.id, l.host, l.port, l.path, l.ms, l.bytes, l.status);
    });
  }
  logger.flush();
}

// What a program without a logging library does.
void write_records(const sender_options& o, measurement& m) {
  mailslog::record_writer writer(o.target);
  const std::string text(o.size, 'x');
  m.drive(o, [&](std::uint64_t i) {
    mailslog::record r;
    r.time = std::chrono::system_clock::now();
    r.logger = "net.http";
    r.thread = 1;
    fmt::basic_memory_buffer<char, 250> formatted;
    r.text = text;
    if (o.size == 0) {
      const line l(i);
      fmt::format_to(fmt::appender(formatted), line_format, l.id, l.host, l.port, l.path, l.ms, l.bytes, l.status);
      r.text = {formatted.data(), formatted.size()};
    }
    writer.write(r);
  });
  writer.flush(std::chrono::seconds(10));
  m.dropped = static_cast<std::int64_t>(writer.dropped());
}

}  // namespace

bool send_with_spdlog(const sender_options& o, measurement& m) {
  namespace sinks = spdlog::sinks;
  const auto port = [&] { return std::stoi(o.target); };
  if (o.kind == "null") {
    log_to(std::make_shared<sinks::null_sink_mt>(), o, m);
  } else if (o.kind == "file") {
    log_to(std::make_shared<sinks::basic_file_sink_mt>(o.target, true), o, m);
  } else if (o.kind == "udp") {
    log_to(std::make_shared<sinks::udp_sink_mt>(sinks::udp_sink_config("127.0.0.1", static_cast<std::uint16_t>(port()))), o, m);
  } else if (o.kind == "tcp") {
    log_to(std::make_shared<sinks::tcp_sink_mt>(sinks::tcp_sink_config("127.0.0.1", port())), o, m);
#ifdef BENCH_SPDLOG_SINK
  } else if (o.kind == "mailslog-spdlog") {
    log_to(std::make_shared<mailslog::slot_sink_mt>(o.target), o, m);
#endif
  } else if (o.kind == "mailslog-writer") {
    write_records(o, m);
  } else {
    return false;
  }
  return true;
}

}  // namespace bench
