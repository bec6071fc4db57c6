// Records through the packer into datagrams, and out of them again.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "bytes.hpp"
#include "parsed.hpp"
#include "records.hpp"
#include "wire/packer.hpp"
#include "wire/reassembler.hpp"

namespace mailslog::test {

constexpr std::uint32_t age_ms = 0x01020304;  // of the senders of these datagrams

struct packing {
  std::size_t limit = 424;
  std::size_t at_once = 8;  // datagrams of a batch
  wire::sender_frame sender{1'700'000'000'000'000'000, 4711, "buildbox", "compiler"};
  std::uint32_t age = age_ms;
  bool checked = false;
};

/// Packs records numbered from `first` on. Gives the batches, stamped.
class pack {
 public:
  explicit pack(const packing& how, std::uint64_t first = 0)
      : packer_(0x8af022ee, 0x0123456789abcdef, how.sender, how.limit, how.at_once, how.checked), age_(how.age), number_(first) {}

  pack& add(const record& r) {
    const auto size = wire::full_content_size(r);
    retry([&] { return packer_.add(r, number_, size); });
    ++number_;
    return *this;
  }
  /// The same with the frame that another one has just made, if it will do; else makes its own. True if it did.
  bool repeat(const record& r, const pack& from) {
    begin();
    if (!packer_.repeat(r, number_, from.packer_.repeatable())) return add(r), false;
    ++number_;
    return true;
  }
  void skip() { ++number_; }
  pack& add(const wire::dropped_frame& f) {
    number_ = f.first + f.count;
    return retry([&] { return packer_.add(f); });
  }
  pack& add_number(wire::frame_type type) {
    return retry([&] { return packer_.add_number(type, number_); });
  }

  std::vector<wire::batch> batches() {
    end_batch();
    return std::move(batches_);
  }
  std::vector<bytes> datagrams() {
    std::vector<bytes> out;
    for (const auto& b : batches()) {
      for (std::size_t at = 0; at < b.size; at += packer_.limit()) {
        const auto* from = b.bytes.get() + at;
        out.emplace_back(from, from + std::min(packer_.limit(), b.size - at));
      }
    }
    return out;
  }

 private:
  template <class Add>
  pack& retry(Add add) {
    begin();
    while (!add()) {
      end_batch();
      begin();
    }
    return *this;
  }
  void begin() {
    // Not zeroed: what is left of earlier batches must not be seen.
    if (!packer_.has_memory()) {
      std::unique_ptr<std::uint8_t[]> memory(new std::uint8_t[packer_.batch_capacity()]);
      std::fill_n(memory.get(), packer_.batch_capacity(), std::uint8_t{0xcd});
      packer_.begin(std::move(memory));
    }
  }
  void end_batch() {
    if (packer_.empty()) return;
    batches_.push_back(packer_.take());
    wire::stamp(batches_.back(), packer_.limit(), next_datagram_, age_);
    next_datagram_ += batches_.back().datagrams;
  }

  wire::packer packer_;
  std::uint32_t age_;
  std::uint64_t number_;
  std::uint64_t next_datagram_ = 0;
  std::vector<wire::batch> batches_;
};

struct unpacked {
  bool good = true;  // each datagram and each fragment
  std::vector<std::pair<std::uint64_t, std::string>> records;  // number, description
};

/// What comes out of datagrams that arrive all, in order.
inline unpacked unpack(const std::vector<bytes>& datagrams) {
  unpacked out;
  wire::reassembler parts;
  for (const auto& b : datagrams) {
    const auto d = parse(view(b));
    if (!d) return {false, {}};
    auto whole = d->records.begin();
    auto part = d->fragments.begin();
    for (const auto type : d->frames) {
      if (is_whole_record(type)) {
        out.records.emplace_back(whole->number, describe(whole->record));
        ++whole;
      } else if (type == wire::frame_type::fragment) {
        const auto outcome = parts.add(*part++);
        if (outcome == wire::reassembler::outcome::contradiction) out.good = false;
        if (outcome != wire::reassembler::outcome::complete) continue;
        received_record r;
        if (!parts.get(r) || !r.missing.empty() || r.start_missing) out.good = false;
        out.records.emplace_back(r.number, describe(r));
        parts.clear();
      }
    }
  }
  if (parts.active()) out.good = false;
  return out;
}

}  // namespace mailslog::test
