#include <mailslog/quantity.hpp>

#include <cstddef>
#include <limits>

#include <mailslog/options.hpp>

#include "ascii.hpp"

namespace mailslog {
namespace {

constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();

bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct number {
  std::uint64_t whole = 0;
  double fraction = 0;
  bool too_large = false;
};

// Takes the number away from the start of `text`. False if there is none.
bool take_number(std::string_view& text, number& out) {
  std::size_t at = 0;
  for (; at < text.size() && is_digit(text[at]); ++at) {
    const auto digit = static_cast<unsigned>(text[at] - '0');
    if (out.whole > (most - digit) / 10) {
      out.too_large = true;
    } else {
      out.whole = out.whole * 10 + digit;
    }
  }
  bool any = at > 0;
  if (at < text.size() && text[at] == '.') {
    ++at;
    double weight = 0.1;
    for (; at < text.size() && is_digit(text[at]); ++at, weight /= 10) {
      out.fraction += weight * (text[at] - '0');
      any = true;
    }
  }
  text.remove_prefix(at);
  return any;
}

// `unit` 0: there is no such unit.
quantity_error scale(const number& n, std::uint64_t unit, std::uint64_t& out) {
  if (unit == 0) return quantity_error::malformed;
  const auto rest = static_cast<std::uint64_t>(n.fraction * static_cast<double>(unit) + 0.5);
  if (n.too_large || n.whole > (most - rest) / unit) return quantity_error::too_large;
  out = n.whole * unit + rest;
  return quantity_error::none;
}

std::uint64_t size_unit(std::string_view unit) {
  if (unit.empty() || unit == "B") return 1;
  const auto suffix = unit.substr(1);
  if (!suffix.empty() && suffix != "B" && suffix != "iB") return 0;
  switch (ascii_lower(unit.front())) {
    case 'k': return std::uint64_t{1} << 10;
    case 'm': return std::uint64_t{1} << 20;
    case 'g': return std::uint64_t{1} << 30;
    default: return 0;
  }
}

std::uint64_t time_unit(std::string_view unit) {
  constexpr std::uint64_t second = 1'000'000'000;
  if (unit.empty() || unit == "s" || unit == "sec") return second;
  if (unit == "ns") return 1;
  if (unit == "us") return 1'000;
  if (unit == "ms") return 1'000'000;
  if (unit == "m" || unit == "min") return 60 * second;
  if (unit == "h") return 3600 * second;
  if (unit == "d") return 86400 * second;
  return 0;
}

}  // namespace

quantity_error parse_size(std::string_view text, std::uint64_t& bytes) noexcept {
  number n;
  if (!take_number(text, n)) return quantity_error::malformed;
  return scale(n, size_unit(text), bytes);
}

quantity_error parse_time(std::string_view text, std::chrono::nanoseconds& time) noexcept {
  if (text == "forever") {
    time = forever;
    return quantity_error::none;
  }
  number n;
  if (!take_number(text, n)) return quantity_error::malformed;
  std::uint64_t nanoseconds = 0;
  const auto error = scale(n, time_unit(text), nanoseconds);
  if (error == quantity_error::none) time = std::chrono::nanoseconds(static_cast<std::int64_t>(nanoseconds));
  return error;
}

}  // namespace mailslog
