// A reader's life as a script: datagrams and steps of the clock. Each sender's numbers rise without a gap that is not told.
//
// Steps: 0 ms                          the clock goes on
//        1 size size bytes             a datagram as it is
//        2 sender number size frames   a datagram of our slot with these frames
#include "receive/inbox.hpp"

#include <map>
#include <memory>

#include "check.hpp"

using namespace mailslog;

namespace {

constexpr std::uint32_t tag = 0x8af022ee;

/// What one reader was told so far.
class listener {
 public:
  explicit listener(inbox_config config) : max_senders_(config.max_senders), inbox_(std::move(config)) {}

  void put(byte_view datagram) {
    // Memory of its own, gone when nothing is due any more.
    const std::unique_ptr<std::uint8_t[]> copy(new std::uint8_t[datagram.size]);
    if (datagram.size != 0) std::memcpy(copy.get(), datagram.data, datagram.size);
    inbox_.put({copy.get(), datagram.size}, {}, now_, {}, {});
    drain();
  }
  void step(std::chrono::milliseconds time) {
    now_ += time;
    drain();
    const auto due = inbox_.deadline();
    FUZZ_CHECK(!due || *due > now_);
  }
  void end() {
    while (const auto due = inbox_.deadline()) {
      now_ = std::max(now_, *due);
      drain();
    }
  }

 private:
  void drain() {
    // A datagram of 64 KiB has no more than so many frames; each may need a gap and an unfinished record told before it.
    for (std::size_t events = 0; const auto* e = inbox_.next(now_); ++events) {
      FUZZ_CHECK(events < 1'000'000);
      if (const auto* r = std::get_if<received_record>(e)) {
        FUZZ_CHECK(r->from != nullptr);
        touch(r->from->host);
        touch(r->text);
        touch(r->logger);
        for (const auto& a : r->attributes) touch(a.name);
        FUZZ_CHECK(!r->start_missing || !r->missing.empty());
        told(r->from->id, r->number, r->number);
      } else if (const auto* g = std::get_if<gap>(e)) {
        FUZZ_CHECK(g->from != nullptr && g->first <= g->last);
        FUZZ_CHECK(g->lost + g->dropped == g->last - g->first + 1);
        told(g->from->id, g->first, g->last);
      } else {
        touch(std::get<foreign_message>(*e).bytes);
      }
    }
  }
  void told(std::uint64_t sender, std::uint64_t first, std::uint64_t last) {
    if (inbox_.stats().senders > max_senders_) return;  // one may have been forgotten and come again
    if (last == UINT64_MAX) last = UINT64_MAX - 1;
    const auto [next, is_new] = next_.try_emplace(sender, first);
    FUZZ_CHECK(is_new || next->second == first || ++begun_anew_ <= inbox_.stats().unconfirmed);
    next->second = last + 1;
  }

  std::size_t max_senders_;
  std::uint64_t begun_anew_ = 0;  // senders, as one datagram of theirs was taken back
  inbox inbox_;
  inbox::time_point now_{};
  std::map<std::uint64_t, std::uint64_t> next_;  // of each sender
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  inbox_config config;
  config.slot_tag = tag;
  config.reorder_wait = std::chrono::milliseconds(50);
  config.max_memory = 16 * 1024;
  config.max_senders = 3;
  config.host = "buildbox";
  listener reader(config);

  wire::byte_reader script({data, size});
  while (script.left() != 0) {
    switch (script.u8()) {
      case 0: reader.step(std::chrono::milliseconds(script.u8())); break;
      case 1: {
        const auto low = script.u8();
        const auto bytes = low + std::size_t{256} * script.u8();
        reader.put(script.bytes(std::min(bytes, script.left())));
        break;
      }
      case 2: {
        wire::header h;
        h.slot_tag = tag;
        h.sender = script.u8() % 4;
        h.number = script.u8();
        const std::size_t frames = script.u8();
        const auto body = script.bytes(std::min(frames, script.left()));
        std::vector<std::uint8_t> datagram(wire::header_size + body.size);
        wire::byte_writer out(datagram.data());
        wire::encode(h, out);
        out.bytes(body);
        reader.put({datagram.data(), datagram.size()});
        break;
      }
      default: break;
    }
  }
  reader.end();
  return 0;
}
