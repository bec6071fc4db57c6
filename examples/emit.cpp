// Makes traffic for tests and demonstrations.
//
//   emit --to '*/lab' --via spdlog --count 100000 --threads 4
//   emit --to lab --from /var/log/syslog --rate 1000
//
// Generated records read "record 17 of thread 1 rstuv…"; record n is posted by thread n % T, so that a reader can tell
// whether all came, and each thread's in order.
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>

#include <mailslog/address.hpp>

#include "lines.hpp"
#include "poster.hpp"

namespace {

const std::map<std::string, std::unique_ptr<poster> (*)(const std::string&)> ways = {
    {"core", post_via_core},
#ifdef EMIT_SPDLOG
    {"spdlog", post_via_spdlog},
#endif
#ifdef EMIT_BOOST_LOG
    {"boost", post_via_boost_log},
#endif
};

struct settings {
  std::string via = "core";
  std::string to;
  std::string from;
  std::uint64_t count = 1000;
  std::uint64_t size = 0;
  unsigned threads = 1;
  double rate = 0;
};

std::string generated_text(std::uint64_t number, const settings& wanted) {
  std::string text = "record " + std::to_string(number) + " of thread " + std::to_string(number % wanted.threads);
  if (text.size() < wanted.size) text += ' ';
  while (text.size() < wanted.size) text += static_cast<char>('a' + (number + text.size()) % 26);
  return text;
}

// Record `n` of all leaves at its own time, so that a late one does not delay the rest.
void emit(poster& to, const settings& wanted, std::uint64_t count,
          const std::function<std::string(std::uint64_t)>& text) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < wanted.threads; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t n = t; n < count; n += wanted.threads) {
        if (wanted.rate > 0) {
          const std::chrono::duration<double> due(static_cast<double>(n) / wanted.rate);
          std::this_thread::sleep_until(start + std::chrono::duration_cast<std::chrono::nanoseconds>(due));
        }
        to.post(text(n));
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace

int main(int argc, char** argv) {
  settings wanted;
  CLI::App app("Posts records to a slot, and says how many were written and dropped.", "emit");
  std::vector<std::string> names;
  for (const auto& way : ways) names.push_back(way.first);
  app.add_option("--via", wanted.via, "the sink to post through (core)")->check(CLI::IsMember(names));
  app.add_option("--to", wanted.to, "the slot's address")->required()->type_name("ADDRESS");
  auto* count = app.add_option("--count", wanted.count, "records to post (1000)")
                    ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1'000'000'000'000}));
  auto* size = app.add_option("--size", wanted.size, "pad each text to as many bytes; 20K is fine")
                   ->transform(CLI::AsSizeValue(false))
                   ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{mailslog::max_record_size}));
  app.add_option("--from", wanted.from, "post each line of this file instead")
      ->type_name("FILE")
      ->excludes(count, size);
  app.add_option("--rate", wanted.rate, "records per second, of all threads together (as fast as it goes)")
      ->check(CLI::Range(0.0, 1e9));
  app.add_option("--threads", wanted.threads, "threads that share the sink (1)")->check(CLI::Range(1, 256));
  try {
    app.parse(argc, argv);
    const mailslog::address address(wanted.to);
    std::vector<std::string> lines;
    if (!wanted.from.empty()) lines = lines_of(wanted.from);

    const auto to = ways.at(wanted.via)(wanted.to);
    if (wanted.from.empty()) {
      emit(*to, wanted, wanted.count, [&](std::uint64_t n) { return generated_text(n, wanted); });
    } else {
      emit(*to, wanted, lines.size(), [&](std::uint64_t n) { return lines[n]; });
    }
    to->flush(address.options().linger);
    const auto stats = to->stats();
    // In one piece, because others may write there too.
    const auto written = std::to_string(stats.written);
    std::cerr << "emit: " + written + " written, " + std::to_string(stats.dropped()) + " dropped\n";
    return 0;
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  } catch (const std::exception& e) {
    std::cerr << "emit: " << e.what() << '\n';
    return 2;
  }
}
