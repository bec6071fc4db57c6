#include "support/accounts.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <string_view>
#include <utility>

namespace mailslog::test {
namespace {

constexpr std::string_view app_prefix = "numbered-";

// splitmix64
std::uint64_t mixed(std::uint64_t n) {
  n += 0x9e3779b97f4a7c15;
  n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9;
  n = (n ^ (n >> 27)) * 0x94d049bb133111eb;
  return n ^ (n >> 31);
}

std::uint64_t key(std::uint64_t seed, std::uint64_t number) { return mixed(seed) ^ mixed(~number); }

char letter(std::uint64_t key, std::size_t at) { return static_cast<char>('0' + (key + at * (at + 7)) % 75); }

}  // namespace

std::string numbered_records::app(std::uint64_t seed) { return std::string(app_prefix) + std::to_string(seed); }

bool numbered_records::seed_of(const std::string& app, std::uint64_t& seed) {
  if (app.compare(0, app_prefix.size(), app_prefix) != 0) return false;
  const auto* end = app.data() + app.size();
  return std::from_chars(app.data() + app_prefix.size(), end, seed).ptr == end;
}

std::size_t numbered_records::size_of(std::uint64_t seed, std::uint64_t number) const {
  if (fixed_) return max_size_;
  const auto chance = static_cast<double>(key(seed, number) >> 11) * 0x1p-53;
  return static_cast<std::size_t>(std::pow(static_cast<double>(max_size_), chance));
}

const record& numbered_records::make(std::uint64_t seed, std::uint64_t number) {
  text_.resize(size_of(seed, number));
  const auto k = key(seed, number);
  for (std::size_t i = 0; i < text_.size(); ++i) text_[i] = letter(k, i);
  record_.time = std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
  record_.thread = seed;
  record_.logger = "numbered";
  record_.text = text_;
  return record_;
}

bool numbered_records::agrees(std::uint64_t seed, const received_record& r) const {
  if (!r.start_missing && (r.thread != seed || r.logger != "numbered" || !r.attributes.empty())) return false;
  const auto k = key(seed, r.number);
  auto hole = r.missing.begin();
  std::size_t at = 0;
  const auto pass_holes = [&] {
    for (; hole != r.missing.end() && hole->offset == at; ++hole) at += hole->length;
  };
  for (const char c : r.text) {
    pass_holes();
    if (c != letter(k, at++)) return false;
  }
  pass_holes();
  return hole == r.missing.end() && at == size_of(seed, r.number);
}

void accounts::fault(const std::string& what) {
  if (faults_.size() < 20) faults_.push_back(what);
}

account& accounts::tell(const sender_info& from, std::uint64_t first, std::uint64_t last) {
  const auto [place, fresh] = senders_.try_emplace(from.id);
  auto& a = place->second;
  if (a.app.empty()) a.app = from.app;
  if (fresh) {
    a.first = a.next = first;
  } else if (first != a.next) {
    fault(a.app + ": after record " + std::to_string(a.next) + " was due, told of " + std::to_string(first));
  }
  a.next = last + 1;
  return a;
}

void accounts::take(const event& e) {
  if (const auto* r = std::get_if<received_record>(&e)) {
    auto& a = tell(*r->from, r->number, r->number);
    ++(r->missing.empty() ? a.delivered : a.incomplete);
    std::uint64_t seed = 0;
    const bool known = numbered_records::seed_of(a.app, seed);
    // Pieces may come from a sender whose name has not come yet.
    if (known ? !records_.agrees(seed, *r) : !a.app.empty()) fault(a.app + ": record " + std::to_string(r->number) + " altered");
  } else if (const auto* g = std::get_if<gap>(&e)) {
    auto& a = tell(*g->from, g->first, g->last);
    a.lost += g->lost;
    a.dropped += g->dropped;
    if (g->lost + g->dropped != g->last - g->first + 1) fault(a.app + ": a gap that does not add up");
  } else {
    ++foreign_;
  }
}

}  // namespace mailslog::test
