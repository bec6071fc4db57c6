// The sending end: a kind of sink, and the records that go into it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "line.hpp"
#include "measure.hpp"

namespace bench {

struct sender_options {
  std::string kind;
  std::string target;         // address of a slot, path of a file, port, name of a queue: what the kind takes
  std::uint64_t records = 1'000'000;
  unsigned threads = 1;
  std::size_t size = 0;       // of the text; 0: the line
  std::size_t limit = 1400;   // of a datagram, for the bare kinds
  bool framed = false;        // bare kinds: whole lines in frames, as `gro-format` reads them
  bool each = false;          // time each call, too
};

/// Runs in one process. A kind opens its sink, calls `drive` once, and lets the sink go.
class measurement {
 public:
  explicit measurement(void (*ready)()) : ready_(ready) {}

  /// Calls `log(i)` for every record, on as many threads as asked for.
  template <class Log>
  void drive(const sender_options& o, Log log) {
    ready_();
    cpu_before_ = cpu_ns(RUSAGE_SELF);
    if (o.each) calls_ns_.resize(o.records);
    start_ns = now_ns();
    const auto share = [&](unsigned t) {
      for (std::uint64_t i = o.records * t / o.threads; i < o.records * (t + 1) / o.threads; ++i) {
        const auto before = o.each ? now_ns() : 0;
        log(i);
        if (o.each) calls_ns_[i] = now_ns() - before;
      }
    };
    std::vector<std::thread> threads;
    for (unsigned t = 1; t < o.threads; ++t) threads.emplace_back(share, t);
    share(0);
    for (auto& t : threads) t.join();
    calls_end_ns = now_ns();
  }

  /// From the first log call to now: what the sink does after the last one is part of its price.
  std::int64_t cpu() const { return cpu_ns(RUSAGE_SELF) - cpu_before_; }

  /// Of a thousand calls the slowest but one took so long, if each was timed; else 0.
  std::int64_t p999_ns() {
    if (calls_ns_.empty()) return 0;
    const auto at = calls_ns_.begin() + static_cast<std::ptrdiff_t>(calls_ns_.size() * 999 / 1000);
    std::nth_element(calls_ns_.begin(), at, calls_ns_.end());
    return *at;
  }

  std::int64_t start_ns = 0;
  std::int64_t calls_end_ns = 0;
  std::int64_t dropped = 0;

 private:
  void (*ready_)();
  std::int64_t cpu_before_ = 0;
  std::vector<std::int64_t> calls_ns_;
};

/// False if the kind is not one of theirs.
bool send_with_spdlog(const sender_options& o, measurement& m);
bool send_with_boost_log(const sender_options& o, measurement& m);
bool send_bare(const sender_options& o, measurement& m);

}  // namespace bench
