// slotcat's filters and formatters: patterns that users might type, records that strangers might send. What is shown is safe to
// print, is one line where one line is promised, is JSON where JSON is promised; nothing takes more than a share of its input.
//
// Input: option, form, then strings (u16 size, bytes) and numbers as they are asked for; what is missing is empty.
#include <algorithm>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <rapidjson/document.h>

#include <mailslog/record_reader.hpp>

#include "check.hpp"
#include "read/filter.hpp"
#include "format/formatter.hpp"
#include "read/source_table.hpp"
#include "read/time_order.hpp"
#include "cli/values.hpp"
#include "wire/bytes.hpp"

using namespace slotcat;

namespace {

class input {
 public:
  explicit input(mailslog::byte_view all) : in_(all) {}

  std::uint64_t number(std::size_t bytes) {
    std::uint64_t n = 0;
    for (; bytes != 0 && in_.left() != 0; --bytes) n = n << 8 | in_.u8();
    return n;
  }
  std::string_view string() {
    const auto size = std::min<std::size_t>(number(2), in_.left());
    return in_.bytes(size).text();
  }
  /// As one of the command line: nothing follows a byte 0.
  std::string_view argument() {
    const auto all = string();
    return all.substr(0, all.find('\0'));
  }
  bool more() const { return in_.left() != 0; }

 private:
  mailslog::wire::byte_reader in_;
};

/// A pattern that is refused leaves the filter as it was.
template <class Use>
void try_pattern(Use use) {
  try {
    use();
  } catch (const usage_error& e) {
    FUZZ_CHECK(std::string_view(e.what()).size() > 10);
  }
}

filter make_filter(input& in) {
  filter f;
  const auto wanted = in.number(1);
  f.show_foreign = true;
  if (wanted & 1) try_pattern([&] { f.level = parse_levels(in.argument()); });
  if (wanted & 2) try_pattern([&] { f.levels.emplace(in.argument()); });
  if (wanted & 4) try_pattern([&] { f.sources.emplace_back(in.argument()); });
  if (wanted & 8) try_pattern([&] { f.excluded_sources.emplace_back(in.argument()); });
  if (wanted & 16) try_pattern([&] { f.matches.emplace_back(in.argument()); });
  if (wanted & 32) try_pattern([&] { f.grep.emplace_back(in.argument()); });
  if (wanted & 64) try_pattern([&] { f.exclude.emplace_back(in.argument()); });
  if (wanted & 128) f.show_partial = false;
  return f;
}

format_options make_options(input& in) {
  constexpr form forms[] = {form::brief, form::brief_iso, form::full, form::cat, form::json, form::json_pretty, form::logfmt};
  format_options o;
  o.output = forms[in.number(1) % std::size(forms)];
  o.where = zone::utc;
  const auto wanted = in.number(1);
  o.colour = (wanted & 1) != 0 && o.output < form::json;
  if (o.colour && (wanted & 2)) try_pattern([&] { o.highlight.emplace_back(in.argument()); });
  if (wanted & 4) try_pattern([&] { o.time = parse_time_style(in.argument()); });
  return o;
}

mailslog::timestamp make_time(input& in) {
  return mailslog::timestamp(std::chrono::nanoseconds(static_cast<std::int64_t>(in.number(8))));
}

mailslog::attribute_value make_value(input& in) {
  switch (in.number(1) % 5) {
    case 0: return in.string();
    case 1: return static_cast<std::int64_t>(in.number(8));
    case 2: return in.number(8);
    case 3: {
      const auto bits = in.number(8);
      double d;
      std::memcpy(&d, &bits, sizeof d);
      return d;
    }
    default: return in.number(1) != 0;
  }
}

/// As the inbox gives them: holes in rising order that do not overlap.
void make_holes(input& in, mailslog::received_record& r) {
  std::size_t at = 0;
  for (auto n = in.number(1) % 4; n != 0; --n) {
    at += in.number(2);
    const auto length = 1 + in.number(2);
    r.missing.push_back({at, length});
    at += length;
  }
  r.start_missing = !r.missing.empty() && in.number(1) % 2 != 0;
}

mailslog::event make_event(input& in, const mailslog::sender_info& from) {
  switch (in.number(1) % 4) {
    case 0: {
      mailslog::gap g;
      g.from = &from;
      g.first = in.number(8);
      g.last = g.first + in.number(1);
      if (g.last < g.first) g.last = g.first;
      g.lost = g.last - g.first + 1;
      return g;
    }
    case 1: return mailslog::foreign_message{make_time(in), "192.0.2.7:50123", in.string()};
    default: {
      mailslog::received_record r;
      r.from = &from;
      r.time = make_time(in);
      r.level = static_cast<mailslog::level>(in.number(1) % 7);
      r.thread = in.number(1);
      r.number = in.number(4);
      r.logger = in.string();
      r.text = in.string();
      if (in.number(1) % 2 != 0) r.source = {in.string(), static_cast<std::uint32_t>(in.number(2)), in.string()};
      for (auto n = in.number(1) % 4; n != 0; --n) r.attributes.push_back({in.string(), make_value(in)});
      make_holes(in, r);
      return r;
    }
  }
}

/// Nothing but line ends, tabs and, in colour, our own commands to the terminal.
void check_safe(std::string_view text, bool colour) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == 0x1b && colour) {
      FUZZ_CHECK(i + 1 < text.size() && text[i + 1] == '[');
      const auto end = text.find_first_not_of("0123456789;", i + 2);
      FUZZ_CHECK(end != std::string_view::npos && (text[end] == 'm' || text[end] == 'K'));
      i = end;
      continue;
    }
    FUZZ_CHECK(c >= 0x20 || c == '\n' || c == '\t');
    FUZZ_CHECK(c != 0x7f);
    if (c == 0xc2 && i + 1 < text.size()) FUZZ_CHECK(static_cast<unsigned char>(text[i + 1]) >= 0xa0);  // C1 controls
  }
  for (const auto* reverses : {"\u202a", "\u202e", "\u2066", "\u2069", "\u2028"}) {
    FUZZ_CHECK(text.find(reverses) == std::string_view::npos);
  }
}

void check_lines(std::string_view text, form output) {
  FUZZ_CHECK(!text.empty() && text.back() == '\n');
  const bool one_line = output == form::json || output == form::logfmt;
  if (one_line) FUZZ_CHECK(text.find('\n') == text.size() - 1);
  if (output == form::json || output == form::json_pretty) {
    rapidjson::Document json;
    json.Parse<rapidjson::kParseValidateEncodingFlag>(text.data(), text.size());
    FUZZ_CHECK(!json.HasParseError() && json.IsObject());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  input in({data, size});
  auto shown = make_filter(in);
  const auto options = make_options(in);
  const auto formatter = make_formatter(options);
  source_table sources([&](const auto& sender) { return shown.source_passes(sender); }, false);
  time_order order(std::chrono::milliseconds(100), 4096);
  moment now{};

  mailslog::sender_info from;
  from.id = in.number(1);
  from.host = in.string();
  from.app = in.string();
  from.process = in.number(2);
  std::string text;
  const auto show = [&](const mailslog::event& e, bool late) {
    text.clear();
    if (const auto* r = std::get_if<mailslog::received_record>(&e)) {
      const auto& source = sources.find(*r->from);
      if (shown.judge(*r, source.passes) != verdict::shown) return;
      formatter->record(text, *r, source, late);
    } else if (const auto* g = std::get_if<mailslog::gap>(&e)) {
      formatter->gap(text, *g, sources.find(*g->from));
    } else {
      const auto& message = std::get<mailslog::foreign_message>(e);
      if (shown.judge(message) != verdict::shown) return;
      formatter->foreign(text, message);
    }
    // A format of the user's own may write what it likes.
    if (options.time.how != time_style::kind::custom) check_safe(text, options.colour);
    check_lines(text, options.output);
  };
  while (in.more()) {
    const auto step = in.number(1);
    now.wall += std::chrono::milliseconds(step);
    now.steady += std::chrono::milliseconds(step);
    const auto e = make_event(in, from);
    if (step % 2 != 0) {
      order.push(e, now);
    } else {
      show(e, false);
    }
    for (auto due = order.pop(now); due.event != nullptr; due = order.pop(now)) show(*due.event, due.late);
  }
  for (auto due = order.pop_any(); due.event != nullptr; due = order.pop_any()) show(*due.event, due.late);
  return 0;
}
