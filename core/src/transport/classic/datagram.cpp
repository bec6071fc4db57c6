#include "transport/classic/datagram.hpp"

#include <algorithm>

#include "ascii.hpp"
#include "transport/classic/fields.hpp"

namespace mailslog::transport::classic {
namespace {

constexpr std::size_t header_size = 14;
constexpr std::size_t smb_size = 69;  // to the end of ByteCount
constexpr std::size_t max_smb = 512;
constexpr std::string_view slot_prefix = "\\MAILSLOT\\";
constexpr std::array<std::uint8_t, 4> protocol{0xff, 'S', 'M', 'B'};
constexpr unsigned transaction = 0x25;
constexpr unsigned words = 17;
constexpr unsigned setup_words = 3;
constexpr unsigned write_opcode = 1;
constexpr unsigned unreliable = 2;

constexpr unsigned flag_more = 0x01;
constexpr unsigned flag_first = 0x02;

constexpr std::size_t padded(std::size_t n) { return (n + 3) / 4 * 4; }

constexpr std::size_t name_end(std::string_view slot) { return smb_size + slot_prefix.size() + slot.size() + 1; }

void encode_smb(const mailslot_write& w, layout as, field_writer& out) {
  const bool windows = as == layout::windows;
  const auto data_offset = windows ? padded(name_end(w.slot)) : name_end(w.slot);
  out.bytes(protocol);
  out.u8(transaction);
  out.zeros(4);  // status
  out.u8(windows ? 0x18 : 0);
  out.u16_little(windows ? 0x0004 : 0);
  out.zeros(2 + 8 + 2);  // PID, high; security features; reserved
  out.zeros(2);          // TID
  out.u16_little(windows ? 0xfeff : 0);  // PID, low
  out.zeros(2 + 2);      // UID, MID
  out.u8(words);
  out.zeros(2);  // parameters in all
  out.u16_little(w.data.size);
  out.u16_little(windows ? 2 : 0);  // parameters of an answer, which never comes
  out.zeros(2 + 1 + 1 + 2);         // its data and setup words; reserved; flags
  out.u16_little(windows ? 0 : 1000);  // timeout
  out.zeros(2 + 2 + 2);                // its other half, reserved, parameters
  out.u16_little(windows ? data_offset : 0);
  out.u16_little(w.data.size);
  out.u16_little(data_offset);
  out.u8(setup_words);
  out.u8(0);
  out.u16_little(write_opcode);
  out.u16_little(windows ? 0 : 1);  // priority
  out.u16_little(unreliable);
  out.u16_little(data_offset - smb_size + w.data.size);
  out.bytes(slot_prefix);
  out.bytes(w.slot);
  out.zeros(data_offset - name_end(w.slot) + 1);
  out.bytes(w.data);
}

datagram_error decode_smb(byte_view smb, mailslot_write& w) noexcept {
  const field_reader in(smb);
  if (smb.size < smb_size || !std::equal(protocol.begin(), protocol.end(), smb.data)) return datagram_error::not_smb;
  if (in.u8(4) != transaction || in.u8(32) != words || in.u8(59) != setup_words || in.u16_little(61) != write_opcode) {
    return datagram_error::not_a_write;
  }
  const auto rest = in.from(smb_size).text();
  const auto end = rest.find('\0');
  if (end == std::string_view::npos || end <= slot_prefix.size() ||
      ascii_lower(rest.substr(0, slot_prefix.size())) != ascii_lower(slot_prefix)) {
    return datagram_error::slot_name;
  }
  const std::size_t count = in.u16_little(55);
  const std::size_t offset = in.u16_little(57);
  if (in.u16_little(35) != count || offset < smb_size + end + 1 || offset > smb.size || count > smb.size - offset) {
    return datagram_error::data;
  }
  w.slot = rest.substr(slot_prefix.size(), end - slot_prefix.size());
  w.data = smb.part(offset, count);
  return datagram_error::none;
}

}  // namespace

std::size_t max_data(std::string_view slot) noexcept {
  const auto offset = padded(name_end(slot));
  return offset < max_smb ? std::min(max_smb - offset, most_data) : 0;
}

void encode(const mailslot_write& w, layout as, std::vector<std::uint8_t>& out) {
  out.clear();
  field_writer f(out);
  f.u8(static_cast<std::uint8_t>(w.to));
  f.u8(static_cast<unsigned>(w.node_type) << 2 | flag_first);
  f.u16_big(w.id);
  f.bytes(w.source_ip);
  f.u16_big(w.source_port);
  f.u16_big(0);  // length, see below
  f.u16_big(0);  // offset of a fragment
  f.bytes(encode(w.source));
  f.bytes(encode(w.destination));
  encode_smb(w, as, f);
  const auto length = out.size() - header_size;
  out[10] = static_cast<std::uint8_t>(length >> 8);
  out[11] = static_cast<std::uint8_t>(length);
}

datagram_error decode(byte_view packet, mailslot_write& out) noexcept {
  const field_reader in(packet);
  mailslot_write w;
  const auto type = in.u8(0);
  if (type < static_cast<unsigned>(reach::unique) || type > static_cast<unsigned>(reach::broadcast)) return datagram_error::type;
  if ((in.u8(1) & (flag_first | flag_more)) != flag_first || in.u16_big(12) != 0) return datagram_error::fragment;
  constexpr std::size_t names = 2 * encoded_name_size;
  const std::size_t length = in.u16_big(10);
  if (packet.size < header_size || length > packet.size - header_size || length < names) return datagram_error::length;
  const auto body = packet.part(header_size, length);

  const auto source = decode(body, w.source);
  const auto destination = decode(body.part(encoded_name_size, length - encoded_name_size), w.destination);
  if (source == name_error::scope || destination == name_error::scope) return datagram_error::scope;
  if (source != name_error::none) return datagram_error::source_name;
  if (destination != name_error::none) return datagram_error::destination_name;
  if (const auto e = decode_smb(body.part(names, length - names), w); e != datagram_error::none) return e;

  w.to = static_cast<reach>(type);
  w.node_type = static_cast<std::uint8_t>(in.u8(1) >> 2 & 3);
  w.id = static_cast<std::uint16_t>(in.u16_big(2));
  std::copy_n(packet.data + 4, 4, w.source_ip.begin());
  w.source_port = static_cast<std::uint16_t>(in.u16_big(8));
  out = w;
  return datagram_error::none;
}

std::string slot_name(std::string_view on_the_wire) {
  auto name = ascii_lower(on_the_wire);
  std::replace(name.begin(), name.end(), '\\', '/');
  return name;
}

}  // namespace mailslog::transport::classic
