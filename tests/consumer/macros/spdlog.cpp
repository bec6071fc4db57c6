// What spdlog brings along keeps its meaning; ours comes after the macros.
#include <spdlog/spdlog.h>

#include <spdlog/pattern_formatter.h>

#include "macros.hpp"

#include <mailslog/mailslog.hpp>
#include <mailslog/spdlog.hpp>

int main() {
  mailslog::slot_logger_mt("macros", "macros")->warn("{} macros are no harm", 36);
  return mailslog::forever > std::chrono::hours(24) ? 0 : 1;
}
