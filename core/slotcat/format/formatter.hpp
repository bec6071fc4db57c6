// From what arrived to text: one class for each group of `--output` forms.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <mailslog/record_reader.hpp>

#include "format/clean_text.hpp"
#include "read/pattern.hpp"
#include "format/colour.hpp"
#include "format/fields.hpp"
#include "format/line_template.hpp"
#include "format/safe_text.hpp"
#include "format/screen_layout.hpp"
#include "read/source_table.hpp"
#include "format/time_text.hpp"

namespace slotcat {

enum class form { brief, brief_iso, full, cat, by_template, json, json_pretty, logfmt };  // "short" and "short-iso" are `brief`

/// Forms that other programs read, as opposed to people.
constexpr bool for_programs(form f) noexcept { return f == form::json || f == form::json_pretty || f == form::logfmt; }

/// What becomes of colours in texts unless the user says: programs get what was sent.
constexpr ansi default_sequences(form f) noexcept { return for_programs(f) ? ansi::show : ansi::strip; }

struct format_options {
  form output = form::brief;
  time_style time;               ///< `brief`, `full` and `by_template`
  zone where = zone::local;      ///< `brief`, `brief_iso` and `full`
  bool colour = false;           ///< the forms for people
  colour::depth depth = colour::depth::basic;
  colour::theme theme;
  /// Cells of the terminal that is written to. If there is one, `brief`, `brief_iso` and `full` are made for its screen.
  std::function<std::size_t()> width;
  wrap long_lines = wrap::indent;
  neutral mode = neutral::yes;
  regexes highlight;             ///< needs `colour`
  ansi sequences = ansi::strip;  ///< in texts
  field_choice fields;           ///< but for `cat` and `by_template`
  line_template line;            ///< `by_template`
  mailslog::timestamp today{};   ///< whose date need not be told; the epoch: the first date is told, whichever it is
};

/// Each function appends whole lines, with the newline at their end.
class formatter {
 public:
  using spill = std::function<void(std::string& out)>;

  virtual ~formatter() = default;

  /// What to do with `out`, within a record, when it has become long: `take` empties it. Without it `out` grows with the record.
  void spill_to(spill take) { take_ = std::move(take); }

  /// `late`: it came after younger records had been written, see `time_order`.
  virtual void record(std::string& out, const mailslog::received_record& record, const source& from, bool late) = 0;
  virtual void gap(std::string& out, const mailslog::gap& gap, const source& from) = 0;
  virtual void foreign(std::string& out, const mailslog::foreign_message& message) = 0;
  /// A sender ended without saying so.
  virtual void crash(std::string& out, const mailslog::ended& end, const source& from) = 0;

  /// The slot that what is appended from now on came by; empty: it is not shown.
  void in_slot(std::string_view name) { slot_ = name; }

  /// What is appended from now on is the beginning of a file, which says the day.
  virtual void new_file() {}

 protected:
  const std::string& slot() const noexcept { return slot_; }

  /// To be called where much may have been appended.
  void relieve(std::string& out) const {
    constexpr std::size_t much = 64 * 1024;
    if (take_ && out.size() >= much) take_(out);
  }

  /// Calls `append(piece)` for pieces of `text`, however long that is.
  template <class Append>
  void in_pieces(std::string& out, std::string_view text, Append append) const {
    while (!text.empty()) {
      append(next_piece(text));
      relieve(out);
    }
  }

 private:
  spill take_;
  std::string slot_;
};

std::unique_ptr<formatter> make_formatter(const format_options& options);

std::unique_ptr<formatter> make_text_formatter(const format_options& options);
std::unique_ptr<formatter> make_json_formatter(const format_options& options);
std::unique_ptr<formatter> make_template_formatter(const format_options& options);
std::unique_ptr<formatter> make_logfmt_formatter(const format_options& options);

}  // namespace slotcat
