#include "read_back.hpp"

#include <spdlog/spdlog.h>

#include <mailslog/spdlog.hpp>

int main() {
  const std::string slot = own_slot("test-package-spdlog");
  mailslog::record_reader reader(slot);

  auto log = mailslog::slot_logger_mt("compiler", slot);
  log->warn("unused variable {}", long_text());
  log->flush();
  return read_back(reader, "unused variable " + long_text(), mailslog::level::warning);
}
