// A bad network: datagrams are lost, come twice, overtake one another, come late, cut short or altered; the same ones for the
// same seed. Knows no clock and no socket; `lossy_relay` puts it between two UDP ports.
//
//   lossy_path path({.05, .01}, 1);
//   path.put(datagram, now);
//   while (auto d = path.get(now)) reader.hear(*d);
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <vector>

namespace mailslog::test {

/// How likely each thing is, 0 to 1.
struct weather {
  double drop = 0;
  double repeat = 0;   ///< comes once more, held up as by `reorder`
  double reorder = 0;  ///< held up for at most `held_up`, so that others overtake it
  double cut = 0;      ///< loses some of its end
  double alter = 0;    ///< one bit of it is another one
  std::chrono::nanoseconds delay{};                 ///< of all
  std::chrono::nanoseconds held_up{10'000'000};
};

class lossy_path {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  using bytes = std::vector<std::uint8_t>;

  lossy_path(const weather& how, std::uint64_t seed) : how_(how), random_(seed) {}

  struct arrival {
    bytes datagram;
    bytes sent;  ///< if it was altered: what it was before
  };

  void put(bytes datagram, time_point now);
  /// The next datagram that has arrived by `now`.
  std::optional<arrival> get(time_point now);
  /// When the next one arrives.
  std::optional<time_point> due() const;

  struct counts {
    std::uint64_t taken = 0;
    std::uint64_t dropped = 0;
    std::uint64_t repeated = 0;
    std::uint64_t held_up = 0;
    std::uint64_t cut = 0;
    std::uint64_t altered = 0;
  };
  const counts& counted() const noexcept { return counted_; }

 private:
  bool happens(double probability);
  std::uint64_t below(std::uint64_t end) { return random_() % end; }
  arrival spoiled(bytes datagram);
  time_point late(time_point on_time);

  weather how_;
  std::mt19937_64 random_;
  std::multimap<time_point, arrival> under_way_;
  counts counted_;
};

}  // namespace mailslog::test
