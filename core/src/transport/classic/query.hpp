// Asking who has a NetBIOS name, and answering: UDP 137. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "byte_view.hpp"
#include "address/netbios_name.hpp"

namespace mailslog::transport::classic {

struct name_query {
  std::uint16_t id = 0;
  netbios_name name;
};

struct name_answer {
  std::uint16_t id = 0;
  netbios_name name;
  bool group = false;
  std::vector<std::array<std::uint8_t, 4>> addresses;  ///< at least one
};

/// Replace what is in `out`. Queries are for broadcast.
void encode(const name_query& q, std::vector<std::uint8_t>& out);
void encode(const name_answer& a, std::vector<std::uint8_t>& out);

/// False for all that is no such packet, or says that there is no such name; then `out` is untouched.
bool decode(byte_view packet, name_query& out) noexcept;
bool decode(byte_view packet, name_answer& out);

}  // namespace mailslog::transport::classic
