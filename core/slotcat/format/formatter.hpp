// From what arrived to text: one class for each group of `--output` forms.
#pragma once

#include <memory>
#include <string>

#include <mailslog/record_reader.hpp>

#include "read/pattern.hpp"
#include "format/safe_text.hpp"
#include "read/source_table.hpp"
#include "format/time_text.hpp"

namespace slotcat {

enum class form { brief, brief_iso, full, cat, json, json_pretty, logfmt };  // "short" and "short-iso" are `brief`

struct format_options {
  form output = form::brief;
  time_style time;               ///< `brief` and `full`
  zone where = zone::local;      ///< `brief`, `brief_iso` and `full`
  bool colour = false;           ///< the forms for people
  neutral mode = neutral::yes;
  regexes highlight;             ///< needs `colour`
  mailslog::timestamp today{};   ///< whose date need not be told
};

/// Each function appends whole lines, with the newline at their end.
class formatter {
 public:
  virtual ~formatter() = default;

  /// `late`: it came after younger records had been written, see `time_order`.
  virtual void record(std::string& out, const mailslog::received_record& record, const source& from, bool late) = 0;
  virtual void gap(std::string& out, const mailslog::gap& gap, const source& from) = 0;
  virtual void foreign(std::string& out, const mailslog::foreign_message& message) = 0;
};

std::unique_ptr<formatter> make_formatter(const format_options& options);

std::unique_ptr<formatter> make_text_formatter(const format_options& options);
std::unique_ptr<formatter> make_json_formatter(const format_options& options);
std::unique_ptr<formatter> make_logfmt_formatter(const format_options& options);

}  // namespace slotcat
