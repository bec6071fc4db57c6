// Posts from spdlog to a slot. Read it with `slotcat hello`, or with read_records.
//
//   spdlog_hello [ADDRESS]
#include <exception>
#include <iostream>

#include <spdlog/spdlog.h>

#include <mailslog/spdlog.hpp>

int main(int argc, char** argv) try {
  const char* address = argc > 1 ? argv[1] : "hello";

  // A logger of its own ...
  auto log = mailslog::slot_logger_mt("greeter", address);
  log->info("hello, {}", "world");
  SPDLOG_LOGGER_WARN(log, "the reader sees where this came from");

  // ... or one more sink of a logger that is there already.
  auto sink = std::make_shared<mailslog::slot_sink_mt>(address);
  spdlog::default_logger()->sinks().push_back(sink);
  spdlog::error("hello again");
} catch (const std::exception& e) {
  std::cerr << e.what() << '\n';
  return 2;
}
