// Numbers of strangers as keys of tables.
#pragma once

#include <cstdint>

namespace mailslog {

/// A number that nobody can foresee who does not know `seed`: keys that strangers choose do not gather in a table's bucket.
constexpr std::uint64_t mixed(std::uint64_t key, std::uint64_t seed) noexcept {
  key ^= seed;
  for (int round = 0; round < 2; ++round) {  // splitmix64's finisher, keyed twice
    key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9;
    key = (key ^ (key >> 27)) * 0x94d049bb133111eb;
    key = (key ^ (key >> 31)) + seed;
  }
  return key;
}

}  // namespace mailslog
