// The forms for people: short, short-iso, full and cat.
#include <algorithm>
#include <array>
#include <iterator>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "format/colour.hpp"
#include "read/foreign.hpp"
#include "format/formatter.hpp"
#include "format/screen_layout.hpp"
#include "format/value_text.hpp"

namespace slotcat {
namespace {

constexpr std::size_t logger_width = 8;
constexpr std::size_t max_source = 24;  // on a screen
constexpr std::size_t max_logger = 16;
constexpr std::size_t max_slot = 16;

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
      : options_(options),
        time_(style_of(options), options.where, options.today),
        names_(options.mode == neutral::no),
        colours_(options.depth, options.theme.sources()) {
    for (const auto f : {field::thread, field::file, field::line, field::function, field::seq, field::sender}) has_details_ |= shows(f);
  }

  void record(std::string& out, const mailslog::received_record& record, const source& from, bool late) override {
    const auto start = out.size();
    std::size_t indent = 0;
    if (options_.output != form::cat) {
      const auto name = name_of(from);
      indent = append_prefix(out, record.time, word(record.level), colour_of(record.level), name, columns(name),
                             options_.colour ? colours_.of(from.hash) : std::string_view(), record.logger);
    }
    const auto colour = options_.colour ? options_.theme.of_text(record.level, options_.depth) : std::string_view();
    // What belongs to the whole record stands on its first line.
    auto first_end = record.missing.empty() && options_.output != form::cat ? record.text.find('\n') : std::string_view::npos;
    if (shows(field::text)) {
      out += colour;
      append_text_with_holes(out, record, record.text.substr(0, first_end), indent);
      if (!colour.empty()) out += colour::none;
    } else {
      first_end = std::string_view::npos;
    }
    if (options_.output != form::cat) {
      append_attributes(out, record);
      if (has_details_) append_details(out, record, from);
    }
    if (first_end != std::string_view::npos) {
      out += colour;
      append_text(out, record.text.substr(first_end), indent);
      if (!colour.empty()) out += colour::none;
    }
    if (late) out += "  [late]";
    out += '\n';
    fit(out, start, indent);
  }

  void crash(std::string& out, const mailslog::ended&, const source& from) override {
    if (options_.colour) out += options_.theme.of_gap(options_.depth);
    out += "-- crashed: ";
    out += from.shown;
    append_of_slot(out);
    out += " ended without saying so";
    if (options_.colour) out += colour::none;
    out += '\n';
  }

  void gap(std::string& out, const mailslog::gap& gap, const source& from) override {
    if (options_.colour) out += options_.theme.of_gap(options_.depth);
    const auto count = gap.last - gap.first + 1;
    const bool named = !from.info.host.empty() || !from.info.app.empty();
    const auto to = std::back_inserter(out);
    fmt::format_to(to, "-- {} {} missing from {}{}, #{}", count, count == 1 ? "record" : "records",
                   named ? "" : "sender ", from.shown, gap.first);
    if (gap.last != gap.first) fmt::format_to(to, "..#{}", gap.last);
    append_of_slot(out);
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
    const auto start = out.size();
    std::size_t indent = 0;
    if (options_.output != form::cat) {
      std::string from;
      const auto origin = origin_of(message);
      append_safe_word(from, origin.empty() ? "?" : origin, options_.mode);
      if (options_.width) from = elided(from, max_source);
      indent = append_prefix(out, message.time, "TEXT ", {}, from, columns(from), {}, {});
    }
    append_text(out, message.bytes, indent);
    out += '\n';
    fit(out, start, indent);
  }

  void new_file() override { time_.forget_day(); }

 private:
  // Unless the user says: up to the text in every form, what comes after it in `full`, and a sender's id in none.
  bool shows(field f) const noexcept {
    return options_.fields.shows(f, f <= field::text || (options_.output == form::full && f != field::sender));
  }

  std::string name_of(const source& from) {
    const bool host = shows(field::host), app = shows(field::app), process = shows(field::pid);
    if (host && app && process) return options_.width ? elided(names_.of(from), max_source) : from.shown;
    std::string name;
    const auto known = [](const std::string& text) { return text.empty() ? "?" : text; };
    if (host) name += known(from.info.host);
    if (host && app) name += '/';
    if (app) name += known(from.info.app);
    if (process && from.info.process != 0) name += name.empty() ? fmt::format("{}", from.info.process) : fmt::format("[{}]", from.info.process);
    std::string safe;
    append_safe_word(safe, name, options_.mode);
    return options_.width ? elided(safe, max_source) : safe;
  }

  std::string_view colour_of(mailslog::level level) const {
    return options_.colour ? options_.theme.of_level(level, options_.depth) : std::string_view();
  }

  void fit(std::string& out, std::size_t start, std::size_t indent) const {
    constexpr std::size_t most = 64 * 1024;  // what is longer is no matter of reading on a screen
    if (options_.width && options_.output != form::cat && out.size() - start < most) {
      fit_lines(out, start, options_.width(), indent, options_.long_lines);
    }
  }

  void append_of_slot(std::string& out) const {
    if (slot().empty()) return;
    out += " of ";
    append_safe_word(out, slot(), options_.mode);
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
    if (shows(field::time) && time_.new_day(time, day_)) {
      out += "-- ";
      out += day_;
      out += '\n';
    }
    std::size_t before = 0;
    if (shows(field::time)) {
      const auto time_start = out.size();
      time_.append(out, time);
      before += columns(std::string_view(out).substr(time_start)) + 1;
      out += ' ';
    }
    if (shows(field::level)) {
      append_coloured(out, level_colour, level);
      before += level.size() + 1;
      out += ' ';
    }
    before += append_slot(out);
    if (shows(field::host) || shows(field::app) || shows(field::pid)) {
      append_coloured(out, source_colour, source);
      const auto source_column = options_.width ? source_width_.add(source_width) : source_width;
      out.append(source_column - source_width + 1, ' ');
      before += source_column + 1;
    }
    if (!shows(field::logger)) return before;
    const auto logger_start = out.size();
    append_safe(out, logger, options_.mode);
    if (options_.width) {
      const auto shown = elided(std::string_view(out).substr(logger_start), max_logger);
      out.resize(logger_start);
      out += shown;
    }
    const auto written = columns(std::string_view(out).substr(logger_start));
    const auto width = options_.width ? logger_width_.add(written) : std::max(written, logger_width);
    const std::size_t space = width == 0 ? 1 : 2;
    out.append(width - written + space, ' ');
    return before + width + space;
  }

  // Returns the columns it takes, with the space behind it.
  std::size_t append_slot(std::string& out) {
    if (slot().empty() || !shows(field::slot)) return 0;
    std::string name;
    append_safe_word(name, slot(), options_.mode);
    if (options_.width) name = elided(name, max_slot);
    const auto written = columns(name);
    const auto column = options_.width ? slot_width_.add(written) : written;
    append_coloured(out, options_.colour ? options_.theme.of_key(options_.depth) : std::string_view(), name);
    out.append(column - written + 1, ' ');
    return column + 1;
  }

  void append_text(std::string& out, std::string_view text, std::size_t indent) {
    if (options_.mode == neutral::yes) {
      const bool keep = options_.sequences == ansi::keep && options_.colour;
      text = without_sequences(text, options_.sequences == ansi::keep && !keep ? ansi::strip : options_.sequences, scratch_);
      text = last_states(text, more_scratch_);
      if (keep) return append_coloured_text(out, text, indent);
    }
    append_marked(out, text, indent);
  }

  // With the sender's colours, which end with the text.
  void append_coloured_text(std::string& out, std::string_view text, std::size_t indent) {
    bool coloured = false;
    while (!text.empty()) {
      const auto size = colour_sequence(text);
      out += text.substr(0, size);
      coloured |= size != 0;
      text.remove_prefix(size);
      const auto plain = text.substr(0, text.find('\x1b', size == 0 ? 1 : 0));
      append_marked(out, plain, indent);
      text.remove_prefix(plain.size());
    }
    if (coloured) out += colour::none;
  }

  void append_marked(std::string& out, std::string_view text, std::size_t indent) {
    std::size_t done = 0;
    if (options_.colour && !options_.highlight.empty()) {
      std::size_t budget = std::size_t{64} * 1024 + 256 * text.size();
      next_matches_.assign(options_.highlight.size(), text.substr(0, 0));
      for (std::string_view match; first_match(text, done, match, budget);) {
        const auto start = static_cast<std::size_t>(match.data() - text.data());
        append_lines(out, text.substr(done, start - done), indent);
        out += colour::highlight_on;
        append_lines(out, match, indent);
        out += colour::highlight_off;
        done = start + match.size();
      }
    }
    append_lines(out, text.substr(done), indent);
  }

  void append_lines(std::string& out, std::string_view text, std::size_t indent) const {
    in_pieces(out, text, [&](std::string_view piece) { append_safe_lines(out, piece, indent, options_.mode); });
  }

  // Each pattern's next match is remembered until the text is done that far: it is searched for once.
  bool first_match(std::string_view text, std::size_t from, std::string_view& first, std::size_t& budget) {
    const auto* const end = text.data() + text.size();
    const auto* const begin = text.data() + from;
    first = {};
    for (std::size_t i = 0; i < next_matches_.size(); ++i) {
      auto& match = next_matches_[i];
      if (match.data() == end) continue;  // there is none
      if (match.empty() || match.data() < begin) {
        if (!options_.highlight[i].find(text, from, match, budget)) match = text.substr(text.size());
      }
      if (!match.empty() && (first.empty() || match.data() < first.data())) first = match;
    }
    return !first.empty();
  }

  // `text`: what is wanted of it, if it has no holes.
  void append_text_with_holes(std::string& out, const mailslog::received_record& record, std::string_view text, std::size_t indent) {
    if (record.missing.empty()) {
      if (record.start_missing) out += "[its beginning is missing] … ";
      return append_text(out, text, indent);
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
      relieve(out);
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
      if (!options_.fields.shows_attribute(attribute.name)) continue;
      out += space;
      if (options_.colour) out += options_.theme.of_key(options_.depth);
      append_quoted(out, attribute.name, options_.mode);
      out += '=';
      if (options_.colour) out += colour::none;
      value_text scratch;
      append_value(out, to_text(attribute.value, scratch));
      space = " ";
    }
  }

  void append_value(std::string& out, std::string_view text) const {
    auto rest = text;
    if (next_piece(rest).size() == text.size()) return append_quoted(out, text, options_.mode);
    out += '"';
    in_pieces(out, text, [&](std::string_view piece) { append_in_quotes(out, piece, options_.mode); });
    out += '"';
  }

  void append_details(std::string& out, const mailslog::received_record& record, const source& from) const {
    const auto to = std::back_inserter(out);
    std::string_view before = "  (";
    const auto next = [&] { out += std::exchange(before, ", "); };
    if (record.thread != 0 && shows(field::thread)) next(), fmt::format_to(to, "thread {}", record.thread);
    const auto& where = record.source;
    const bool has_file = !where.file.empty() && shows(field::file);
    const bool has_line = where.line != 0 && shows(field::line);
    const bool has_function = !where.function.empty() && shows(field::function);
    if (has_file || has_line || has_function) next();
    if (has_file) append_safe(out, where.file, options_.mode);
    if (has_line) fmt::format_to(to, ":{}", where.line);
    if ((has_file || has_line) && has_function) out += ' ';
    if (has_function) append_safe(out, where.function, options_.mode);
    if (shows(field::sender)) next(), out += sender_id(from.info.id);
    if (shows(field::seq)) next(), fmt::format_to(to, "#{}", record.number);
    if (before == ", ") out += ')';
  }

  format_options options_;
  time_text time_;
  std::string day_;
  short_names names_;
  colour::sources colours_;
  recent_width slot_width_;
  recent_width source_width_;
  recent_width logger_width_;
  bool has_details_ = false;
  std::vector<std::string_view> next_matches_;  // of each pattern of `highlight`, in the present text
  std::string scratch_;
  std::string more_scratch_;
};

}  // namespace

std::unique_ptr<formatter> make_text_formatter(const format_options& options) {
  return std::make_unique<text_formatter>(options);
}

}  // namespace slotcat
