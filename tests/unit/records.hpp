// Records for tests: as text that can be compared and read, and at random.
#pragma once

#include <cstring>
#include <deque>
#include <random>
#include <sstream>
#include <string>

#include <mailslog/record.hpp>

namespace mailslog::test {

/// Everything of a record, unambiguously.
inline std::string describe(const record& r) {
  std::ostringstream out;
  const auto string = [&out](std::string_view s) -> std::ostream& { return out << s.size() << ':' << s; };
  out << r.time.time_since_epoch().count() << ' ' << to_string(r.level) << " thread " << r.thread << " logger ";
  string(r.logger) << " source ";
  string(r.source.file) << ' ' << r.source.line << ' ';
  string(r.source.function) << " attributes";
  for (const auto& a : r.attributes) {
    out << ' ';
    string(a.name) << '=' << a.value.index() << '/';
    std::visit(
        [&](const auto& v) {
          using type = std::decay_t<decltype(v)>;
          if constexpr (std::is_same_v<type, std::string_view>) {
            string(v);
          } else if constexpr (std::is_same_v<type, double>) {  // by its bits: not-a-number too
            std::uint64_t bits;
            std::memcpy(&bits, &v, sizeof bits);
            out << bits;
          } else {
            out << v;
          }
        },
        a.value);
  }
  out << " text ";
  string(r.text);
  return out.str();
}

/// Makes up the same records in every run, and keeps their strings.
class record_maker {
 public:
  explicit record_maker(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t end) { return random_() % end; }
  /// Small ones as likely as huge ones.
  std::uint64_t number() { return random_() >> below(64); }
  bool maybe() { return below(2) != 0; }

  std::string_view string(std::size_t size) {
    std::string s(size, '\0');
    for (auto& c : s) c = static_cast<char>(random_());
    return keep(std::move(s));
  }

  /// A text whose every four bytes say where they are: pieces in a wrong order cannot look right.
  std::string_view text(std::size_t size) {
    std::string s(size, '\0');
    for (std::size_t i = 0; i < size; ++i) s[i] = static_cast<char>((i / 4) >> (8 * (i % 4)));
    return keep(std::move(s));
  }

  /// The kind of record that programs write: one after the other, alike.
  record plain(std::size_t text_size) {
    now_ += static_cast<std::int64_t>(below(1'000'000));
    record r;
    r.time = timestamp(std::chrono::nanoseconds(now_));
    r.thread = 4711;
    r.logger = "net.http";
    r.text = text(text_size);
    return r;
  }

  /// Anything at all, with strings of at most `size` bytes.
  record any(std::size_t size) {
    record r;
    r.time = timestamp(std::chrono::nanoseconds(static_cast<std::int64_t>(random_() >> below(64))));
    r.level = static_cast<level>(below(7));
    r.thread = maybe() ? 7 : number();
    r.logger = maybe() ? "same" : string(below(size + 1));
    if (maybe()) r.source = {string(below(size + 1)), static_cast<std::uint32_t>(number()), string(below(size + 1))};
    if (maybe()) {
      for (auto n = below(8); n != 0; --n) r.attributes.push_back({string(below(size + 1)), value(size)});
    }
    r.text = text(below(size + 1));
    return r;
  }

 private:
  std::string_view keep(std::string s) { return strings_.emplace_back(std::move(s)); }

  attribute_value value(std::size_t size) {
    switch (below(5)) {
      case 0: return string(below(size + 1));
      case 1: return static_cast<std::int64_t>(maybe() ? number() : ~number());
      case 2: return number();
      case 3: return static_cast<double>(number()) / 3;
      default: return maybe();
    }
  }

  std::mt19937_64 random_;
  std::deque<std::string> strings_;
  std::int64_t now_ = 1'700'000'000'000'000'000;
};

}  // namespace mailslog::test
