// As conan/test_package/spdlog.cpp, with an asynchronous logger that never throws.
#include "read_back.hpp"

#include <spdlog/async.h>
#include <spdlog/spdlog.h>

#include <mailslog/spdlog.hpp>

int main() {
  const std::string slot = own_slot("hosts-async");
  mailslog::record_reader reader(slot);

  auto log = mailslog::slot_logger_mt<spdlog::async_factory>("compiler", slot);
  log->warn("unused variable {}", long_text());
  log->flush();
  return read_back(reader, "unused variable " + long_text(), mailslog::level::warning);
}
