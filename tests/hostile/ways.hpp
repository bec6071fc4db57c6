// What each case is run for: every host, and every way to a reader.
#pragma once

#include <string>

#include "hosts.hpp"
#include "support/catch.hpp"
#include "support/scratch.hpp"

namespace mailslog::test {

struct way_to_read {
  std::string writer;
  std::string reader;
};

inline std::string any_host() { return GENERATE(from_range(all_hosts())); }

/// Nothing leaves the machine.
inline way_to_read any_way() {
  const auto name = scratch_name();
  const auto on_loopback = "?if=lo&port=" + std::to_string(scratch_port());
  return GENERATE_COPY(way_to_read{name, name}, way_to_read{"*/" + name + on_loopback, "*/" + name + on_loopback},
                       way_to_read{"127.0.0.1/" + name + on_loopback, "*/" + name + on_loopback});
}

}  // namespace mailslog::test
