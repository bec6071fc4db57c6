// An inbox with a clock of its own, and what came out of it as lines that can be compared.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "bytes.hpp"
#include "receive/inbox.hpp"
#include "records.hpp"

namespace mailslog::test {

constexpr std::uint32_t our_tag = 0x8af022ee;
constexpr std::int64_t opened_at = 1'700'000'000'000'000'000;  // ns since the epoch

inline inbox_config listening_config() {
  inbox_config c;
  c.slot_tag = our_tag;
  c.reorder_wait = std::chrono::milliseconds(50);
  c.host = "here";
  return c;
}

/// One line for each event: "3 text", "3 text [5+10]" with holes, "3 ~text [..]" without its start, "3-4 lost 1 dropped 1",
/// "foreign bytes".
inline std::string line(const event& e) {
  if (const auto* r = std::get_if<received_record>(&e)) {
    auto out = std::to_string(r->number) + ' ' + (r->start_missing ? "~" : "") + std::string(r->text);
    for (const auto& m : r->missing) out += " [" + std::to_string(m.offset) + '+' + std::to_string(m.length) + ']';
    return out;
  }
  if (const auto* g = std::get_if<gap>(&e)) {
    return std::to_string(g->first) + '-' + std::to_string(g->last) + " lost " + std::to_string(g->lost) + " dropped " +
           std::to_string(g->dropped);
  }
  if (const auto* end = std::get_if<ended>(&e)) return (end->well ? "ended well " : "crashed ") + std::to_string(end->records);
  return "foreign " + std::string(std::get<foreign_message>(e).bytes);
}

class listening {
 public:
  explicit listening(inbox_config config = listening_config()) : inbox_(std::make_unique<inbox>(std::move(config))) {}

  /// A datagram arrives; what is due then is noted.
  listening& hear(const bytes& datagram) {
    // Memory of its own, just as large and soon gone: a sanitizer sees who reads too far or too late.
    const std::unique_ptr<std::uint8_t[]> copy(new std::uint8_t[datagram.size()]);
    std::copy(datagram.begin(), datagram.end(), copy.get());
    inbox_->put({copy.get(), datagram.size()}, from_, now_, timestamp(std::chrono::nanoseconds(opened_at) + now_.time_since_epoch() + slept_), slept_);
    note();
    return *this;
  }
  listening& hear(const std::vector<bytes>& datagrams) {
    for (const auto& d : datagrams) hear(d);
    return *this;
  }
  listening& wait(std::chrono::nanoseconds time) {
    now_ += time;
    note();
    return *this;
  }
  /// The machine sleeps, and with it all clocks but the one on the wall.
  listening& sleep(std::chrono::nanoseconds time) {
    slept_ += time;
    return *this;
  }
  /// Until nothing is due any more.
  listening& wait() {
    while (const auto due = inbox_->deadline()) {
      now_ = std::max(now_, *due);
      note();
    }
    return *this;
  }

  /// What was noted since this was last asked.
  std::vector<std::string> heard() { return std::exchange(lines_, {}); }

  const reader_stats& stats() const { return inbox_->stats(); }
  inbox& box() { return *inbox_; }
  inbox::time_point now() const { return now_; }
  /// Called for each event as it comes, while what it points to is there.
  std::function<void(const event&)> each = [](const event&) {};

 private:
  void note() {
    while (const auto* e = inbox_->next(now_)) {
      lines_.push_back(line(*e));
      each(*e);
    }
  }

  std::unique_ptr<inbox> inbox_;
  platform::endpoint from_;
  inbox::time_point now_{};
  std::chrono::nanoseconds slept_{};
  std::vector<std::string> lines_;
};

}  // namespace mailslog::test
