// A program with a logger of its own, to which a slot is added: app SLOT
#include <memory>
#include <string_view>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <mailslog/spdlog.hpp>

int main(int, char** argv) {
  auto logger = spdlog::stdout_logger_mt("own");
  logger->sinks().push_back(std::make_shared<mailslog::slot_sink_mt>(std::string_view(argv[1])));
  logger->info("hello from a package");
}
