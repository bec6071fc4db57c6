#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>

#include <mailslog/address.hpp>
#include <mailslog/quantity.hpp>

#include "address/groups.hpp"
#include "address/netbios_name.hpp"
#include "ascii.hpp"
#include "history/ring.hpp"

namespace mailslog {
namespace {

using std::string_view;
using namespace std::chrono;

constexpr std::size_t max_name = 64;
constexpr string_view accepted_addresses =
    "accepted are name, ./name, */name, host/name, [IPv6]/name, \\\\.\\mailslot\\name, \\\\*\\mailslot\\name and "
    "\\\\HOST\\mailslot\\name, with options after a ?";

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

std::string hex(char c) {
  constexpr string_view digits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  return {digits[byte >> 4], digits[byte & 15]};
}

std::string quoted(string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (is_control(c)) {
      result += "\\x" + hex(c);
    } else {
      result += c;
    }
  }
  return result + '"';
}

// ---- names

std::string shown(char c) {
  const bool plain = !is_control(c) && static_cast<unsigned char>(c) < 0x80;
  return plain ? std::string("'") + c + "'" : "the byte 0x" + hex(c);
}

// What is wrong with a slot's name; empty if nothing is.
std::string name_error(string_view name) {
  if (name.empty()) return "the slot's name is empty";
  if (name.size() > max_name) {
    return "the slot's name has " + std::to_string(name.size()) + " bytes, at most " + std::to_string(max_name) + " are allowed";
  }
  for (const char c : name) {
    if (is_control(c) || string_view("\\:*?\"<>|%#").find(c) != string_view::npos) {
      return "the slot's name has " + shown(c) + ", which is not allowed";
    }
  }
  if (name.front() == ' ' || name.back() == ' ') return "the slot's name has a space at one end";
  for (std::size_t from = 0; from <= name.size();) {
    const auto to = std::min(name.find('/', from), name.size());
    const auto part = name.substr(from, to - from);
    if (part.empty()) return "a part of the slot's name is empty";
    if (part == "." || part == "..") return "a part of the slot's name is " + quoted(part);
    from = to + 1;
  }
  return {};
}

std::string host_error(string_view host) {
  if (host.empty()) return "the host is empty";
  if (host.size() > 253) return "the host's name has more than 253 bytes";
  for (const char c : host) {
    const bool plain = (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
    if (!plain && c != '.' && c != '-' && c != '_') return "the host's name has " + shown(c) + ", which is not allowed";
  }
  return {};
}

bool is_ascii(string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// "*" or a name, and perhaps # and two hexadecimal digits.
std::string classic_host_error(string_view host) {
  if (const auto mark = host.find('#'); mark != string_view::npos) {
    const auto suffix = ascii_lower(host.substr(mark + 1));
    if (suffix.size() != 2 || suffix.find_first_not_of("0123456789abcdef") != std::string::npos) {
      return "after the # in the host must come two hexadecimal digits";
    }
    host = host.substr(0, mark);
  }
  return host == "*" ? std::string() : host_error(host);
}

bool is_netbios_text(string_view text) {
  const auto bad = [](char c) { return is_control(c) || string_view("\\/:*?\"<>|").find(c) != string_view::npos; };
  return !text.empty() && text.size() <= transport::classic::netbios_name::max_text && is_ascii(text) &&
         std::none_of(text.begin(), text.end(), bad);
}

// ---- options

template <class Int>
std::optional<Int> parse_int(string_view text) {
  Int value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool read_size(string_view text, std::uint64_t& out) { return parse_size(text, out) == quantity_error::none; }

bool read(string_view text, std::size_t& out) {
  std::uint64_t value = 0;
  if (!read_size(text, value) || value > std::numeric_limits<std::size_t>::max()) return false;
  out = static_cast<std::size_t>(value);
  return true;
}

bool read(string_view text, nanoseconds& out) { return parse_time(text, out) == quantity_error::none; }

bool read(string_view text, overflow_policy& out) {
  if (text == "drop_newest") {
    out = overflow_policy::drop_newest;
  } else if (text == "drop_oldest") {
    out = overflow_policy::drop_oldest;
  } else if (text == "block") {
    out = overflow_policy::block;
  } else {
    return false;
  }
  return true;
}

bool read(string_view text, ip_family& out) {
  if (text == "any") {
    out = ip_family::any;
  } else if (text == "4") {
    out = ip_family::ipv4;
  } else if (text == "6") {
    out = ip_family::ipv6;
  } else {
    return false;
  }
  return true;
}

bool read(string_view text, classic_mode& out) {
  if (text == "0") {
    out = classic_mode::off;
  } else if (text == "1") {
    out = classic_mode::on;
  } else if (text == "wire") {
    out = classic_mode::wire;
  } else {
    return false;
  }
  return true;
}

bool read(string_view text, fallback_mode& out) {
  out = text == "udp" ? fallback_mode::udp : fallback_mode::none;
  return text == "udp" || text == "none";
}

bool read(string_view text, bool& out) {
  out = text == "1";
  return out || text == "0";
}

bool read(string_view text, std::uint16_t& out) {
  const auto value = parse_int<std::uint16_t>(text);
  if (value) out = *value;
  return value.has_value();
}

bool read(string_view text, level& out) {
  const auto value = parse_level(text);
  if (value) out = *value;
  return value.has_value();
}

bool read(string_view text, std::string& out) {
  out = text;
  return !text.empty();
}

struct option {
  string_view name;
  string_view accepted;
  bool (*set)(string_view text, slot_options& options);
};

#define MAILSLOG_OPTION(field) [](string_view text, slot_options& o) { return read(text, o.field); }
constexpr string_view a_size = "a number of bytes such as 4096, 64k or 1.5M";
constexpr string_view a_time = "a time such as 500us, 20ms or 1.5s, or forever";
constexpr std::array<option, 30> all_options{{
    {"port", "1 to 65535", MAILSLOG_OPTION(port)},
    {"group", "an IPv4 or IPv6 multicast address", MAILSLOG_OPTION(group)},
    {"if", "the name of a network interface", MAILSLOG_OPTION(if_)},
    {"family", "any, 4 or 6", MAILSLOG_OPTION(family)},
    {"classic", "0, 1 or wire", MAILSLOG_OPTION(classic)},
    {"fallback", "none or udp", MAILSLOG_OPTION(fallback)},
    {"workgroup", "1 to 15 ASCII bytes without any of \\ / : * ? \" < > |", MAILSLOG_OPTION(workgroup)},
    {"classic_port", "2 to 65535", MAILSLOG_OPTION(classic_port)},
    {"source_port", "0 to 65535", MAILSLOG_OPTION(source_port)},
    {"announce", "0 or 1", MAILSLOG_OPTION(announce)},
    {"ttl", "0 to 255",
     [](string_view text, slot_options& o) {
       const auto value = parse_int<std::uint8_t>(text);
       if (value) o.ttl = *value;
       return value.has_value();
     }},
    {"limit", "128 to 65507 bytes", MAILSLOG_OPTION(limit)},
    {"checksum", "0 or 1", MAILSLOG_OPTION(checksum)},
    {"max_delay", a_time, MAILSLOG_OPTION(max_delay)},
    {"flush_level", "a level", MAILSLOG_OPTION(flush_level)},
    {"send_level", "a level", MAILSLOG_OPTION(send_level)},
    {"recorder_level", "a level", MAILSLOG_OPTION(recorder_level)},
    {"overflow", "drop_newest, drop_oldest or block", MAILSLOG_OPTION(overflow)},
    {"queue", a_size, MAILSLOG_OPTION(queue)},
    {"block_time", a_time, MAILSLOG_OPTION(block_time)},
    {"linger", a_time, MAILSLOG_OPTION(linger)},
    {"pace", a_size,
     [](string_view text, slot_options& o) { return read_size(text, o.pace); }},
    {"history", "0, or 8K to 64M", MAILSLOG_OPTION(history)},
    {"app", "a program's name", MAILSLOG_OPTION(app)},
    {"max_message_size", a_size, MAILSLOG_OPTION(max_message_size)},
    {"read_timeout", a_time, MAILSLOG_OPTION(read_timeout)},
    {"rcvbuf", a_size, MAILSLOG_OPTION(rcvbuf)},
    {"max_memory", "a number of bytes such as 64M, 1M or more", MAILSLOG_OPTION(max_memory)},
    {"reorder_wait", a_time, MAILSLOG_OPTION(reorder_wait)},
    {"security", "a security descriptor in Windows' SDDL", MAILSLOG_OPTION(security)},
}};
#undef MAILSLOG_OPTION

const option* find_option(string_view name) {
  const auto found = std::find_if(all_options.begin(), all_options.end(), [&](const option& o) { return o.name == name; });
  return found == all_options.end() ? nullptr : &*found;
}

[[noreturn]] void bad_option(string_view where, string_view name, string_view value) {
  throw address_error("bad " + std::string(where) + ": option " + std::string(name) + " is " + quoted(value) + "; accepted is " +
                      std::string(find_option(name)->accepted));
}

template <class Enum>
void check_enum(Enum value, Enum last, string_view where, string_view name) {
  const auto number = static_cast<std::int64_t>(static_cast<std::underlying_type_t<Enum>>(value));
  if (number < 0 || value > last) bad_option(where, name, std::to_string(number));
}

// What no type rules out, whether it came from an address or from a program's own struct.
void check(const slot_options& o, string_view where) {
  if (o.port == 0) bad_option(where, "port", "0");
  if (o.classic_port < 2) bad_option(where, "classic_port", std::to_string(o.classic_port));
  if (!is_netbios_text(o.workgroup)) bad_option(where, "workgroup", o.workgroup);
  if (o.ttl < 0 || o.ttl > 255) bad_option(where, "ttl", std::to_string(o.ttl));
  if (o.limit != 0 && (o.limit < 128 || o.limit > 65507)) bad_option(where, "limit", std::to_string(o.limit));
  if (o.max_memory < std::size_t{1024} * 1024) bad_option(where, "max_memory", std::to_string(o.max_memory));
  if (o.history != 0 && (o.history < history::smallest_ring || o.history > history::largest_ring)) {
    bad_option(where, "history", std::to_string(o.history));
  }
  check_enum(o.family, ip_family::ipv6, where, "family");
  check_enum(o.classic, classic_mode::wire, where, "classic");
  check_enum(o.fallback, fallback_mode::udp, where, "fallback");
  check_enum(o.flush_level, level::critical, where, "flush_level");
  check_enum(o.send_level, level::critical, where, "send_level");
  check_enum(o.recorder_level, level::critical, where, "recorder_level");
  check_enum(o.overflow, overflow_policy::block, where, "overflow");
  groups groups;
  if (!o.group.empty() && parse_group(o.group, groups) == ip_family::any) bad_option(where, "group", o.group);
}

void read_query(string_view query, slot_options& options, string_view where) {
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const auto equals = std::min(pair.find('='), pair.size());
    const auto name = pair.substr(0, equals);
    const auto value = pair.substr(std::min(equals + 1, pair.size()));
    const auto* o = find_option(name);
    if (o == nullptr) {
      std::string known;
      for (const auto& each : all_options) known += (known.empty() ? "" : ", ") + std::string(each.name);
      throw address_error("bad " + std::string(where) + ": no option is called " + quoted(name) + "; there are " + known);
    }
    if (!o->set(value, options)) bad_option(where, name, value);
  }
}

}  // namespace

address::address(string_view text, slot_options options) : text_(text), options_(std::move(options)) {
  const std::string where = "address " + quoted(text);
  const auto fail = [&where](const std::string& reason) { throw address_error("bad " + where + ": " + reason); };

  const auto question = std::min(text.find('?'), text.size());
  std::string place(text.substr(0, question));
  if (question < text.size()) read_query(text.substr(question + 1), options_, where);
  check(options_, where);
  if (place.empty()) fail("it is empty; " + std::string(accepted_addresses));

  const bool mailslot = place.compare(0, 2, "\\\\") == 0 || place.compare(0, 2, "//") == 0;
  if (mailslot) {
    std::replace(place.begin(), place.end(), '\\', '/');
    const auto host_end = std::min(place.find('/', 2), place.size());
    const auto host = place.substr(2, host_end - 2);
    constexpr string_view middle = "/mailslot/";
    if (ascii_lower(place.substr(host_end, middle.size())) != middle) {
      fail("after the host it must go on with \\mailslot\\");
    }
    name_ = place.substr(host_end + middle.size());
    if (host != ".") {
      scope_ = slot_scope::classic;
      host_ = host;
      if (const auto reason = classic_host_error(host_); !reason.empty()) fail(reason);
    }
  } else if (place.front() == '[') {
    const auto end = place.find("]/");
    if (end == std::string::npos) fail("after the IPv6 address must come ]/ and the slot's name");
    scope_ = slot_scope::host;
    host_ = place.substr(1, end - 1);
    name_ = place.substr(end + 2);
    if (!is_ipv6(host_)) fail(quoted(host_) + " is no IPv6 address");
  } else if (const auto slash = place.find('/'); slash == std::string::npos) {
    name_ = place;
  } else {
    const auto first = place.substr(0, slash);
    name_ = place.substr(slash + 1);
    if (first == "*") {
      scope_ = slot_scope::lan;
    } else if (first != ".") {
      scope_ = slot_scope::host;
      host_ = first;
      if (const auto reason = host_error(host_); !reason.empty()) fail(reason);
    }
  }
  if (const auto reason = name_error(name_); !reason.empty()) fail(reason);
  name_ = ascii_lower(name_);
  if (options_.classic != classic_mode::off && scope_ != slot_scope::local && scope_ != slot_scope::classic) {
    fail("classic= is for slots of this machine and for \\\\HOST\\mailslot\\; this one is reached without it");
  }
  if (classic() && !is_ascii(name_)) fail("the name of a classic slot has ASCII characters only");
}

}  // namespace mailslog
