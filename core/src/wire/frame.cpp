#include "wire/frame.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

#include "wire/crc32c.hpp"

namespace mailslog::wire {
namespace {

enum class attribute_type : std::uint8_t { string, signed_int, unsigned_int, floating, false_, true_ };

std::size_t string_size(std::string_view s) noexcept { return varint_size(s.size()) + s.size(); }

std::size_t value_size(const attribute_value& value) noexcept {
  return std::visit(
      [](const auto& v) -> std::size_t {
        using type = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<type, std::string_view>) return string_size(v);
        if constexpr (std::is_same_v<type, std::int64_t>) return varint_size(zigzag(v));
        if constexpr (std::is_same_v<type, std::uint64_t>) return varint_size(v);
        if constexpr (std::is_same_v<type, double>) return sizeof(double);
        return 0;  // bool: its type says it
      },
      value);
}

void encode_value(const attribute_value& value, byte_writer& out) {
  std::visit(
      [&out](const auto& v) {
        const auto type = [&out](attribute_type t) { out.u8(static_cast<std::uint8_t>(t)); };
        using value_type = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<value_type, std::string_view>) {
          type(attribute_type::string);
          out.string(v);
        } else if constexpr (std::is_same_v<value_type, std::int64_t>) {
          type(attribute_type::signed_int);
          out.svarint(v);
        } else if constexpr (std::is_same_v<value_type, std::uint64_t>) {
          type(attribute_type::unsigned_int);
          out.varint(v);
        } else if constexpr (std::is_same_v<value_type, double>) {
          type(attribute_type::floating);
          out.f64(v);
        } else {
          type(v ? attribute_type::true_ : attribute_type::false_);
        }
      },
      value);
}

attribute_value decode_value(std::uint8_t type, byte_reader& in) {
  switch (static_cast<attribute_type>(type)) {
    case attribute_type::string: return in.string();
    case attribute_type::signed_int: return in.svarint();
    case attribute_type::unsigned_int: return in.varint();
    case attribute_type::floating: return in.f64();
    case attribute_type::false_: return false;
    case attribute_type::true_: return true;
  }
  in.fail();
  return false;
}

// Types from here on have a length: an old reader steps over what it does not know.
constexpr std::uint8_t first_later_type = 16;

// The copy of it in the datagram, which stays as long as the datagram is packed.
std::string_view written(std::string_view s, byte_writer& out) {
  out.string(s);
  return {reinterpret_cast<const char*>(out.position()) - s.size(), s.size()};
}

void encode_source(const source_location& source, std::uint8_t shares, record_context& context, byte_writer& out) {
  if ((shares & share_flag::file) == 0) context.file = written(source.file, out);
  out.varint(source.line);
  if ((shares & share_flag::function) == 0) context.function = written(source.function, out);
  context.any_source = true;
}

void decode_source(byte_reader& in, std::uint8_t shares, record_context& context, source_location& source) {
  if ((shares & share_flag::file) == 0) context.file = in.string();
  const auto line = in.varint();
  if ((shares & share_flag::function) == 0) context.function = in.string();
  source.file = context.file;
  source.line = line <= UINT32_MAX ? static_cast<std::uint32_t>(line) : 0;
  source.function = context.function;
  context.any_source = true;
}

void encode_attributes(const std::vector<attribute>& attributes, std::uint8_t shares, record_context& context, byte_writer& out) {
  if ((shares & share_flag::names) != 0) {
    for (const auto& a : attributes) encode_value(a.value, out);
    return;
  }
  out.varint(attributes.size());
  context.names.clear();
  for (const auto& a : attributes) {
    context.names.add(written(a.name, out));
    encode_value(a.value, out);
  }
}

// Grows with the bytes that are there, not with the count they claim: each attribute takes two bytes or more.
void decode_attributes(byte_reader& in, std::uint8_t shares, record_context& context, std::vector<attribute>& attributes) {
  const bool same_names = (shares & share_flag::names) != 0;
  const auto count = same_names ? context.names.count() : in.varint();
  if (count > max_attributes) in.fail();
  if (!same_names) context.names.clear();
  for (std::size_t i = 0; in.ok() && i < count; ++i) {
    attribute a;
    if (same_names) {
      a.name = context.names[i];
    } else {
      a.name = in.string();
      context.names.add(a.name);
    }
    const auto type = in.u8();
    if (type >= first_later_type) {
      in.string();
      continue;
    }
    a.value = decode_value(type, in);
    attributes.push_back(a);
  }
}

bool has_source(const record& r) noexcept {
  return !r.source.file.empty() || r.source.line != 0 || !r.source.function.empty();
}

// As ==, without a call for what is short, as most of what is compared here is.
bool same(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  const auto eight_are_equal = [&](std::size_t at) {
    std::uint64_t x, y;
    std::memcpy(&x, a.data() + at, sizeof x);
    std::memcpy(&y, b.data() + at, sizeof y);
    return x == y;
  };
  const auto size = a.size();
  if (size > 32) return a == b;
  if (size >= 8) {
    for (std::size_t at = 0; at + 8 < size; at += 8) {
      if (!eight_are_equal(at)) return false;
    }
    return eight_are_equal(size - 8);
  }
  for (std::size_t i = 0; i < size; ++i) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

bool is_shared(std::string_view s, std::string_view before) noexcept { return s.size() <= max_shared_string && same(s, before); }

bool names_are_shared(const std::vector<attribute>& attributes, const attribute_names& names) noexcept {
  if (attributes.size() != names.count() || !names.known()) return false;
  for (std::size_t i = 0; i < names.count(); ++i) {
    if (!same(attributes[i].name, names[i])) return false;
  }
  return true;
}

// What a record need not say again. Takes it off the body's size.
std::uint8_t shares(const record& r, std::uint8_t flags, const record_context& context, std::size_t& body) noexcept {
  std::uint8_t shared = 0;
  if ((flags & record_flag::has_source) != 0 && context.any_source) {
    if (is_shared(r.source.file, context.file)) {
      shared |= share_flag::file;
      body -= string_size(r.source.file);
    }
    if (is_shared(r.source.function, context.function)) {
      shared |= share_flag::function;
      body -= string_size(r.source.function);
    }
  }
  if ((flags & record_flag::has_attributes) != 0 && names_are_shared(r.attributes, context.names)) {
    shared |= share_flag::names;
    body -= context.names.encoded_size();
  }
  return shared;
}

bool shares_all(std::uint8_t flags, std::uint8_t shared) noexcept {
  std::uint8_t all = 0;
  if ((flags & record_flag::has_source) != 0) all |= share_flag::file | share_flag::function;
  if ((flags & record_flag::has_attributes) != 0) all |= share_flag::names;
  return shared == all;
}

// A record may share only what it has, and what there is.
bool may_share(std::uint8_t shared, std::uint8_t flags, const record_context& context) noexcept {
  if ((shared & ~share_flag::all) != 0) return false;
  if ((shared & (share_flag::file | share_flag::function)) != 0 && ((flags & record_flag::has_source) == 0 || !context.any_source)) return false;
  if ((shared & share_flag::file) != 0 && context.file.size() > max_shared_string) return false;
  if ((shared & share_flag::function) != 0 && context.function.size() > max_shared_string) return false;
  return (shared & share_flag::names) == 0 || ((flags & record_flag::has_attributes) != 0 && context.names.known());
}

void encode_source_and_attributes(const record& r, std::uint8_t flags, std::uint8_t shares, record_context& context, byte_writer& out) {
  if ((flags & record_flag::has_source) != 0) encode_source(r.source, shares, context, out);
  if ((flags & record_flag::has_attributes) != 0) encode_attributes(r.attributes, shares, context, out);
}

bool decode_content_tail(byte_reader& in, std::uint8_t flags, std::uint8_t shares, record_context& context, record& out) {
  out.level = static_cast<level>(flags & record_flag::level_mask);
  out.source = {};
  out.attributes.clear();
  if ((flags & record_flag::has_source) != 0) decode_source(in, shares, context, out.source);
  if ((flags & record_flag::has_attributes) != 0) decode_attributes(in, shares, context, out.attributes);
  out.text = in.rest().text();
  return in.ok();
}

bool known_level(std::uint8_t flags) noexcept {
  return (flags & record_flag::level_mask) <= static_cast<std::uint8_t>(level::critical);
}

// Differences are taken modulo 2^64, so that any two times have one.
std::int64_t time_difference(std::int64_t to, std::int64_t from) noexcept {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from));
}
std::int64_t time_after(std::int64_t from, std::int64_t difference) noexcept {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(from) + static_cast<std::uint64_t>(difference));
}

timestamp to_timestamp(std::int64_t ns) noexcept { return timestamp(std::chrono::nanoseconds(ns)); }

void begin_frame(frame_type type, std::size_t body, byte_writer& out) {
  out.u8(static_cast<std::uint8_t>(type));
  out.varint(body);
}

std::size_t body_size(const sender_frame& f) noexcept {
  return sizeof f.started + varint_size(f.process) + string_size(f.host) + string_size(f.app) + (f.age_ms ? sizeof *f.age_ms : 0);
}

std::size_t fixed_size(const fragment_frame& f) noexcept {  // of the body, without offset and bytes
  return 1 + varint_size(f.number) + sizeof f.time + varint_size(f.total) + varint_size(f.text_start);
}

}  // namespace

bool next_frame(byte_reader& in, frame& out) noexcept {
  if (in.left() == 0) return false;
  out.type = static_cast<frame_type>(in.u8());
  if (out.type == frame_type::padding) return false;
  out.body = in.bytes(in.varint());
  return in.ok();
}

std::size_t encoded_bound(const sender_frame& f) noexcept {
  const auto body = body_size(f);
  return 1 + varint_size(body) + body;
}

void encode(const sender_frame& f, byte_writer& out) {
  begin_frame(frame_type::sender, body_size(f), out);
  out.u64(f.started);
  out.varint(f.process);
  out.string(f.host);
  out.string(f.app);
  if (f.age_ms) out.u32(*f.age_ms);
}

bool decode(byte_view body, sender_frame& out) noexcept {
  byte_reader in(body);
  out.started = in.u64();
  out.process = in.varint();
  out.host = in.string();
  out.app = in.string();
  out.age_ms.reset();
  if (in.left() >= sizeof *out.age_ms) out.age_ms = in.u32();
  return in.ok();
}

void encode(const dropped_frame& f, byte_writer& out) {
  begin_frame(frame_type::dropped, 1 + varint_size(f.first) + varint_size(f.count), out);
  out.u8(static_cast<std::uint8_t>(f.reason));
  out.varint(f.first);
  out.varint(f.count);
}

bool decode(byte_view body, dropped_frame& out) noexcept {
  byte_reader in(body);
  out.reason = static_cast<drop_reason>(in.u8());
  out.first = in.varint();
  out.count = in.varint();
  return in.ok() && out.count != 0 && out.count <= UINT64_MAX - out.first;
}

void encode_number(frame_type type, std::uint64_t next_number, byte_writer& out) {
  begin_frame(type, varint_size(next_number), out);
  out.varint(next_number);
}

bool decode_number(byte_view body, std::uint64_t& next_number) noexcept {
  byte_reader in(body);
  next_number = in.varint();
  return in.ok();
}

void encode_message(byte_view message, byte_writer& out) {
  begin_frame(frame_type::message, message.size, out);
  out.bytes(message);
}

void encode_check(std::uint32_t crc32c_of_all_before, byte_writer& out) {
  begin_frame(frame_type::check, sizeof crc32c_of_all_before, out);
  out.u32(crc32c_of_all_before);
}

bool decode_check(byte_view body, byte_view before) noexcept {
  byte_reader in(body);
  const auto sum = in.u32();
  return in.ok() && sum == crc32c(before);
}

std::size_t fragment_overhead_bound(const fragment_frame& f, std::size_t piece) noexcept {
  const auto body = fixed_size(f) + varint_size(f.total);  // no offset is larger than the total
  return 1 + varint_size(body + piece) + body;
}

void encode(const fragment_frame& f, byte_writer& out, byte_view more) {
  begin_frame(frame_type::fragment, fixed_size(f) + varint_size(f.offset) + f.bytes.size + more.size, out);
  out.u8(f.flags);
  out.varint(f.number);
  out.u64(f.time);
  out.varint(f.total);
  out.varint(f.offset);
  out.varint(f.text_start);
  out.bytes(f.bytes);
  out.bytes(more);
}

bool decode(byte_view body, fragment_frame& out) noexcept {
  byte_reader in(body);
  out.flags = in.u8();
  out.number = in.varint();
  out.time = in.u64();
  out.total = in.varint();
  out.offset = in.varint();
  out.text_start = in.varint();
  out.bytes = in.rest();
  constexpr std::uint8_t refers_back = record_flag::follows | record_flag::same_thread | record_flag::same_logger;
  return in.ok() && out.number <= max_record_number && known_level(out.flags) && (out.flags & refers_back) == 0 && out.bytes.size != 0 &&
         out.total <= max_record_size && out.text_start <= out.total && out.offset <= out.total &&
         out.bytes.size <= out.total - out.offset;
}

std::uint8_t content_flags(const record& r) noexcept {
  auto flags = static_cast<std::uint8_t>(std::min(r.level, level::critical));
  if (has_source(r)) flags |= record_flag::has_source;
  if (!r.attributes.empty()) flags |= record_flag::has_attributes;
  return flags;
}

content_size full_content_size(const record& r) noexcept {
  std::size_t n = varint_size(r.thread) + string_size(r.logger);
  if (has_source(r)) n += string_size(r.source.file) + varint_size(r.source.line) + string_size(r.source.function);
  if (!r.attributes.empty()) {
    n += varint_size(r.attributes.size());
    for (const auto& a : r.attributes) n += string_size(a.name) + 1 + value_size(a.value);
  }
  return {n, n + r.text.size()};
}

void encode_before_text(const record& r, byte_writer& out) {
  out.varint(r.thread);
  out.string(r.logger);
  record_context none;
  encode_source_and_attributes(r, content_flags(r), 0, none, out);
}

std::optional<std::uint64_t> encode(const record& r, std::uint64_t number, const content_size& content, record_context& context, byte_writer& out) {
  const std::int64_t time = r.time.time_since_epoch().count();
  const auto delta = time_difference(time, context.time);
  auto flags = content_flags(r);
  std::size_t body = 1 + content.total;
  if (context.any && number == context.number + 1) {
    flags |= record_flag::follows;
    body += varint_size(zigzag(delta));
  } else {
    body += varint_size(number) + sizeof time;
  }
  if (context.any && r.thread == context.thread) {
    flags |= record_flag::same_thread;
    body -= varint_size(r.thread);
  }
  if (context.any && r.logger == context.logger) {
    flags |= record_flag::same_logger;
    body -= string_size(r.logger);
  }
  const bool has_more = (flags & (record_flag::has_source | record_flag::has_attributes)) != 0;
  std::uint8_t shared = 0;
  if (has_more) {
    shared = shares(r, flags, context, body);
    if (shared != 0) ++body;
  }

  begin_frame(shared == 0 ? frame_type::record : frame_type::sharing, body, out);
  out.u8(flags);
  if (shared != 0) out.u8(shared);
  if ((flags & record_flag::follows) != 0) {
    out.svarint(delta);
  } else {
    out.varint(number);
    out.u64(static_cast<std::uint64_t>(time));
  }
  if ((flags & record_flag::same_thread) == 0) out.varint(r.thread);
  if ((flags & record_flag::same_logger) == 0) {
    context.logger = written(r.logger, out);
  }
  if (has_more) encode_source_and_attributes(r, flags, shared, context, out);
  out.bytes(r.text);
  context.any = true;
  context.number = number;
  context.time = time;
  context.thread = r.thread;
  constexpr std::uint8_t refers_back = record_flag::follows | record_flag::same_logger;
  const bool says_nothing_new = (flags & refers_back) == refers_back && (!has_more || shares_all(flags, shared));
  auto first = number - (number != 0 ? 1 : 0);
  if ((flags & record_flag::has_source) != 0) first = std::min(first, std::exchange(context.source_at, number));
  if ((flags & record_flag::has_attributes) != 0) first = std::min(first, std::exchange(context.names_at, number));
  return says_nothing_new ? std::optional(first) : std::nullopt;
}

bool decode(const frame& f, record_context& context, record& out, std::uint64_t& number) {
  byte_reader in(f.body);
  const auto flags = in.u8();
  const auto shared = f.type == frame_type::sharing ? in.u8() : std::uint8_t{0};
  if (shared != 0 && !may_share(shared, flags, context)) return false;
  constexpr std::uint8_t refers_back = record_flag::follows | record_flag::same_thread | record_flag::same_logger;
  if (!known_level(flags) || ((flags & refers_back) != 0 && !context.any)) return false;
  if ((flags & record_flag::follows) != 0) {
    number = context.number + 1;
    context.time = time_after(context.time, in.svarint());
  } else {
    number = in.varint();
    context.time = static_cast<std::int64_t>(in.u64());
  }
  if ((flags & record_flag::same_thread) == 0) context.thread = in.varint();
  if ((flags & record_flag::same_logger) == 0) context.logger = in.string();
  if (number > max_record_number) return false;
  context.any = true;
  context.number = number;
  out.time = to_timestamp(context.time);
  out.thread = context.thread;
  out.logger = context.logger;
  return decode_content_tail(in, flags, shared, context, out);
}

bool decode_content(byte_view content, std::uint8_t flags, record& out) {
  byte_reader in(content);
  out.thread = in.varint();
  out.logger = in.string();
  record_context none;
  return decode_content_tail(in, flags, 0, none, out);
}

}  // namespace mailslog::wire
