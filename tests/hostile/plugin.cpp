// A plug-in that logs, and whose writer lives as long as it is loaded.
#include <memory>

#include <mailslog/record_writer.hpp>

#ifdef HOSTILE_SPDLOG
#include <mailslog/spdlog.hpp>
#endif

namespace {

std::unique_ptr<mailslog::record_writer> writer;
#ifdef HOSTILE_SPDLOG
std::shared_ptr<spdlog::logger> logger;
#endif

}  // namespace

extern "C" [[gnu::visibility("default")]] void plugin_open(const char* address) {
  writer = std::make_unique<mailslog::record_writer>(mailslog::address(address));
#ifdef HOSTILE_SPDLOG
  logger = std::make_shared<spdlog::logger>("plugin", std::make_shared<mailslog::slot_sink_mt>(address));
#endif
}

extern "C" [[gnu::visibility("default")]] void plugin_close() {
  writer.reset();
#ifdef HOSTILE_SPDLOG
  logger.reset();
#endif
}

extern "C" [[gnu::visibility("default")]] void plugin_log(const char* text) {
  mailslog::record record;
  record.text = text;
  for (int i = 0; i < 100; ++i) writer->write(record);
#ifdef HOSTILE_SPDLOG
  for (int i = 0; i < 100; ++i) logger->info(text);
#endif
}
