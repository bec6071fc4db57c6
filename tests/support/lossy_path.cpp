#include "support/lossy_path.hpp"

#include <utility>

namespace mailslog::test {

bool lossy_path::happens(double probability) {
  // Asked the generator in any case, so that one probability does not change what another one meets.
  return static_cast<double>(random_() >> 11) * 0x1p-53 < probability;
}

void lossy_path::put(bytes datagram, time_point now) {
  ++counted_.taken;
  if (happens(how_.drop)) {
    ++counted_.dropped;
    return;
  }
  const auto on_time = now + how_.delay;
  if (happens(how_.repeat)) {
    ++counted_.repeated;
    under_way_.emplace(late(on_time), arrival{datagram, {}});
  }
  auto next = spoiled(std::move(datagram));
  if (happens(how_.reorder)) {
    ++counted_.held_up;
    under_way_.emplace(late(on_time), std::move(next));
  } else {
    under_way_.emplace(on_time, std::move(next));
  }
}

lossy_path::arrival lossy_path::spoiled(bytes datagram) {
  if (happens(how_.cut) && !datagram.empty()) {
    ++counted_.cut;
    datagram.resize(below(datagram.size()));
  }
  arrival a{std::move(datagram), {}};
  if (happens(how_.alter) && !a.datagram.empty()) {
    ++counted_.altered;
    a.sent = a.datagram;
    auto& byte = a.datagram[below(a.datagram.size())];
    byte = static_cast<std::uint8_t>(byte ^ (1U << below(8)));
  }
  return a;
}

lossy_path::time_point lossy_path::late(time_point on_time) {
  return on_time + std::chrono::nanoseconds(below(static_cast<std::uint64_t>(how_.held_up.count()) + 1));
}

std::optional<lossy_path::arrival> lossy_path::get(time_point now) {
  const auto first = under_way_.begin();
  if (first == under_way_.end() || first->first > now) return std::nullopt;
  auto a = std::move(first->second);
  under_way_.erase(first);
  return a;
}

std::optional<lossy_path::time_point> lossy_path::due() const {
  if (under_way_.empty()) return std::nullopt;
  return under_way_.begin()->first;
}

}  // namespace mailslog::test
