// Micro-benchmarks of what happens to each record: encode, decode, reassemble, format. Google Benchmark's own options apply.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "format/formatter.hpp"
#include "receive/inbox.hpp"
#include "line.hpp"
#include "wire/packer.hpp"
#include "wire/reassembler.hpp"

namespace {

using namespace mailslog;

constexpr std::uint32_t slot = 1;

std::string line_text() {
  const bench::line l(7);
  return fmt::format(bench::line_format, l.id, l.host, l.port, l.path, l.ms, l.bytes, l.status);
}

record record_of(const std::string& text) {
  record r;
  r.time = std::chrono::system_clock::now();
  r.thread = 4712;
  r.logger = "net.http";
  r.text = text;
  return r;
}

wire::packer make_packer(std::size_t limit, std::size_t datagrams) {
  wire::sender_frame who;
  who.process = 4711;
  who.host = "plant7";
  who.app = "pump";
  return wire::packer(slot, 42, who, limit, datagrams);
}

void encode(benchmark::State& state) {
  const auto text = line_text();
  const auto r = record_of(text);
  auto packer = make_packer(static_cast<std::size_t>(state.range(0)), 46);
  std::uint64_t number = 0;
  packer.begin(std::make_unique<std::uint8_t[]>(packer.batch_capacity()));
  for (auto _ : state) {
    const auto content = wire::full_content_size(r);
    while (!packer.add(r, number, content)) packer.begin(packer.take().bytes);
    ++number;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(encode)->Arg(424)->Arg(1400)->Arg(32768);

struct datagrams {
  std::vector<wire::batch> batches;
  std::size_t limit;
  std::int64_t records = 0;

  datagrams(const record& r, std::size_t limit_) : limit(limit_) {
    auto packer = make_packer(limit, 46);
    std::uint64_t at = 0;
    for (int i = 0; i < 8; ++i) {
      packer.begin(std::make_unique<std::uint8_t[]>(packer.batch_capacity()));
      while (packer.add(r, static_cast<std::uint64_t>(records), wire::full_content_size(r))) ++records;
      batches.push_back(packer.take());
      wire::stamp(batches.back(), limit, at, 0);
      at += batches.back().datagrams;
    }
  }

  template <class Use>
  void each(Use use) const {
    for (const auto& b : batches) {
      for (std::size_t at = 0; at < b.size; at += limit) use(byte_view(b.bytes.get() + at, std::min(limit, b.size - at)));
    }
  }
};

// From datagrams to events, as the reader does it: judged, ordered, counted.
void decode(benchmark::State& state) {
  const auto text = line_text();
  const datagrams sent(record_of(text), static_cast<std::size_t>(state.range(0)));
  std::int64_t records = 0;
  for (auto _ : state) {
    inbox_config config;
    config.slot_tag = slot;
    inbox in(config);
    sent.each([&](byte_view d) {
      in.put(d, {}, {}, {});
      while (const auto* e = in.next({})) {
        benchmark::DoNotOptimize(e);
        ++records;
      }
    });
  }
  state.SetItemsProcessed(records);
}
BENCHMARK(decode)->Arg(424)->Arg(1400)->Arg(32768);

void reassemble(benchmark::State& state) {
  const std::string text(static_cast<std::size_t>(state.range(0)), 'x');
  const auto r = record_of(text);
  std::vector<std::uint8_t> content(wire::full_content_size(r).total);
  wire::byte_writer out(content.data());
  wire::encode_before_text(r, out);
  out.bytes(r.text);
  wire::fragment_frame f;
  f.flags = wire::content_flags(r);
  f.total = content.size();
  f.text_start = wire::full_content_size(r).before_text;
  constexpr std::size_t piece = 1350;
  wire::reassembler parts;
  received_record whole;
  for (auto _ : state) {
    for (f.offset = 0; f.offset < f.total; f.offset += f.bytes.size) {
      f.bytes = {content.data() + f.offset, std::min<std::size_t>(piece, content.size() - f.offset)};
      parts.add(f);
    }
    benchmark::DoNotOptimize(parts.get(whole));
    parts.clear();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(reassemble)->Arg(10 * 1024)->Arg(64 * 1024);

void format(benchmark::State& state, slotcat::form output) {
  const auto text = line_text();
  slotcat::format_options options;
  options.output = output;
  const auto formatter = slotcat::make_formatter(options);
  sender_info info;
  info.id = 42;
  info.host = "plant7";
  info.app = "pump";
  info.process = 4711;
  slotcat::source_table sources([](const auto&) { return true; }, false);
  received_record r;
  static_cast<record&>(r) = record_of(text);
  r.from = &info;
  std::string out;
  for (auto _ : state) {
    formatter->record(out, r, sources.find(info), false);
    r.time += std::chrono::microseconds(1);
    if (out.size() > 64 * 1024) out.clear();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(format, short, slotcat::form::brief);
BENCHMARK_CAPTURE(format, full, slotcat::form::full);
BENCHMARK_CAPTURE(format, json, slotcat::form::json);
BENCHMARK_CAPTURE(format, logfmt, slotcat::form::logfmt);

}  // namespace

BENCHMARK_MAIN();
