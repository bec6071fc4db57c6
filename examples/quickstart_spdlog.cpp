// What examples/quickstart lets slotcat read: everything that spdlog knows about a record.
//
//   quickstart_spdlog ADDRESS [--from FILE]     each line of FILE instead
#include <exception>
#include <iostream>
#include <string_view>

#include <spdlog/spdlog.h>

#include <mailslog/spdlog.hpp>

#include "lines.hpp"
#include "sample_texts.hpp"

int main(int argc, char** argv) try {
  const bool from_file = argc == 4 && argv[2] == std::string_view("--from");
  if (argc != 2 && !from_file) {
    std::cerr << "usage: quickstart_spdlog ADDRESS [--from FILE]\n";
    return 2;
  }
  mailslog::slot_options options;
  options.overflow = mailslog::overflow_policy::block;  // a demonstration may wait a little for its reader
  auto log = mailslog::slot_logger_mt("spdlog", argv[1], options);
  log->set_level(spdlog::level::trace);

  if (from_file) {
    for (const auto& line : lines_of(argv[3])) log->info(line);
    return 0;
  }
  log->trace("a trace record");
  log->debug("a debug record");
  log->info("an info record with a number: {}", 42);
  log->warn("a warning");
  log->error("an error");
  log->critical("a critical record");
  SPDLOG_LOGGER_INFO(log, "a record with its source location");
  log->info(multi_line_text);
  log->info(utf8_text);
  log->info(long_text());
  return 0;
} catch (const std::exception& e) {
  std::cerr << "quickstart_spdlog: " << e.what() << '\n';
  return 2;
}
