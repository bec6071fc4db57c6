// The forms for people: short, short-iso, full and cat.
#include <algorithm>
#include <array>
#include <iterator>
#include <numeric>
#include <string_view>

#include <fmt/format.h>

#include "format/colour.hpp"
#include "read/foreign.hpp"
#include "format/formatter.hpp"
#include "cli/key_value.hpp"

namespace slotcat {
namespace {

constexpr std::size_t logger_width = 8;

// Five wide, so that columns line up without a terminal.
std::string_view word(mailslog::level level) {
  static constexpr std::array<std::string_view, 7> words = {"TRACE", "DEBUG", "INFO ", "NOTE ", "WARN ", "ERROR", "CRIT "};
  return words[std::min(static_cast<std::size_t>(level), words.size() - 1)];
}

time_style style_of(const format_options& options) {
  return options.output == form::brief_iso ? time_style{time_style::kind::iso, {}} : options.time;
}

class text_formatter final : public formatter {
 public:
  explicit text_formatter(const format_options& options)
      : options_(options), time_(style_of(options), options.where, options.today) {}

  void record(std::string& out, const mailslog::received_record& record, const source& from, bool late) override {
    const auto colour = colour_of(record.level);
    std::size_t indent = 0;
    if (options_.output != form::cat) {
      indent = append_prefix(out, record.time, word(record.level), colour, from.shown, from.width,
                             options_.colour ? colour::of_source(from.hash) : std::string_view(), record.logger);
    }
    out += colour;
    append_text_with_holes(out, record, indent);
    if (!colour.empty()) out += colour::none;
    if (options_.output != form::cat) {
      append_attributes(out, record);
      if (options_.output == form::full) append_details(out, record);
    }
    if (late) out += "  [late]";
    out += '\n';
  }

  void gap(std::string& out, const mailslog::gap& gap, const source& from) override {
    if (options_.colour) out += colour::gap;
    const auto count = gap.last - gap.first + 1;
    const bool named = !from.info.host.empty() || !from.info.app.empty();
    const auto to = std::back_inserter(out);
    fmt::format_to(to, "-- {} {} missing from {}{}, #{}", count, count == 1 ? "record" : "records",
                   named ? "" : "sender ", from.shown, gap.first);
    if (gap.last != gap.first) fmt::format_to(to, "..#{}", gap.last);
    std::string_view before = ": ";
    const auto reason = [&](std::uint64_t records, std::string_view what) {
      if (records == 0) return;
      fmt::format_to(to, "{}{} {}", before, records, what);
      before = ", ";
    };
    reason(gap.lost, "lost on the way");
    reason(gap.dropped, "dropped by the sender");
    if (options_.colour) out += colour::none;
    out += '\n';
  }

  void foreign(std::string& out, const mailslog::foreign_message& message) override {
    std::size_t indent = 0;
    if (options_.output != form::cat) {
      std::string from;
      const auto origin = origin_of(message);
      append_safe_word(from, origin.empty() ? "?" : origin, options_.mode);
      indent = append_prefix(out, message.time, "TEXT ", {}, from, columns(from), {}, {});
    }
    append_text(out, message.bytes, indent);
    out += '\n';
  }

 private:
  std::string_view colour_of(mailslog::level level) const {
    return options_.colour ? colour::of_level(level) : std::string_view();
  }

  static void append_coloured(std::string& out, std::string_view colour, std::string_view text) {
    out += colour;
    out += text;
    if (!colour.empty()) out += colour::none;
  }

  // Everything before the text. Returns the columns it takes.
  std::size_t append_prefix(std::string& out, mailslog::timestamp time, std::string_view level, std::string_view level_colour,
                            std::string_view source, std::size_t source_width, std::string_view source_colour,
                            std::string_view logger) {
    if (time_.new_day(time, day_)) {
      out += "-- ";
      out += day_;
      out += '\n';
    }
    const auto time_start = out.size();
    time_.append(out, time);
    const auto time_width = columns(std::string_view(out).substr(time_start));
    out += ' ';
    append_coloured(out, level_colour, level);
    out += ' ';
    append_coloured(out, source_colour, source);
    out += ' ';
    const auto logger_start = out.size();
    append_safe(out, logger, options_.mode);
    const auto written = columns(std::string_view(out).substr(logger_start));
    const auto width = std::max(written, logger_width);
    out.append(width - written + 2, ' ');
    return time_width + 1 + level.size() + 1 + source_width + 1 + width + 2;
  }

  void append_text(std::string& out, std::string_view text, std::size_t indent) {
    std::size_t done = 0;
    if (options_.colour && !options_.highlight.empty()) {
      for (std::string_view match; first_match(text, done, match);) {
        const auto start = static_cast<std::size_t>(match.data() - text.data());
        append_safe_lines(out, text.substr(done, start - done), indent, options_.mode);
        out += colour::highlight_on;
        append_safe_lines(out, match, indent, options_.mode);
        out += colour::highlight_off;
        done = start + match.size();
      }
    }
    append_safe_lines(out, text.substr(done), indent, options_.mode);
  }

  bool first_match(std::string_view text, std::size_t from, std::string_view& first) const {
    bool any = false;
    for (const auto& pattern : options_.highlight) {
      std::string_view match;
      if (pattern.find(text, from, match) && (!any || match.data() < first.data())) {
        first = match;
        any = true;
      }
    }
    return any;
  }

  void append_text_with_holes(std::string& out, const mailslog::received_record& record, std::size_t indent) {
    if (record.missing.empty()) {
      if (record.start_missing) out += "[its beginning is missing] … ";
      return append_text(out, record.text, indent);
    }
    const auto total = std::accumulate(record.missing.begin(), record.missing.end(), record.text.size(),
                                       [](std::size_t sum, const auto& hole) { return sum + hole.length; });
    auto rest = record.text;
    std::size_t reached = 0;  // in the text as it was sent
    bool between = false;
    for (const auto& hole : record.missing) {
      const auto piece = rest.substr(0, hole.offset - std::min(reached, hole.offset));
      if (!piece.empty()) {
        if (between) out += " … ";
        append_text(out, piece, indent);
        between = true;
      }
      if (between) out += " … ";
      fmt::format_to(std::back_inserter(out), "[{} of {} bytes missing]", hole.length, total);
      between = true;
      rest.remove_prefix(piece.size());
      reached = hole.offset + hole.length;
    }
    if (rest.empty()) return;
    out += " … ";
    append_text(out, rest, indent);
  }

  void append_attributes(std::string& out, const mailslog::received_record& record) const {
    std::string_view space = "  ";
    for (const auto& attribute : record.attributes) {
      out += space;
      append_key_value(out, attribute, options_.mode);
      space = " ";
    }
  }

  void append_details(std::string& out, const mailslog::received_record& record) const {
    const auto to = std::back_inserter(out);
    out += "  (";
    if (record.thread != 0) fmt::format_to(to, "thread {}, ", record.thread);
    if (!record.source.file.empty()) {
      append_safe(out, record.source.file, options_.mode);
      if (record.source.line != 0) fmt::format_to(to, ":{}", record.source.line);
      if (!record.source.function.empty()) {
        out += ' ';
        append_safe(out, record.source.function, options_.mode);
      }
      out += ", ";
    }
    fmt::format_to(to, "#{})", record.number);
  }

  format_options options_;
  time_text time_;
  std::string day_;
};

}  // namespace

std::unique_ptr<formatter> make_text_formatter(const format_options& options) {
  return std::make_unique<text_formatter>(options);
}

}  // namespace slotcat
