// A program that logs, and says how far it is.
//
//   history_writer ADDRESS COUNT   writes so many records, prints the number of those written after each and at the end why not all
//                                  is remembered, then waits for the end of its input
#include <cstdio>
#include <cstdlib>

#include "logged.hpp"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  mailslog::record_writer writer(argv[1]);
  const auto count = std::strtoull(argv[2], nullptr, 10);
  for (std::uint64_t n = 0; n < count; ++n) {
    mailslog::test::write(writer, mailslog::test::text_of(n));
    std::printf("%llu\n", static_cast<unsigned long long>(n + 1));
    std::fflush(stdout);
  }
  if (const auto error = writer.stats().history_error) std::fprintf(stderr, "not all is remembered: %s\n", error.message().c_str());
  while (std::getchar() != EOF) {
  }
}
