// A reader's memory runs out for a moment: one allocation fails, each in turn. It costs at most one datagram, which is counted; the reader
// goes on, ends nothing, and makes no record of parts of others.
#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include <mailslog/record_reader.hpp>
#include <mailslog/slot.hpp>

#include "child.hpp"
#include "datagram_builder.hpp"
#include "support/catch.hpp"
#include "support/failing_allocations.hpp"
#include "support/scratch.hpp"
#include "support/udp_socket.hpp"

using namespace mailslog;
using namespace mailslog::test;
using namespace std::chrono_literals;

namespace {

// What a program under test ends with.
constexpr int no_more_allocations = 0;
constexpr int one_failed = 1;
constexpr int heard_nothing_more = 50;     // nothing came any more
constexpr int thrown = 51;
constexpr int false_text = 52;
constexpr int lost_more = 53;
constexpr int not_counted = 54;

struct lan_slot {
  std::string name = scratch_name();
  std::uint16_t port = scratch_port();
  scratch_folder folder;

  address reader() const { return address("*/" + name + "?if=lo&port=" + std::to_string(port)); }
};

/// Of senders 1 to 9; each record's text begins with the sender and the record's number.
class posted {
 public:
  explicit posted(std::uint32_t tag) : tag_(tag) {
    const auto text = [](std::uint64_t sender, std::uint64_t number, std::size_t more) {
      return std::to_string(sender) + '/' + std::to_string(number) + ':' + std::string(more, static_cast<char>('a' + number % 26));
    };
    const auto add = [&](std::uint64_t sender, std::uint64_t number, std::size_t more) {
      texts_.push_back(text(sender, number, more));
      record r;
      r.text = texts_.back();
      r.logger = "a logger whose name is no short one";
      r.attributes = {{"one", std::int64_t{1}}, {"two", "2"}, {"three", 3.0}};
      out_.push_back(begin(sender).add(r, number).taken());
    };
    add(1, 0, 10);
    add(1, 1, 1000);
    add(1, 2, 10);
    add(1, 3, 10);
    std::swap(out_[1], out_[3]);  // 0 3 2 1
    fragments(4, text(1, 4, 60'000));
    for (std::uint64_t sender = 2; sender < 10; ++sender) add(sender, 0, 100);
    for (std::uint64_t number = 5; number < 10; ++number) add(1, number, 200);
  }

  const std::vector<bytes>& datagrams() const { return out_; }
  std::size_t records() const { return texts_.size(); }
  bool knows(std::string_view text) const {
    for (const auto& t : texts_) {
      if (t == text) return true;
    }
    return false;
  }
  bool is_last(std::string_view text) const { return text == texts_.back(); }

 private:
  datagram begin(std::uint64_t sender) {
    datagram d({tag_, sender, numbers_[sender]++});
    d.add(wire::sender_frame{1, 4711, "a host whose name is no short one", "an app whose name is no short one", 3'600'000});
    return d;
  }
  void fragments(std::uint64_t number, const std::string& text) {
    texts_.push_back(text);
    record r;
    r.text = texts_.back();
    bytes before(wire::full_content_size(r).before_text);
    wire::byte_writer to(before.data());
    wire::encode_before_text(r, to);
    bytes content = before;
    content.insert(content.end(), text.begin(), text.end());
    constexpr std::size_t piece = 4000;
    for (std::size_t at = 0; at < content.size(); at += piece) {
      wire::fragment_frame f;
      f.flags = wire::content_flags(r);
      f.number = number;
      f.total = content.size();
      f.offset = at;
      f.text_start = before.size();
      f.bytes = view(content).part(at, std::min(piece, content.size() - at));
      out_.push_back(begin(1).add(f).taken());
    }
  }

  std::uint32_t tag_;
  std::array<std::uint64_t, 10> numbers_{};
  std::vector<std::string> texts_;
  std::vector<bytes> out_;
};

std::string_view text_of(const bytes& b) { return {reinterpret_cast<const char*>(b.data()), b.size()}; }

/// Runs `program` once for each allocation that it makes. It gets which one is to fail.
void for_each_failure(const std::function<int(std::uint64_t)>& program) {
  for (std::uint64_t n = 1; n < 2000; ++n) {
    CAPTURE(n);
    const int end = in_child([&] {
      try {
        return program(n);
      } catch (const std::bad_alloc&) {
        return thrown;
      }
    });
    if (end == no_more_allocations) {
      CHECK(n > 5);
      return;
    }
    CHECK(end == one_failed);
    if (end == -1) return;
  }
  FAIL("there is no end of allocations");
}

}  // namespace

// Their own allocators do not end here.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("a reader whose memory runs out once loses one datagram, and counts it", "[hostile][memory]") {
  const lan_slot at;
  const posted all(wire::slot_tag(at.name));
  for_each_failure([&](std::uint64_t n) {
    record_reader in{at.reader()};
    const udp_socket out;
    std::size_t whole = 0;
    std::size_t incomplete = 0;
    std::uint64_t lost = 0;
    bool last = false;
    bool wrong = false;
    const auto hear = [&](std::chrono::nanoseconds timeout) {
      while (const auto* e = in.next_event(timeout)) {
        if (const auto* g = std::get_if<gap>(e)) lost += g->lost;
        const auto* r = std::get_if<received_record>(e);
        if (r == nullptr) continue;
        wrong |= r->missing.empty() && !all.knows(r->text);
        ++(r->missing.empty() ? whole : incomplete);
        last |= all.is_last(r->text);
      }
    };
    fail_allocation(n);
    for (const auto& d : all.datagrams()) {
      out.send(text_of(d), at.port);
      hear(0ns);
    }
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!last && std::chrono::steady_clock::now() < end) {
      hear(10ms);
      // Should that be the one that was lost: its sender goes on.
      if (allocation_failed() && !last && whole + incomplete + 1 >= all.records()) break;
    }
    const bool failed = allocation_failed();
    fail_allocation(0);
    if (wrong) return false_text;
    const auto stats = in.stats();
    if (whole + incomplete + 1 < all.records()) return last ? lost_more : heard_nothing_more;
    if (whole < all.records() && stats.missing + stats.evicted + stats.dropped_by_kernel == 0) return not_counted;
    if (!failed && whole != all.records()) return lost_more;
    return failed ? one_failed : no_more_allocations;
  });
}

TEST_CASE("a reader of messages whose memory runs out once loses one, and counts it", "[hostile][memory]") {
  const lan_slot at;
  std::vector<bytes> datagrams;
  std::vector<std::string> texts;
  for (std::uint64_t n = 0; n < 20; ++n) {
    texts.push_back(std::to_string(n) + std::string(n * 50, static_cast<char>('a' + n)));
    datagrams.push_back(datagram({wire::slot_tag(at.name), 42, n}).add_message(texts.back()).taken());
  }
  for_each_failure([&](std::uint64_t n) {
    slot_reader in{at.reader()};
    const udp_socket out;
    std::size_t next = 0;
    std::size_t heard = 0;
    bool wrong = false;
    const auto take = [&](std::chrono::nanoseconds timeout) {
      while (const auto m = in.get(timeout)) {
        while (next < texts.size() && texts[next] != m->bytes) ++next;
        wrong |= next == texts.size();
        ++heard;
      }
    };
    fail_allocation(n);
    for (const auto& d : datagrams) {
      out.send(text_of(d), at.port);
      take(0ns);
      (void)in.info();
    }
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (heard + 1 < texts.size() && std::chrono::steady_clock::now() < end) take(10ms);
    take(10ms);
    const bool failed = allocation_failed();
    fail_allocation(0);
    if (wrong) return false_text;
    if (heard + 1 < texts.size()) return heard_nothing_more;
    if (!failed) return heard == texts.size() ? no_more_allocations : lost_more;
    const auto info = in.info();
    return heard == texts.size() || info.dropped != 0 ? one_failed : not_counted;
  });
}
#endif
