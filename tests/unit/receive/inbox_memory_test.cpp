// A reader's memory is bounded, whatever arrives. Counts what is allocated, and is a program of its own for that reason.
#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>

#include "datagram_builder.hpp"
#include "listening.hpp"
#include "support/catch.hpp"
#include "transport/transport.hpp"

namespace {
std::size_t live = 0;
std::size_t peak = 0;
constexpr std::size_t prefix = alignof(std::max_align_t);
}  // namespace

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  auto* block = static_cast<unsigned char*>(std::malloc(size + prefix));
  if (block == nullptr) return nullptr;
  std::memcpy(block, &size, sizeof size);
  live += size;
  peak = std::max(peak, live);
  return block + prefix;
}
void* operator new(std::size_t size) {
  if (auto* p = operator new(size, std::nothrow)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept {
  if (p == nullptr) return;
  auto* block = static_cast<unsigned char*>(p) - prefix;
  std::size_t size;
  std::memcpy(&size, block, sizeof size);
  live -= size;
  std::free(block);
}
void operator delete(void* p, std::size_t) noexcept { operator delete(p); }

using namespace mailslog;
using namespace mailslog::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t mega = 1024 * 1024;

inbox_config small() {
  auto c = listening_config();
  c.max_memory = 4 * mega;
  c.max_senders = 1000;
  return c;
}

/// Feeds datagrams straight into an inbox and looks at what it had to allocate for them.
class flood {
 public:
  flood() : inbox_(small()), before_(live) { peak = live; }

  void put(const bytes& b) {
    inbox_.put(view(b), {}, now_, {}, {});
    while (inbox_.next(now_) != nullptr) {
    }
    now_ += 1us;
  }
  std::size_t most() const { return peak - before_; }
  std::size_t live_now() const { return live - before_; }
  const reader_stats& stats() const { return inbox_.stats(); }

 private:
  inbox inbox_;
  inbox::time_point now_{};
  std::size_t before_;
};

// What may wait, as configured, half as much again for a container that grows, and some room for a datagram being read. Without its
// bounds, each of the cases takes more.
constexpr std::size_t bound = 4 * mega + 2 * mega + mega;
// Frames of one datagram, decoded: not bounded by what may wait, but by what a datagram can have.
constexpr std::size_t one_datagram = 24 * mega;

wire::sender_frame who(std::string_view host) { return {static_cast<std::uint64_t>(opened_at), 1, host, "app"}; }

}  // namespace

TEST_CASE("many senders take a bounded amount of memory", "[inbox][memory]") {
  flood f;
  for (std::uint64_t id = 0; id < 50'000; ++id) f.put(datagram({our_tag, id, 0}).add(who("host")).add(record{}, 0).taken());
  CHECK(f.stats().senders == 50'000);
  CHECK(f.stats().delivered == 50'000);
  CHECK(f.most() < bound);
}

TEST_CASE("senders with long names take a bounded amount of memory", "[inbox][memory]") {
  const std::string name(60'000, 'n');
  flood f;
  for (std::uint64_t id = 0; id < 2000; ++id) f.put(datagram({our_tag, id, 0}).add(who(name)).add(record{}, 0).taken());
  CHECK(f.stats().delivered == 2000);
  CHECK(f.most() < bound);
}

TEST_CASE("datagrams that wait for others take a bounded amount of memory", "[inbox][memory]") {
  const std::string text(1300, 't');
  record r;
  r.text = text;
  const auto senders = GENERATE(std::uint64_t{1}, std::uint64_t{500});
  flood f;
  for (std::uint64_t n = 0; n < 20'000; ++n) {
    // The first of each sender, then only every other one.
    const auto number = n / senders * 2;
    f.put(datagram({our_tag, n % senders, number}).add(who("host")).add(r, number).taken());
  }
  CHECK(f.most() < bound);
}

TEST_CASE("tiny datagrams that wait for others take a bounded amount of memory", "[inbox][memory]") {
  flood f;
  for (std::uint64_t n = 0; n < 100'000; ++n) f.put(datagram({our_tag, n % 10, n / 10 * 2}).taken());
  CHECK(f.most() < bound);
}

TEST_CASE("records that are never finished take a bounded amount of memory", "[inbox][memory]") {
  const bytes piece(60'000, 'p');
  flood f;
  for (std::uint64_t n = 0; n < 10'000; ++n) {
    wire::fragment_frame part;
    part.total = max_record_size;
    part.offset = n / 500 * piece.size();
    part.bytes = view(piece);
    const auto d = datagram({our_tag, n % 500, n / 500}).add(who("host")).add(part).taken();
    f.put(d);
  }
  CHECK(f.most() < bound);
  CHECK(f.stats().evicted > 0);
}

TEST_CASE("a record of many holes takes a bounded amount of memory", "[inbox][memory]") {
  const bytes piece(1, 'p');
  flood f;
  std::uint64_t offset = 0;
  for (std::uint64_t number = 0; number < 500; ++number) {
    datagram d({our_tag, 1, number});
    for (int i = 0; i < 2000; ++i, offset += 2) {
      wire::fragment_frame part;
      part.total = max_record_size;
      part.offset = offset;
      part.bytes = view(piece);
      d.add(part);
    }
    f.put(d.taken());
  }
  CHECK(f.most() < bound);
}

TEST_CASE("a datagram of very many frames takes a bounded amount of memory", "[inbox][memory]") {
  flood f;
  datagram empty_messages({our_tag, 1, 0});
  for (int i = 0; i < 30'000; ++i) empty_messages.add_message("");
  for (int i = 0; i < 20; ++i) f.put(empty_messages.taken());
  CHECK(f.most() < one_datagram);
  f.put(datagram({our_tag, 1, 20}).taken());
  CHECK(f.live_now() < mega);
}

TEST_CASE("what senders dropped takes a bounded amount of memory", "[inbox][memory]") {
  flood f;
  std::vector<std::uint64_t> numbers(500);
  for (std::uint64_t n = 0; n < 5000; ++n) {
    datagram d({our_tag, n % 500, n / 500});
    for (std::uint64_t i = 0; i < 100; ++i) d.add(wire::dropped_frame{{}, 100 + 2 * numbers[n % 500]++, 1});
    f.put(d.taken());
  }
  CHECK(f.most() < bound);  // 500 000 of them, of 32 bytes
}

TEST_CASE("a record that was delivered leaves no memory behind that another sender would need", "[inbox][memory]") {
  const bytes piece(50'000, 'p');
  flood f;
  for (std::uint64_t id = 0; id < 200; ++id) {
    for (std::uint64_t n = 0; n < 2; ++n) {
      wire::fragment_frame part;
      part.total = 2 * piece.size();
      part.text_start = 2;
      part.offset = n * piece.size();
      const bytes first = hex("00 00") + bytes(piece.size() - 2, 'p');  // thread 0, no logger, text
      part.bytes = view(n == 0 ? first : piece);
      f.put(datagram({our_tag, id, n}).add(who("host")).add(part).taken());
    }
  }
  CHECK(f.stats().delivered == 200);
  CHECK(f.stats().evicted == 0);
  CHECK(f.live_now() < 4 * mega);
}

TEST_CASE("what is noted of tiny datagrams takes a bounded amount of memory", "[inbox][memory]") {
  const auto size = GENERATE(std::size_t{0}, std::size_t{1});
  const auto before = live;
  transport::receive_buffer buffer;
  std::size_t taken = 0;
  for (; taken < 1'000'000 && !buffer.full(); ++taken) buffer.add(size, 1, {}, false);
  CHECK(buffer.full());
  const auto used = live - before;
  CHECK(used <= transport::receive_buffer::footprint());
  CHECK(taken > 1000);
}
