// A write to a remote mailslot: an SMB transaction in a NetBIOS datagram, as Windows and Samba send it. Pure: bytes in, bytes out.
//
//   NetBIOS datagram header (14) | source name (34) | destination name (34) | SMB_COM_TRANSACTION (69) | \MAILSLOT\name | data
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "byte_view.hpp"
#include "address/netbios_name.hpp"

namespace mailslog::transport::classic {

enum class reach : std::uint8_t { unique = 0x10, group = 0x11, broadcast = 0x12 };

/// Everybody takes both; they differ in padding and in fields that nobody looks at.
enum class layout { windows, samba };

struct mailslot_write {
  reach to = reach::unique;
  std::uint8_t node_type = 0;  ///< of the sender: 0 B, 1 P, 2 M, 3 what Windows says
  std::uint16_t id = 0;
  std::array<std::uint8_t, 4> source_ip{};
  std::uint16_t source_port = 138;
  netbios_name source;
  netbios_name destination;
  std::string_view slot;  ///< without `\MAILSLOT\`
  byte_view data;
};

/// What a name leaves for data in the 512 bytes of SMB that Windows takes, at most 424: more never got to another machine.
std::size_t max_data(std::string_view slot) noexcept;
constexpr std::size_t most_data = 424;

/// Replaces what is in `out`.
void encode(const mailslot_write& w, layout as, std::vector<std::uint8_t>& out);

enum class datagram_error {
  none,
  type,              ///< no mailslot write: an error, or for a datagram distribution server
  fragment,          ///< not the whole
  length,            ///< shorter than it says, or than any can be
  source_name,
  destination_name,
  scope,
  not_smb,
  not_a_write,       ///< another command, other counts of words, another opcode
  slot_name,         ///< none, without end, or not behind `\MAILSLOT\`.
  data,              ///< in the name, outside the packet, or in parts
};

/// Judges the whole packet. Leaves `out` untouched unless it returns `none`; `slot` and `data` point into `packet`.
datagram_error decode(byte_view packet, mailslot_write& out) noexcept;

/// As in our addresses: lower case, and / instead of \.
std::string slot_name(std::string_view on_the_wire);

}  // namespace mailslog::transport::classic
