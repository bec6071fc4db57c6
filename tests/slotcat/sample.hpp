// Events as a reader would give them.
#pragma once

#include <chrono>
#include <string>

#include <mailslog/record_reader.hpp>

#include "format/formatter.hpp"
#include "read/source_table.hpp"

namespace slotcat::test {

inline const mailslog::sender_info plant7{0x8c1f3a5577e0d214, "plant7", "pump", 4711};

/// 2026-11-24 10:41:07.123456789 UTC.
inline const mailslog::timestamp a_time{std::chrono::nanoseconds(1795516867123456789)};

/// The record of the documentation.
inline mailslog::received_record sample_record(const mailslog::sender_info& from = plant7) {
  mailslog::received_record record;
  record.time = a_time;
  record.level = mailslog::level::warning;
  record.logger = "net.http";
  record.text = "request took too long";
  record.thread = 4712;
  record.number = 1042;
  record.source = {"http.cpp", 88, "get"};
  record.attributes = {{"path", "/x"}, {"ms", std::int64_t{812}}};
  record.from = &from;
  return record;
}

inline source source_of(const mailslog::sender_info& sender, bool raw = false) {
  source_table table([](const auto&) { return true; }, raw);
  return table.find(sender);
}

/// In UTC, on the day of `a_time`.
inline format_options options_for(form output) {
  format_options options;
  options.output = output;
  options.where = zone::utc;
  options.today = a_time;
  return options;
}

inline std::string line(formatter& f, const mailslog::received_record& record, bool late = false) {
  std::string text;
  f.record(text, record, source_of(*record.from), late);
  return text;
}

inline std::string line(const format_options& options, const mailslog::received_record& record, bool late = false) {
  return line(*make_formatter(options), record, late);
}

inline std::string line(form output, const mailslog::received_record& record, bool late = false) {
  return line(options_for(output), record, late);
}

inline std::string line(form output, const mailslog::gap& gap) {
  std::string text;
  make_formatter(options_for(output))->gap(text, gap, source_of(*gap.from));
  return text;
}

inline std::string line(form output, const mailslog::foreign_message& message) {
  std::string text;
  make_formatter(options_for(output))->foreign(text, message);
  return text;
}

}  // namespace slotcat::test
