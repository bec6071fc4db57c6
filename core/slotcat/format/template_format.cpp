// template: each record by the user's own line; what is no record as in short.
#include <cstdint>
#include <string>
#include <utility>

#include "format/formatter.hpp"
#include "read/foreign.hpp"

namespace slotcat {
namespace {

class template_formatter final : public formatter {
 public:
  explicit template_formatter(const format_options& options)
      : mode_(options.mode), sequences_(options.sequences), line_(options.line), time_(options.time, options.where, options.today), others_(other(options)) {}

  void record(std::string& out, const mailslog::received_record& record, const source& from, bool) override {
    for (const auto& piece : line_.pieces()) {
      out += piece.before;
      if (piece.ends) break;
      const auto cells = append(out, piece, record, from);
      if (cells < piece.width) out.append(piece.width - cells, ' ');
    }
    out += '\n';
  }

  void gap(std::string& out, const mailslog::gap& gap, const source& from) override {
    others_->in_slot(slot());
    others_->gap(out, gap, from);
  }

  void crash(std::string& out, const mailslog::ended& end, const source& from) override {
    others_->in_slot(slot());
    others_->crash(out, end, from);
  }

  void foreign(std::string& out, const mailslog::foreign_message& message) override {
    const auto origin = origin_of(message);
    source from;
    from.name = origin.empty() ? "?" : origin;
    mailslog::received_record as_record;
    as_record.time = message.time;
    as_record.text = message.bytes;
    record(out, as_record, from, false);
  }

 private:
  // A day has no line of its own here.
  static std::unique_ptr<formatter> other(format_options options) {
    options.output = form::brief;
    return make_text_formatter(options);
  }

  // Returns the cells it takes, or more than any field is wide.
  std::size_t append(std::string& out, const line_template::piece& piece, const mailslog::received_record& record, const source& from) {
    constexpr std::size_t much = 4096;
    const auto start = out.size();
    const auto* own = std::get_if<field>(&piece.name);
    if (own != nullptr && *own == field::time) {
      time_.append(out, record.time);
    } else {
      value_text scratch;
      auto text = text_of(piece.name, record, from, slot(), scratch);
      if (own != nullptr && *own == field::text && mode_ == neutral::yes) {
        text = last_states(without_sequences(text, sequences_ == ansi::keep ? ansi::strip : sequences_, scratch_), more_scratch_);
      }
      const bool large = text.size() > much;
      in_pieces(out, text, [&](std::string_view part) { append_safe(out, part, mode_); });
      if (large) return SIZE_MAX;
    }
    return columns(std::string_view(out).substr(start));
  }

  neutral mode_;
  ansi sequences_;
  line_template line_;
  time_text time_;
  std::unique_ptr<formatter> others_;
  std::string scratch_;
  std::string more_scratch_;
};

}  // namespace

std::unique_ptr<formatter> make_template_formatter(const format_options& options) { return std::make_unique<template_formatter>(options); }

}  // namespace slotcat
