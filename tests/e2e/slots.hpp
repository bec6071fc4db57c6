// One slot for each way that records can take.
#pragma once

#include <string>
#include <vector>

#include "support/scratch.hpp"

namespace mailslog::test {

enum class way { local, multicast, unicast, unicast6 };

/// Those on which each of several readers of this machine hears everything. A mailslot of Windows has one reader.
inline std::vector<way> ways_to_several_readers() {
#ifdef _WIN32
  return {way::multicast};
#else
  return {way::local, way::multicast};
#endif
}

struct slot_pair {
  std::string reader;
  std::string writer;  ///< ends with an option, so that "&key=value" can follow
};

/// Addresses of a new slot for both ends. Nothing leaves the machine: all of them are on loopback.
inline slot_pair scratch_slot(way w) {
  const auto name = scratch_name();
  if (w == way::local) return {name, name + "?overflow=block"};
  const auto port = "port=" + std::to_string(scratch_port());
  const auto lan = "*/" + name + "?if=lo&" + port;
  switch (w) {
    case way::unicast: return {lan, "127.0.0.1/" + name + '?' + port};
    case way::unicast6: return {lan, "[::1]/" + name + '?' + port};
    default: return {lan, lan};
  }
}

}  // namespace mailslog::test
