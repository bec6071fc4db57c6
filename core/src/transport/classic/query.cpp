#include "transport/classic/query.hpp"

#include <algorithm>
#include <utility>

#include "transport/classic/fields.hpp"

namespace mailslog::transport::classic {
namespace {

constexpr std::size_t query_header_size = 12;
constexpr unsigned is_answer = 0x8000;
constexpr unsigned opcode_bits = 0x7800;  // 0: a query
constexpr unsigned error_bits = 0x000f;
constexpr unsigned broadcast_query = 0x0110;   // recursion desired, broadcast
constexpr unsigned positive_answer = 0x8580;   // authoritative, recursion desired and available
constexpr unsigned type_name = 0x0020;
constexpr unsigned class_internet = 0x0001;
constexpr unsigned group_bit = 0x8000;
constexpr std::size_t address_size = 6;

void encode_head(std::uint16_t id, unsigned flags, bool question, const netbios_name& name, field_writer& out) {
  out.u16_big(id);
  out.u16_big(flags);
  out.u16_big(question ? 1 : 0);
  out.u16_big(question ? 0 : 1);
  out.zeros(4);  // authorities, additional
  out.bytes(encode(name));
  out.u16_big(type_name);
  out.u16_big(class_internet);
}

bool decode_head(byte_view packet, bool question, netbios_name& name) noexcept {
  const field_reader in(packet);
  const auto flags = in.u16_big(2);
  constexpr auto after_name = query_header_size + encoded_name_size;
  return ((flags & is_answer) == 0) == question && (flags & (opcode_bits | error_bits)) == 0 &&
         in.u16_big(question ? 4 : 6) == 1 && decode(in.from(query_header_size), name) == name_error::none &&
         in.u16_big(after_name) == type_name && in.u16_big(after_name + 2) == class_internet;
}

}  // namespace

void encode(const name_query& q, std::vector<std::uint8_t>& out) {
  out.clear();
  field_writer f(out);
  encode_head(q.id, broadcast_query, true, q.name, f);
}

void encode(const name_answer& a, std::vector<std::uint8_t>& out) {
  out.clear();
  field_writer f(out);
  encode_head(a.id, positive_answer, false, a.name, f);
  f.zeros(4);  // time to live: broadcast answers are not kept
  f.u16_big(address_size * a.addresses.size());
  for (const auto& address : a.addresses) {
    f.u16_big(a.group ? group_bit : 0);
    f.bytes(address);
  }
}

bool decode(byte_view packet, name_query& out) noexcept {
  name_query q;
  if (!decode_head(packet, true, q.name)) return false;
  q.id = static_cast<std::uint16_t>(field_reader(packet).u16_big(0));
  out = q;
  return true;
}

bool decode(byte_view packet, name_answer& out) {
  name_answer a;
  if (!decode_head(packet, false, a.name)) return false;
  const field_reader in(packet);
  a.id = static_cast<std::uint16_t>(in.u16_big(0));
  constexpr auto length_at = query_header_size + encoded_name_size + 8;
  const auto entries = in.from(length_at + 2);
  const std::size_t length = in.u16_big(length_at);
  if (length == 0 || length % address_size != 0 || length > entries.size) return false;
  for (std::size_t at = 0; at < length; at += address_size) {
    const field_reader entry(entries.part(at, address_size));
    a.group = a.group || (entry.u16_big(0) & group_bit) != 0;
    std::copy_n(entries.data + at + 2, 4, a.addresses.emplace_back().begin());
  }
  out = std::move(a);
  return true;
}

}  // namespace mailslog::transport::classic
