#include "support/scratch.hpp"

#include <atomic>
#include <filesystem>
#include <stdexcept>

#include "support/system.hpp"

namespace mailslog::test {
namespace {

unsigned count() {
  static std::atomic<unsigned> n{0};
  return n++;
}

}  // namespace

scratch_folder::scratch_folder() : path_(make_temporary_folder()) { set_variable("MAILSLOG_DIR", path_); }

scratch_folder::~scratch_folder() {
  unset_variable("MAILSLOG_DIR");
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string scratch_name() { return "test-" + std::to_string(process_id()) + '-' + std::to_string(count()); }

std::uint16_t scratch_port() {
  constexpr unsigned first = 10000;
  constexpr unsigned ports = 20000;
  for (unsigned i = 0; i < ports; ++i) {
    const auto port = static_cast<std::uint16_t>(first + (process_id() * 37U + count()) % ports);
    if (is_free_udp_port(port)) return port;
  }
  throw std::runtime_error("no free UDP port");
}

}  // namespace mailslog::test
