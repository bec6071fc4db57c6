// Boost.Log with its own backends and with ours.
#include <utility>

#include <boost/asio/ip/address.hpp>
#include <boost/log/attributes/clock.hpp>
#include <boost/log/core.hpp>
#include <boost/log/expressions.hpp>
#include <boost/log/expressions/formatters/date_time.hpp>
#include <boost/log/sinks/basic_sink_backend.hpp>
#include <boost/log/sinks/sync_frontend.hpp>
#include <boost/log/sinks/syslog_backend.hpp>
#include <boost/log/sinks/text_file_backend.hpp>
#include <boost/log/sinks/text_ipc_message_queue_backend.hpp>
#include <boost/log/sources/record_ostream.hpp>
#include <boost/log/sources/severity_channel_logger.hpp>
#include <boost/log/support/date_time.hpp>
#include <boost/log/trivial.hpp>
#include <boost/log/utility/ipc/reliable_message_queue.hpp>
#include <boost/log/utility/setup/common_attributes.hpp>
#include <boost/make_shared.hpp>

#ifdef BENCH_BOOST_LOG_SINK
#include <mailslog/boost_log.hpp>
#endif

#include "sender.hpp"

namespace bench {
namespace {

namespace bl = boost::log;
using level = bl::trivial::severity_level;
using logger_type = bl::sources::severity_channel_logger_mt<level, std::string>;

/// Makes the record and its text, as for every backend, and drops them.
class discarding_backend : public bl::sinks::basic_sink_backend<bl::sinks::synchronized_feeding> {
 public:
  void consume(const bl::record_view&) {}
};

using queue_type = bl::ipc::reliable_message_queue;
using queue_backend = bl::sinks::text_ipc_message_queue_backend<queue_type>;

template <class Sink>
void log_to(boost::shared_ptr<Sink> sink, const sender_options& o, measurement& m) {
  const auto core = bl::core::get();
  bl::add_common_attributes();
  core->add_sink(sink);
  logger_type logger(bl::keywords::channel = "net.http");
  const std::string text(o.size, 'x');
  if (o.size != 0) {
    m.drive(o, [&](std::uint64_t) { BOOST_LOG_SEV(logger, level::info) << text; });
  } else {
    m.drive(o, [&](std::uint64_t i) {
      const line l(i);
      BOOST_LOG_SEV(logger, level::info) << "request " << l.id << " from " << l.host << " port " << l.port << " for " << l.path
                                         << " took " << l.ms << " ms and " << l.bytes << " bytes, status " << l.status;
    });
  }
  sink->flush();
  core->remove_sink(sink);
}

template <class Backend>
auto front(boost::shared_ptr<Backend> backend) {
  return boost::make_shared<bl::sinks::synchronous_sink<Backend>>(std::move(backend));
}

// Like spdlog's: time, logger, level, text.
template <class Sink>
void format_like_spdlog(Sink& sink) {
  namespace expr = bl::expressions;
  sink.set_formatter(expr::stream << '[' << expr::format_date_time<boost::posix_time::ptime>("TimeStamp", "%Y-%m-%d %H:%M:%S.%f")
                                  << "] [" << expr::attr<std::string>("Channel") << "] [" << bl::trivial::severity << "] "
                                  << expr::smessage);
}

}  // namespace

bool send_with_boost_log(const sender_options& o, measurement& m) {
  if (o.kind == "boost-null") {
    log_to(front(boost::make_shared<discarding_backend>()), o, m);
  } else if (o.kind == "boost-file") {
    auto backend = boost::make_shared<bl::sinks::text_file_backend>();
    backend->set_file_name_pattern(o.target);
    auto sink = front(backend);
    format_like_spdlog(*sink);
    log_to(sink, o, m);
  } else if (o.kind == "boost-syslog") {
    auto backend = boost::make_shared<bl::sinks::syslog_backend>(bl::keywords::use_impl = bl::sinks::syslog::udp_socket_based);
    // Not by text: its look-up finds nothing where there is no network but loopback.
    backend->set_target_address(boost::asio::ip::make_address("127.0.0.1"), static_cast<unsigned short>(std::stoi(o.target)));
    log_to(front(backend), o, m);
  } else if (o.kind == "boost-ipc") {
    auto backend = boost::make_shared<queue_backend>();
    backend->message_queue().open(bl::ipc::object_name(bl::ipc::object_name::user, o.target), queue_type::block_on_overflow);
    log_to(front(backend), o, m);
#ifdef BENCH_BOOST_LOG_SINK
  } else if (o.kind == "mailslog-boost") {
    log_to(front(boost::make_shared<mailslog::slot_backend>(o.target)), o, m);
#endif
  } else {
    return false;
  }
  return true;
}

}  // namespace bench
