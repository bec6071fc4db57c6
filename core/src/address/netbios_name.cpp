#include "address/netbios_name.hpp"

#include <algorithm>

namespace mailslog::transport::classic {
namespace {

constexpr std::uint8_t label_size = 32;

std::uint8_t upper(char c) noexcept { return static_cast<std::uint8_t>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c); }

}  // namespace

netbios_name netbios_name::of(std::string_view text, std::uint8_t suffix) noexcept {
  netbios_name n;
  n.bytes.fill(' ');
  text = text.substr(0, max_text);
  std::transform(text.begin(), text.end(), n.bytes.begin(), upper);
  n.bytes.back() = suffix;
  return n;
}

netbios_name netbios_name::everybody() noexcept {
  netbios_name n;
  n.bytes[0] = '*';
  return n;
}

std::string netbios_name::text() const {
  std::string t(bytes.begin(), bytes.end() - 1);
  t.erase(t.find_last_not_of(std::string_view(" \0", 2)) + 1);
  return t;
}

bool is_called(const netbios_name& name, std::string_view text) noexcept { return name == netbios_name::of(text, name.suffix()); }

encoded_name encode(const netbios_name& name) noexcept {
  encoded_name e{};
  e[0] = label_size;
  for (std::size_t i = 0; i < name.bytes.size(); ++i) {
    e[1 + 2 * i] = static_cast<std::uint8_t>('A' + (name.bytes[i] >> 4));
    e[2 + 2 * i] = static_cast<std::uint8_t>('A' + (name.bytes[i] & 15));
  }
  return e;
}

name_error decode(byte_view bytes, netbios_name& out) noexcept {
  if (bytes.size < encoded_name_size || bytes.data[0] != label_size) return name_error::bad;
  netbios_name n;
  for (std::size_t i = 0; i < n.bytes.size(); ++i) {
    const auto high = static_cast<unsigned>(bytes.data[1 + 2 * i] - 'A');
    const auto low = static_cast<unsigned>(bytes.data[2 + 2 * i] - 'A');
    if (high > 15 || low > 15) return name_error::bad;
    n.bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  if (bytes.data[encoded_name_size - 1] != 0) return name_error::scope;
  out = n;
  return name_error::none;
}

netbios_name computer_name(std::string_view host_name) noexcept { return netbios_name::of(host_name.substr(0, host_name.find('.'))); }

}  // namespace mailslog::transport::classic
