#include "transport/classic/filter.hpp"

#include <algorithm>
#include <cstring>

#include "mixed.hpp"

namespace mailslog::transport::classic {
namespace {

using namespace std::chrono_literals;

// A second copy comes from a machine that has two networks in common with us, and soon.
constexpr auto remembered_for = 2s;
constexpr std::size_t most_remembered = 1024;

// The group to which a network's browsers listen.
const netbios_name browsers = netbios_name::of("\x01\x02__MSBROWSE__\x02", 0x01);

// Of what strangers choose: they do not know with what it begins.
std::uint64_t hash(std::uint64_t h, byte_view bytes) noexcept {
  h = mixed(bytes.size, h);
  for (std::size_t at = 0; at < bytes.size; at += sizeof h) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data + at, std::min(sizeof word, bytes.size - at));
    h = mixed(word, h);
  }
  return h;
}

}  // namespace

verdict filter::judge(byte_view packet, const platform::endpoint& from, time_point now, mailslot_write& out) {
  mailslot_write w;
  if (decode(packet, w) != datagram_error::none) return verdict::malformed;
  if (!is_addressed(w.destination) || slot_name(w.slot) != slot_) return verdict::other;
  if (repeated(w, from, now)) return verdict::repeated;
  out = w;
  return verdict::ours;
}

// Whatever the suffix: a reader looks on, it need not be a file server or a domain controller.
bool filter::is_addressed(const netbios_name& to) const noexcept {
  return is_called(to, computer_) || is_called(to, workgroup_) || to == netbios_name::everybody() || to == browsers;
}

bool filter::repeated(const mailslot_write& w, const platform::endpoint& from, time_point now) {
  while (!last_seen_.empty() && (now - last_seen_.front().when > remembered_for || last_seen_.size() == most_remembered)) {
    last_seen_.pop_front();
  }
  auto h = hash(seed_, {w.source.bytes.data(), w.source.bytes.size()});
  const std::uint8_t id[] = {static_cast<std::uint8_t>(w.id >> 8), static_cast<std::uint8_t>(w.id)};
  h = hash(hash(h, {id, sizeof id}), w.data);
  // Two programs of one machine may use the same number, but not the same port.
  const auto is_copy_of = [&](const seen& s) { return s.hash == h && (s.from.ip != from.ip || s.from.port == from.port); };
  if (std::any_of(last_seen_.rbegin(), last_seen_.rend(), is_copy_of)) return true;
  last_seen_.push_back({h, from, now});
  return false;
}

}  // namespace mailslog::transport::classic
