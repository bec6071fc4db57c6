// A gigabyte through a pipe.
#include <fstream>
#include <string>

#include "reading.hpp"
#include "support/catch.hpp"
#include "support/system.hpp"

using namespace slotcat::test;
using namespace mailslog::test;

namespace {

// Most memory that a process has had, in KiB; 0 where the system does not tell.
std::size_t peak_memory(int pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string word; status >> word;) {
    if (word == "VmHWM:") {
      std::size_t kib = 0;
      status >> kib;
      return kib;
    }
  }
  return 0;
}

// Sanitizers keep what was freed for a while (AddressSanitizer 256 MiB), and shadows of all that was touched.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t allowance = 512 * 1024;  // KiB
#else
constexpr std::size_t allowance = 32 * 1024;
#endif

}  // namespace

TEST_CASE("a gigabyte of records goes through a pipe with steady memory") {
  const scratch_folder folder;
  const auto name = scratch_name();
  constexpr std::size_t count = 262144;
  process r({"sh", "-c", R"({ sh -c 'echo $$ >&2; exec "$0" "$@"' "$@"; echo "code $?" >&2; } | wc -lc)", "sh",
             program("slotcat"), name, "-o", "cat", "-c", std::to_string(count), "--max-memory", "16M"});
  REQUIRE(wait_until([&] { return is_read(name); }));
  const int pid = std::stoi(r.err());

  mailslog::record_writer writer(patient(name));
  const std::string text(4095, 'x');
  std::size_t peak_at_half = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (i == count / 2) peak_at_half = peak_memory(pid);
    if (i == count - 1) CHECK(peak_memory(pid) < peak_at_half + allowance);
    writer.write(record_of(text));
  }
  CHECK(r.wait() == 0);
  CHECK_THAT(r.err(), EndsWith("code 0\n"));
  CHECK_THAT(r.out(), Matches("\\s*" + std::to_string(count) + "\\s+" + std::to_string(count * 4096) + "\\n"));
}
